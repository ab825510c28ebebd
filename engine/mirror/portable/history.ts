/**
 * Walks commits in the order of `git log`: newest first by the committer's date.
 *
 * Generic over where commits come from, so the order can be tested without a
 * repository. What is reachable from `from` is walked first and left out exactly,
 * also where clocks of the authors disagree.
 */
import { limits } from '#engine/core/limits.ts'

import type { Commit, CommitId } from '#engine/mirror/port.ts'

type ReadCommit = (id: CommitId) => Promise<Commit>

interface Range {
  readonly from?: CommitId
  readonly to: CommitId
  readonly limit: number
}

export async function walk(
  read: ReadCommit,
  { from, to, limit }: Range,
): Promise<readonly Commit[]> {
  const left = from === undefined ? new Set<CommitId>() : await ancestors(read, from)
  const queue = new DateQueue()
  const seen = new Set(left)
  const found: Commit[] = []
  if (!seen.has(to)) queue.add(await read(to))
  seen.add(to)
  for (let next = queue.take(); next !== undefined && found.length < limit; next = queue.take()) {
    found.push(next)
    for (const parent of next.parents) {
      if (seen.has(parent)) continue
      seen.add(parent)
      queue.add(await read(parent))
    }
  }
  return found
}

async function ancestors(read: ReadCommit, from: CommitId): Promise<Set<CommitId>> {
  const seen = new Set([from])
  const open = [from]
  for (let id = open.pop(); id !== undefined && seen.size < limits.gitCommitsMax; id = open.pop()) {
    for (const parent of (await read(id)).parents) {
      if (seen.has(parent)) continue
      seen.add(parent)
      open.push(parent)
    }
  }
  return seen
}

/** A binary heap: newest first, and of two of one date the one that came first. */
class DateQueue {
  #items: { readonly commit: Commit; readonly date: number; readonly turn: number }[] = []
  #turn = 0

  add(commit: Commit): void {
    const date = commit.committer.date === null ? 0 : Date.parse(commit.committer.date)
    const items = this.#items
    items.push({ commit, date, turn: this.#turn++ })
    for (let at = items.length - 1; at > 0;) {
      const up = (at - 1) >> 1
      if (!this.#isBefore(at, up)) break
      this.#swap(at, up)
      at = up
    }
  }

  take(): Commit | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined) return undefined
    if (items.length > 0) items[0] = last
    for (let at = 0; ;) {
      let best = at
      for (const down of [2 * at + 1, 2 * at + 2]) {
        if (down < items.length && this.#isBefore(down, best)) best = down
      }
      if (best === at) return first.commit
      this.#swap(at, best)
      at = best
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#items[a], this.#items[b]]
    if (left === undefined || right === undefined) return false
    return left.date === right.date ? left.turn < right.turn : left.date > right.date
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#items[a], this.#items[b]]
    if (left === undefined || right === undefined) return
    this.#items[a] = right
    this.#items[b] = left
  }
}
