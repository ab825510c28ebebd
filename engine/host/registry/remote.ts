/**
 * The files of a registry on a branch of a Git repository. What is written is kept until it is
 * pushed as one commit, which fails when the branch moved meanwhile.
 */
import { tokenFor } from '#engine/host/lock/token.ts'
import { fetchCommit, type Fetched } from '#engine/mirror/fetch.ts'
import { openGitWriter } from '#engine/mirror/open.ts'
import { pushBranch } from '#engine/mirror/write/push.ts'
import type { FileChange } from '#engine/mirror/write/port.ts'
import type { GitSource } from '#engine/plan/lock/source.ts'
import type { RegistryFiles } from '#registry/ports.ts'

import { isPath, unreachable } from './unreachable.ts'

export interface RemoteRegistry extends AsyncDisposable {
  readonly files: RegistryFiles
  /** Commits and pushes what was written. Throws `MIRROR_REF_MOVED` when somebody was quicker. */
  push(message: string, at: number): Promise<void>
}

const author = { name: 'ionflux', email: 'ionflux@localhost' }

/** Fetches the branch that `source` names. */
export async function openRemote(source: GitSource): Promise<RemoteRegistry> {
  const { url, path: folder, ref = 'main' } = source
  const token = await tokenFor(url, process.env)
  const fetched = await fetchCommit(url, ref, token === undefined ? {} : { token })
  const changes = new Map<string, Uint8Array | null>()
  const prefix = folder === '' ? '' : `${folder}/`
  const oids = await entriesOf(fetched, prefix)
  const files: RegistryFiles = {
    label: url,
    async read(path) {
      if (!isPath(path)) throw unreachable(url, `"${path}" is no path of a registry`)
      if (changes.has(path)) return changes.get(path) ?? undefined
      const oid = oids.get(path)
      return oid === undefined ? undefined : (await fetched.git.read({ oid })).bytes
    },
    async write(path, bytes) {
      if (!isPath(path)) throw unreachable(url, `"${path}" is no path of a registry`)
      changes.set(path, bytes)
    },
    async remove(path) {
      changes.set(path, null)
    },
    async list(below) {
      const all = new Set([...oids.keys(), ...changes.keys()])
      return [...all]
        .filter((path) => path.startsWith(`${below}/`) && changes.get(path) !== null)
        .toSorted()
    },
  }
  return {
    files,
    async push(message, at) {
      const wishes = [...changes].flatMap(([path, bytes]): FileChange[] => {
        if (bytes !== null) return [{ path: prefix + path, bytes }]
        return oids.has(path) ? [{ path: prefix + path, isDeleted: true }] : []
      })
      const writer = await openGitWriter(fetched.git.root)
      // The bare copy has no branch, so the commit gets one, on what was fetched.
      const { commit } = await writer.commit({
        branch: ref,
        from: fetched.commit,
        changes: wishes,
        message,
        author,
        at,
      })
      await pushBranch({ dir: fetched.git.root, url, commit, branch: ref, token })
    },
    [Symbol.asyncDispose]: async () => await fetched[Symbol.asyncDispose](),
  }
}

async function entriesOf(
  { git, commit }: Fetched,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const entries = await git.tree({ at: commit })
  return new Map(
    entries
      .filter(({ type, path }) => type === 'file' && path.startsWith(prefix))
      .map(({ path, oid }) => [path.slice(prefix.length), oid]),
  )
}
