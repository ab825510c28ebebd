/**
 * Reads from a bare repository what a mirror keeps of one commit.
 *
 * Everything that the commit needs is read: the commit, every tree, every bound file. So
 * when this returns, the commit is here whole, and only then the fact `mirrored` moves.
 */
import { IonError } from '#engine/core/error.ts'
import { parseInstant } from '#engine/core/instant.ts'
import type { Instant } from '#engine/core/clock.ts'
import type { Commit, CommitId, GitPort, TreeEntry } from '#engine/mirror/port.ts'
import { objectBroken } from '#engine/mirror/ref.ts'

import type { Ancestry } from './judge.ts'
import { boundEntries } from './manifest.ts'

export interface CollectWish {
  readonly commit: CommitId
  /** What was mirrored before. */
  readonly before?: CommitId
  /** Globs; empty means all that flows may need. */
  readonly paths: readonly string[]
  /** Ids of files whose bytes are known. */
  readonly known: ReadonlySet<string>
}

export interface Collected {
  readonly ancestry: Ancestry
  readonly committedAt?: Instant
  readonly files: readonly TreeEntry[]
  readonly links: readonly string[]
  /** Files that were not known, each once. */
  readonly fresh: readonly { readonly oid: string; readonly bytes: Uint8Array }[]
}

/** Throws `MIRROR_READ_FAILED` when something is missing, and what `boundEntries` throws. */
export async function collect(git: GitPort, wish: CollectWish): Promise<Collected> {
  const { commit, before, paths, known } = wish
  const head = await headOf(git, commit)
  const entries = boundEntries(paths, await git.tree({ at: commit }))
  const files = entries.filter(({ type }) => type === 'file')
  const wanted = [...new Set(files.map(({ oid }) => oid).filter((oid) => !known.has(oid)))]
  const fresh: { oid: string; bytes: Uint8Array }[] = []
  for (let at = 0; at < wanted.length; at += filesPerRead) {
    const read = await git.readMany(wanted.slice(at, at + filesPerRead).map((oid) => ({ oid })))
    for (const blob of read) {
      if (blob instanceof IonError) throw blob
      fresh.push({ oid: blob.oid, bytes: blob.bytes })
    }
  }
  const committedAt = parseInstant(head.committer.date ?? '')
  return {
    ancestry: await ancestryOf(git, commit, before),
    ...(committedAt === undefined ? {} : { committedAt }),
    files,
    links: entries.filter((entry) => entry.type !== 'file').map(({ path }) => path),
    fresh,
  }
}

const filesPerRead = 200

const missing: ReadonlySet<string> = new Set(['MIRROR_REF_UNKNOWN', 'MIRROR_HISTORY_EMPTY'])

/** What was asked for may not be among what was sent. */
async function headOf(git: GitPort, commit: CommitId): Promise<Commit> {
  try {
    const [head] = await git.log({ to: commit, limit: 1 })
    if (head !== undefined) return head
  } catch (thrown) {
    if (!(thrown instanceof IonError) || !missing.has(thrown.code)) throw thrown
  }
  throw objectBroken(commit)
}

async function ancestryOf(
  git: GitPort,
  commit: CommitId,
  before: CommitId | undefined,
): Promise<Ancestry> {
  if (before === undefined) return 'first'
  if (before === commit) return 'forward'
  // Nothing is only in the old commit's history: so it is part of the new one's.
  const only = await git.log({ from: commit, to: before, limit: 1 })
  return only.length === 0 ? 'forward' : 'rewritten'
}
