/**
 * What a branch, or the files on the disk, would change: finds the two sides and compares them.
 *
 * It reads Git objects and files and runs nothing of them, so it may be used on the pull
 * request of a stranger.
 */
import { relative, sep } from 'node:path'
import { realpathSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { mergeBase } from '#engine/mirror/merge-base.ts'
import type { Change as FileChange, CommitId, GitPort } from '#engine/mirror/port.ts'
import type { Change, Side } from '#engine/plan/change/change.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

import { compareFiles } from '#engine/host/activate/compare-files.ts'

import { openCommitTree, openWorkingTree, type Files } from './files.ts'
import { conflictsBetween, openMerged } from './merged.ts'

export interface ChangeWish {
  readonly root: string
  /** What is changed; absent means the main branch, or HEAD when that is the same commit. */
  readonly base?: string | undefined
  /** What changes it; absent means the files on the disk. */
  readonly head?: string | undefined
  readonly cache?: BundleCache
}

/** One end of a change, for people. */
export interface End {
  /** As it was asked for: `main`, or `working tree`. */
  readonly name: string
  readonly commit?: CommitId
}

export interface RepositoryChange {
  readonly change: Change
  readonly base: End
  readonly head: End
  /** Files that the base changed too since the branch left it. */
  readonly conflicts: readonly string[]
  /** Reads a file as it would be; for showing where a finding is. */
  readText(file: string): string | undefined
}

/** The change in the repository around `root`. Throws `MIRROR_REPOSITORY_MISSING` without one. */
export async function findChange(wish: ChangeWish): Promise<RepositoryChange> {
  const { openGit } = await import('#engine/mirror/open.ts')
  const git = await openGit(wish.root)
  try {
    return await changeOf(git, wish)
  } finally {
    await git.close()
  }
}

/** Compares `base` with what it would be after `head` is merged. */
async function changeOf(
  git: GitPort,
  { root, base, head, cache }: ChangeWish,
): Promise<RepositoryChange> {
  const target = await baseOf(git, base)
  const ends = await endsOf(git, { root, target, head })
  const { affected } = ends
  const compared = await compareFiles({
    before: ends.before,
    after: ends.after,
    ...(cache === undefined ? {} : { cache }),
    ...(affected === undefined ? {} : { isWanted: affected }),
  })
  return {
    change: compared.change,
    base: { name: target.name, commit: ends.from },
    head: ends.head,
    conflicts: ends.conflicts,
    readText: readerOf([ends.after, ends.before], [compared.after, compared.before]),
  }
}

function readerOf(
  files: readonly Files[],
  sides: readonly Side[],
): (file: string) => string | undefined {
  const texts = new Map<string, string>()
  for (const side of sides.toReversed())
    for (const { document } of side.values()) texts.set(document.file, document.text)
  return (file) =>
    texts.get(file) ?? files.map((one) => one.readText(file)).find((text) => text !== undefined)
}

interface Ends {
  /** The commit that is compared with. */
  readonly from: CommitId
  readonly before: Files
  readonly after: Files
  readonly head: End
  readonly conflicts: readonly string[]
  /** Which flow files can be another; absent when all of them can. */
  readonly affected?: (file: string) => boolean
}

interface Target extends End {
  readonly commit: CommitId
}

async function endsOf(
  git: GitPort,
  { root, target, head }: { root: string; target: Target; head: string | undefined },
): Promise<Ends> {
  if (head === undefined) {
    const tip = (await git.head()).commit ?? target.commit
    const from = await parting(git, target, { name: 'HEAD', commit: tip })
    const before = await openCommitTree({ git, ref: from, root })
    const end = { name: 'working tree', commit: tip }
    return { from, before, after: openWorkingTree(root), head: end, conflicts: [] }
  }
  const commit = await git.resolve(head)
  const from = await parting(git, target, { name: head, commit })
  const [ours, theirs] = [
    await git.diff({ from, to: commit }),
    await git.diff({ from, to: target.commit }),
  ]
  const before = await openCommitTree({ git, ref: target.commit, root })
  const branch = await openCommitTree({ git, ref: commit, root })
  const changed = new Set(pathsBelow(ours, git.root, root))
  const after = from === target.commit ? branch : openMerged({ target: before, branch, changed })
  return {
    from: target.commit,
    before,
    after,
    head: { name: head, commit },
    conflicts: conflictsBetween(ours, theirs),
    ...onlyFlows(changed),
  }
}

/** When nothing but flow files changed, no other flow can be another: none but those call code. */
function onlyFlows(changed: ReadonlySet<string>): Pick<Ends, 'affected'> {
  const isPlain = (path: string): boolean => /\.(?:flow\.ya?ml|md|txt)$/.test(path)
  if (![...changed].every(isPlain)) return {}
  return { affected: (file) => changed.has(file) }
}

function pathsBelow(
  changes: readonly FileChange[],
  gitRoot: string,
  root: string,
): readonly string[] {
  const folder = relative(realpathSync(gitRoot), realpathSync(root)).split(sep).join('/')
  const prefix = folder === '' ? '' : `${folder}/`
  return changes
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path }) => path.slice(prefix.length))
}

async function parting(git: GitPort, target: Target, head: Target): Promise<CommitId> {
  const found = await mergeBase(git, { ours: head.commit, theirs: target.commit })
  if (found !== undefined) return found
  throw new IonError(
    'MIRROR_REF_UNKNOWN',
    `"${target.name}" and "${head.name}" have no commit in common. Fetch more history, or name another --base.`,
    { data: { base: target.name, head: head.name } },
  )
}

const mainNames = ['origin/HEAD', 'origin/main', 'main', 'origin/master', 'master']

/** The commit that `base` names, or the main branch; HEAD where there is none. */
async function baseOf(git: GitPort, base: string | undefined): Promise<Target> {
  if (base !== undefined) return { name: base, commit: await git.resolve(base) }
  for (const name of mainNames) {
    const commit = await git.resolve(name).catch(() => undefined)
    if (commit !== undefined) return { name, commit }
  }
  return { name: 'HEAD', commit: await git.resolve('HEAD') }
}
