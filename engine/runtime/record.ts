/**
 * The records of a run: the only facts from which its state is made.
 *
 * A record is what happened, never what to do; applying it needs no clock and no
 * expression, so journals of every release stay replayable. `docs/reference/journal.md`
 * lists them and is compared with this file.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Failure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { Budget } from '#engine/dsl/world.ts'

import type { CachedFrom, Spent, StepUsage } from './budget/usage.ts'
import type {
  ApprovalDecided,
  ApprovalOpened,
  AwaitOpened,
  AwaitTaken,
  EventEmitted,
  EventReceived,
  RunPaused,
  RunResumed,
  SignalReceived,
} from './waits/record.ts'

/** Version of the record shapes below; written into `run.started`, checked at replay. */
export const recordVersion = 1

/** A value in a record: itself when small, its digest in the content store when large. */
export type Payload = { readonly value: Json } | { readonly ref: Digest; readonly bytes: number }

/**
 * `sleep` ends a wait, `retry` starts the next attempt, `timeout` ends a step or the run,
 * `escalate` calls more people to an approval.
 */
export type TimerKind = 'sleep' | 'retry' | 'timeout' | 'escalate'

/** Where the data of a run comes from. */
export interface RunSource {
  /** The repository as the user named it; absent for a flow without one. */
  readonly repository?: string
  readonly commit?: string
  /** The id of the mirror whose flow it is; absent for a flow of somebody's own repository. */
  readonly mirror?: string
  /** True when flow and code were taken from a working tree that `commit` does not hold. */
  readonly isWorkingTree?: boolean
}

/** `happened` takes it as done, `did-not-happen` as failed, `retry` calls it again. */
export type Settlement = 'happened' | 'did-not-happen' | 'retry'

export interface At {
  readonly at: Instant
}
export interface OnPath extends At {
  /** The step path: `scan[12]/check`. The run itself has the empty path. */
  readonly path: string
}

/** Where a run comes from that another run started. */
export interface Parentage {
  readonly run: RunId
  readonly path: string
  readonly depth: number
  /** Nobody waits for this run; absent where the step that started it does. */
  readonly isDetached?: true
}
export interface RunStarted extends At {
  readonly kind: 'run.started'
  readonly v: typeof recordVersion
  readonly run: RunId
  readonly flow: string
  readonly plan: Digest
  readonly input: Payload
  readonly event?: Payload
  readonly source: RunSource
  /** Absent for a run that no other run started. */
  readonly parent?: Parentage
  /** Of a detached run: what the run that started it had left for models. */
  readonly budget?: Budget
  /** True for a run that executes every step, whatever is known of earlier calls. */
  readonly isFresh?: true
  /** The run that this one was forked from, and how many of its records it begins with. */
  readonly forked?: { readonly run: RunId; readonly seq: number }
}
/**
 * The run waits for a while in which no other of `key` comes: a later one takes its place.
 */
export interface RunDebounced extends At {
  readonly kind: 'run.debounced'
  /** Empty where the flow has no key. */
  readonly key: string
  /** When the first of those came that this one took the place of. */
  readonly since: Instant
  /** When it goes on. */
  readonly due: Instant
}
/** The run has a place among those that may begin within a span of time. */
export interface RunLimited extends At {
  readonly kind: 'run.limited'
  /** Empty where the flow has no key. */
  readonly key: string
  /** When it goes on; not after `at` where it need not wait. */
  readonly due: Instant
}
/** The run waits until it is admitted: its flow limits how many of `key` are under way. */
export interface RunQueued extends At {
  readonly kind: 'run.queued'
  /** Empty where the flow has no key. */
  readonly key: string
}
/** The run may begin, or go on after a retry. */
export interface RunAdmitted extends At {
  readonly kind: 'run.admitted'
}
/** The intent: committed before an effect starts. Pure steps have none. */
export interface StepStarted extends OnPath {
  readonly kind: 'step.started'
  readonly attempt: number
  readonly input: Payload
  /** Absent where the engine's own key is used. */
  readonly key?: string
}
export interface StepDone extends OnPath {
  readonly kind: 'step.done'
  readonly output: Payload
  readonly attempt?: number
  /** When it began, where no intent record says so. */
  readonly since?: Instant
  readonly usage?: StepUsage
  /** What it spent on models; of a called flow, what that run did. */
  readonly spent?: Spent
  readonly replies?: Payload
  readonly cached?: CachedFrom
}
export interface StepFailed extends OnPath {
  readonly kind: 'step.failed'
  readonly attempt: number
  readonly error: Failure
  /** When the next attempt may start; absent when this failure is final. */
  readonly retryAt?: Instant
  /** When the attempt began, where no intent record says so. */
  readonly since?: Instant
  readonly usage?: StepUsage
  /** What it spent on models; of a called flow, what that run did. */
  readonly spent?: Spent
  readonly replies?: Payload
}
/**
 * A crash came between intent and result of a step that must not run twice: nobody knows
 * whether it took effect, and it waits until somebody says so.
 */
