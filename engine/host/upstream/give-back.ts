/**
 * A contribution as a pull request: what was changed here goes onto a branch of somebody's fork
 * of upstream, and upstream is asked to take it.
 *
 * It is made on what upstream's main branch is now, in a copy that is thrown away. The token is
 * sent to the host of the fork, which upstream is on too, and to the API.
 */
import { isDeepStrictEqual } from 'node:util'

import { IonError } from '#engine/core/error.ts'
import { systemClock } from '#engine/durable/system.ts'
import type { PackageFiles } from '#engine/host/lock/package-files.ts'
import { filesAt } from '#engine/host/package/folder.ts'
import { apiUrlOf, openForge } from '#engine/host/repository/forge.ts'
import { defaultBranch, fetchCommit, type Fetched } from '#engine/mirror/fetch.ts'
import { openGitWriter } from '#engine/mirror/open.ts'
import type { FileChange } from '#engine/mirror/write/port.ts'

import { contributedTo } from './contribute.ts'
import type { FileConflict } from './merge-files.ts'
import { type ForgePlace, forgePlaceOf, type Proposal, pushProposal } from './propose.ts'
import { findReference } from './reference.ts'
import { lineageOf } from './sync.ts'

export interface GiftWish {
  readonly root: string
  /** The folder with the lineage, from the root. */
  readonly place: string
  /** The fork that the branch is pushed to. */
  readonly pushUrl: string
  readonly token: string
  /** The API; else that of the host of the fork. */
  readonly apiUrl?: string | undefined
  /** Without it one that is named for the package. */
  readonly branch?: string | undefined
  readonly title?: string | undefined
}

export interface Gift {
  /** The name of the package upstream. */
  readonly upstream: string
  readonly branch: string
  /** From the root of upstream's repository. */
  readonly files: readonly string[]
  readonly conflicts: readonly FileConflict[]
  /** Absent where nothing here differs. */
  readonly pullRequest?: Proposal
}

const author = { name: 'ionflux', email: 'ionflux@localhost' }

/** Throws `CLI_USAGE` where upstream and fork are not on one forge, and what pushing throws. */
export async function giveBack(wish: GiftWish): Promise<Gift> {
  const { root, place, token } = wish
  const lineage = lineageOf(root, place)
  const { url, folder } = await findReference(lineage.from, root)
  const { upstream, fork } = placesOf(url, wish.pushUrl)
  const base = await defaultBranch(upstream.url, { token })
  // A fork may be behind, and takes a commit only with the history that it lacks.
  await using head = await fetchCommit(upstream.url, base, { token, isWhole: true })
  const fresh = await filesAt(head.git, head.commit, folder)
  const { after, conflicts } = await contributedTo(fresh, { root, place, lineage })
  const branch = wish.branch ?? `contribute/${lineage.name}`
  const said = { upstream: lineage.name, branch, conflicts }
  const files = changedIn(fresh, after).map((path) => wholePath(folder, path))
  if (files.length === 0) return { ...said, files }
  const title = wish.title ?? `${lineage.name}: changes of a fork of ${lineage.version}`
  await using pushed = await branchOf(fork.url, { branch, token })
  const start = pushed ?? head
  const there = pushed === undefined ? fresh : await filesAt(start.git, start.commit, folder)
  const changes = changedIn(there, after).map((path): FileChange => {
    const bytes = after.get(path)
    const whole = { path: wholePath(folder, path) }
    return bytes === undefined ? { ...whole, isDeleted: true } : { ...whole, bytes }
  })
  if (changes.length > 0) {
    const writer = await openGitWriter(start.git.root)
    const at = systemClock().now()
    const { commit } = await writer.commit({
      branch,
      from: start.commit,
      changes,
      message: `${title}\n`,
      author,
      at,
    })
    await pushProposal({ dir: start.git.root, url: fork.url, commit, branch, token })
  }
  const forge = openForge({ apiUrl: wish.apiUrl ?? apiUrlOf(fork.host), token })
  const pullRequest = await forge.propose({
    repository: upstream.repository,
    branch,
    base,
    title,
    body: bodyOf(files, conflicts),
    ...(fork.repository === upstream.repository ? {} : { fork: fork.repository }),
  })
  return { ...said, files, pullRequest }
}

function placesOf(
  url: string | undefined,
  pushUrl: string,
): { readonly upstream: ForgePlace; readonly fork: ForgePlace } {
  const upstream = url === undefined ? undefined : forgePlaceOf(url)
  const fork = forgePlaceOf(pushUrl)
  if (fork === undefined)
    throw new IonError('CLI_USAGE', `"${pushUrl}" is no https://HOST/OWNER/REPO to push to.`)
  if (upstream === undefined) {
    const what = url === undefined ? 'Upstream is a folder' : `"${url}" is on no forge`
    throw new IonError('CLI_USAGE', `${what}; without --pull-request a patch is printed.`)
  }
  if (upstream.host === fork.host) return { upstream, fork }
  const message = `Upstream is on "${upstream.host}", and a fork on "${fork.host}" cannot be proposed there.`
  throw new IonError('CLI_USAGE', message)
}

/** The branch of the fork, which an earlier call pushed; undefined where there is none. */
async function branchOf(
  url: string,
  { branch, token }: { readonly branch: string; readonly token: string },
): Promise<Fetched | undefined> {
  try {
    return await fetchCommit(url, branch, { token })
  } catch (thrown) {
    const isNone = thrown instanceof IonError && thrown.code === 'MIRROR_FETCH_FAILED'
    if (isNone && (thrown.data as { ref?: unknown } | undefined)?.ref === branch) return undefined
    throw thrown
  }
}

function changedIn(before: PackageFiles, after: PackageFiles): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => !isDeepStrictEqual(before.get(path), after.get(path)))
    .toSorted()
}

function wholePath(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`
}

function bodyOf(files: readonly string[], conflicts: readonly FileConflict[]): string {
  const changed = files.map((path) => `- \`${path}\``).join('\n')
  const left = conflicts.map(({ file, at }) => `- \`${file}\` ${at}`.trimEnd()).join('\n')
  const rest = left === '' ? '' : `\n\nLeft out, because it changed on both sides:\n\n${left}`
  return `Changed:\n\n${changed}${rest}\n`
}
