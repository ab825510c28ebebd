/**
 * When a `parallel` has what it wants, and when it never will: pure counting.
 */
import { type Held, heldNull } from '#engine/runtime/payload.ts'

import type { ParallelFrame, Unwind } from './frames.ts'

/** What the losers of a join are told. */
export const joined: Unwind = { kind: 'cancel', reason: 'the join has what it wants', cause: 0 }

export function wantedCount(frame: ParallelFrame): number {
  if (frame.step.kind === 'race') return 1
  const { join, branches } = frame.step
  return join === 'all' ? branches.length : join === 'any' ? 1 : Math.min(join, branches.length)
}

export function doneCount(frame: ParallelFrame): number {
  return frame.results.reduce((count, one) => (one === undefined ? count : count + 1), 0)
}

export function branchPath(frame: ParallelFrame, index: number): string {
  return `${frame.path}/${frame.step.branches[index]?.name ?? ''}`
}

/** The outputs of the branches that ended well, by name. */
export function branchEntries(frame: ParallelFrame): readonly (readonly [string, Held])[] {
  return frame.step.branches.flatMap((branch, index) => {
    const output = frame.results[index]
    return output === undefined ? [] : [[branch.name, output] as const]
  })
}

/** Whether enough branches can still end well; one that needs a failed one cannot. */
export function isStillPossible(frame: ParallelFrame): boolean {
  if (frame.step.kind === 'race') return frame.failed.size < frame.step.branches.length
  const lost = new Set([...frame.failed].map((index) => frame.step.branches[index]?.name ?? ''))
  for (let grown = true; grown;) {
    grown = false
    for (const branch of frame.step.branches) {
      if (lost.has(branch.name) || !branch.needs.some((need) => lost.has(need))) continue
      lost.add(branch.name)
      grown = true
    }
  }
  return frame.step.branches.length - lost.size >= wantedCount(frame)
}

/** What a race yields: the name of the winner, and its output. */
export function raceEntries(frame: ParallelFrame): readonly (readonly [string, Held])[] {
  const index = frame.winner ?? 0
  const winner = frame.step.branches[index]?.name ?? ''
  return [
    ['winner', { value: winner }],
    ['output', frame.results[index] ?? heldNull],
  ]
}
