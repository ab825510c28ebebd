/**
 * The commit that two lines of history have in common, found by questions that every
 * adapter answers.
 */
import { limits } from '#engine/core/limits.ts'

import type { CommitId, GitPort } from './port.ts'

/**
 * The best common ancestor of two commits; undefined when they share no history. Where there
 * are several that are equally good (criss-cross merges), the newest of them.
 */
export async function mergeBase(
  git: GitPort,
  { ours, theirs }: { readonly ours: CommitId; readonly theirs: CommitId },
): Promise<CommitId | undefined> {
  if (ours === theirs) return ours
  const only = await git.log({ from: theirs, to: ours, limit: limits.gitCommitsMax })
  if (only.length === 0) return ours
  const inside = new Set(only.map(({ id }) => id))
  // `log` is newest first, so the first border is met by the youngest commit.
  const borders = [...new Set(only.flatMap(({ parents }) => parents))].filter(
    (id) => !inside.has(id),
  )
  const best: CommitId[] = []
  for (const border of borders) {
    const isOlder = await isAncestorOfAny(git, border, borders)
    if (!isOlder) best.push(border)
  }
  return best[0]
}

async function isAncestorOfAny(
  git: GitPort,
  commit: CommitId,
  others: readonly CommitId[],
): Promise<boolean> {
  for (const other of others) {
    if (other === commit) continue
    const rest = await git.log({ from: other, to: commit, limit: 1 })
    if (rest.length === 0) return true
  }
  return false
}