export interface StepUncertain extends OnPath {
  readonly kind: 'step.uncertain'
  readonly attempt: number
}
/** Somebody looked, and says what became of an uncertain step. */
export interface StepSettled extends OnPath {
  readonly kind: 'step.settled'
  readonly how: Settlement
  /** What the step yields, where it happened. */
  readonly output?: Payload
  /** Two with one id are one. */
  readonly id: string
  readonly by?: string
}
/** A wait whose end an expression chose. */
export interface TimerSet extends OnPath {
  readonly kind: 'timer.set'
  readonly due: Instant
}
export interface TimerFired extends OnPath {
  readonly kind: 'timer.fired'
  readonly timer: TimerKind
}
/**
 * What undoes the step at `path` is known: its input, and the author's own key where there is
 * one. From here on the step is committed.
 */
export interface CompensationArmed extends OnPath {
  readonly kind: 'compensation.armed'
  readonly input: Payload
  readonly key?: string
}
/** Which way an `if` or `switch` went: `then`, `else`, `case:<value>`, `default` or `none`. */
export interface BranchTaken extends OnPath {
  readonly kind: 'branch.taken'
  readonly branch: string
}
/** How many items an `each` has. */
export interface EachOpened extends OnPath {
  readonly kind: 'each.opened'
  readonly count: number
}
/** A turn of a `while` begins (`index` from 0), or the loop ends (`index` −1). */
export interface WhileTurned extends OnPath {
  readonly kind: 'while.turned'
  readonly index: number
}
/** The parameters of a `component`, defaults filled in. */
export interface ComponentOpened extends OnPath {
  readonly kind: 'component.opened'
  readonly input: Payload
}
export interface RunCancelRequested extends At {
  readonly kind: 'run.cancel'
  readonly reason: string
}
/**
 * An ended run goes on: the records after `after` and before this one no longer count.
 * `path` is the step that gets another series of attempts; empty after a cancel.
 */
export interface RunRetried extends OnPath {
  readonly kind: 'run.retried'
  readonly after: number
  /** The attempt that comes next at `path`. */
  readonly attempt: number
  /** Steps whose child run was undone when it ended: each starts another one. */
  readonly afresh?: readonly string[]
}
export interface RunDone extends At {
  readonly kind: 'run.done'
  readonly output: Payload
}
export interface RunFailed extends OnPath {
  readonly kind: 'run.failed'
  readonly error: Failure
  /** Sequence number of the record that brought the failure about. */
  readonly cause: number
  /** `RUN_COMPENSATION_FAILED`, where not everything could be undone. */
  readonly compensation?: Failure
  /** Why the steps of `on_failure` did not end well. */
  readonly onFailure?: Failure
}
export interface RunCancelled extends At {
  readonly kind: 'run.cancelled'
  readonly reason: string
  /** Sequence number of the record that asked for it. */
  readonly cause: number
}

export type RunRecord =
  | RunStarted
  | RunDebounced
  | RunLimited
  | RunQueued
  | RunAdmitted
  | StepStarted
  | StepDone
  | StepFailed
  | StepUncertain
  | StepSettled
  | TimerSet
  | TimerFired
  | CompensationArmed
  | BranchTaken
  | EachOpened
  | WhileTurned
  | ComponentOpened
  | AwaitOpened
  | AwaitTaken
  | ApprovalOpened
  | ApprovalDecided
  | SignalReceived
  | EventReceived
  | EventEmitted
  | RunPaused
  | RunResumed
  | RunCancelRequested
  | RunRetried
  | RunDone
  | RunFailed
  | RunCancelled

export type RecordKind = RunRecord['kind']
