/**
 * Makes the state of a run from its records: at a restart, for a view, for time travel.
 *
 * A `run.retried` record says which records before it still count; the others are passed
 * over, so that the state is as it was before the failure.
 */
import { IonError } from '#engine/core/error.ts'
import type { Plan } from '#engine/plan/plan.ts'
import { spentBefore, spentIn } from '#engine/runtime/budget/spent.ts'
import { recordVersion, type RunRecord } from '#engine/runtime/record.ts'

import { evolve } from './evolve.ts'
import { emptyState, type RunState, type Trace } from './state.ts'

export interface Numbered {
  readonly seq: number
  readonly record: RunRecord
}

/** Folds all records of a run. Throws `JOURNAL_DIVERGED` when they do not fit `plan`. */
export function replay(plan: Plan, records: readonly RunRecord[], trace?: Trace): RunState {
  const state = fold(plan, counting(records), trace)
  state.repeats = repeatsIn(records)
  state.spent = spentIn(records)
  state.spentBefore = spentBefore(records)
  return state
}

/** Folds the records that count, from the first one on. */
export function fold(plan: Plan, records: readonly Numbered[], trace?: Trace): RunState {
  const first = records[0]?.record
  if (first?.kind !== 'run.started') {
    throw new IonError('JOURNAL_DIVERGED', 'The journal of a run does not begin with its start.')
  }
  if (first.v > recordVersion) {
    throw new IonError(
      'JOURNAL_VERSION_UNKNOWN',
      `This run was written by a newer ionflux (records v${first.v}); upgrade to read it.`,
    )
  }
  const state = emptyState(plan, first)
  state.trace = trace
  for (const { seq, record } of records) {
    state.seq = seq - 1
    evolve(state, record)
  }
  return state
}

/** The records that count, with their numbers from 1. */
export function counting(records: readonly RunRecord[]): readonly Numbered[] {
  let kept: Numbered[] = []
  records.forEach((record, index) => {
    if (record.kind === 'run.retried') kept = kept.filter((one) => one.seq <= record.after)
    kept.push({ seq: index + 1, record })
  })
  return kept
}

/**
 * How often each step was called in a part of the run that a retry dropped, by path. Whether it
 * ended well or is unknown, the next call is another effect, and may have another input.
 */
export function repeatsIn(records: readonly RunRecord[]): ReadonlyMap<string, number> {
  const repeats = new Map<string, number>()
  let kept: Numbered[] = []
  records.forEach((record, index) => {
    if (record.kind === 'run.retried') {
      const { after } = record
      const called = new Set<string>()
      for (const one of kept) {
        const { kind } = one.record
        const isCall = kind === 'step.done' || kind === 'step.started' || kind === 'event.emitted'
        if (one.seq > after && isCall) called.add(one.record.path)
      }
      for (const path of called) repeats.set(path, (repeats.get(path) ?? 0) + 1)
      kept = kept.filter((one) => one.seq <= after)
    }
    kept.push({ seq: index + 1, record })
  })
  return repeats
}
