/**
 * What a decision can ask for, and the small words that deciders of every step share.
 */
import type { Instant } from '#engine/core/clock.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { CallStep, FlowStep } from '#engine/plan/plan.ts'
import type { RunDone, RunRecord, TimerKind } from '#engine/runtime/record.ts'
import type { Outgoing, WaitChange } from '#engine/runtime/waits/port.ts'

import type { Sight } from './scope.ts'
import type { RunState } from './state.ts'

export type Command =
  | {
      readonly kind: 'useState'
      readonly path: string
      readonly does: 'get' | 'set' | 'delete'
      readonly key: string
      readonly value?: Json
      readonly expected?: number
    }
  /** The host says when the run may pass. */
  | { readonly kind: 'askGate'; readonly gate: 'debounce' | 'rateLimit'; readonly key: string }
  | Outside
  /** What the run returns is to be held against its schema before it is recorded. */
  | { readonly kind: 'checkOutput'; readonly done: RunDone }
  /** A fact that follows from the state: to be recorded and applied. */
  | { readonly kind: 'record'; readonly record: RunRecord }
  | {
      readonly kind: 'startStep'
      readonly path: string
      readonly step: CallStep
      readonly attempt: number
      readonly input: Json
      /** The author's own idempotency key. */
      readonly key?: string
    }
  | {
      readonly kind: 'spawnRun'
      readonly path: string
      readonly step: FlowStep
      /** Derived from this run and the path: a second spawn finds the first. */
      readonly child: RunId
      readonly input: Json
    }
  /** With `child`, the run that a `flow` step waits for. */
  | {
      readonly kind: 'cancelStep'
      readonly path: string
      readonly child?: RunId
      /** Its result is still wanted: if it takes effect all the same, it is undone. */
      readonly isAwaited?: true
    }
  | {
      readonly kind: 'setTimer'
      readonly path: string
      readonly timer: TimerKind
      /** Absent takes the timer back. */
      readonly due?: Instant
    }

/** Something beside the journal of this run that changes with it. */
export type Outside =
  | ({ readonly kind: 'setWait' } & WaitChange)
  | { readonly kind: 'emitEvent'; readonly event: Outgoing }

/** The command that records `one`. */
export function record(one: RunRecord): Command {
  return { kind: 'record', record: one }
}

/** The step or block at `path` has its output. */
export function yields(
  sight: Sight,
  state: RunState,
  one: { path: string; output: Json },
): Command {
  const output = sight.payloads.hold(one.output)
  return record({ kind: 'step.done', path: one.path, at: state.now, output })
}

/** What a condition gave, as true or false. Throws `RUN_EXPRESSION_FAILED` for anything else. */
export function condition(value: Json, path: string): boolean {
  if (typeof value === 'boolean') return value
  throw new IonError(
    'RUN_EXPRESSION_FAILED',
    `The condition of "${path}" gave ${JSON.stringify(value).slice(0, 80)} instead of true or false.`,
  )
}
