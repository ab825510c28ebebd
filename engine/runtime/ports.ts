/**
 * What a host offers a run: six narrow ports and nothing else.
 *
 * The runtime drives the decider through these; memory, SQLite and a distributed
 * engine implement them, and one suite of contract tests runs on each
 * (`test/unit/durable/contract.ts`). Clock and Ids are in `core`, States in `states.ts`.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Failure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { PlanAction } from '#engine/plan/plan.ts'

import type { RunRecord, RunSource, TimerKind } from './record.ts'
import type { StateChange } from './states.ts'
import type { CachedFrom, HostAnswer, Spent, StepUsage } from './budget/usage.ts'
import type { Outgoing, WaitChange, Waits } from './waits/port.ts'

// ─── Journal ────────────────────────────────────────────────────────────────

/**
 * `running` has work in flight or ready, `parked` only waits, `uncertain` waits for somebody who
 * settles a step, the rest have ended.
 */
export type RunStatus = 'running' | 'parked' | 'uncertain' | 'done' | 'failed' | 'cancelled'

/** One line of `runs ls`: kept beside the journal, derivable from it. */
export interface RunHeader {
  readonly run: RunId
  readonly flow: string
  readonly plan: Digest
  readonly status: RunStatus
  readonly startedAt: Instant
  /** Absent while the run has not ended. */
  readonly endedAt?: Instant
  readonly parent?: RunId
}

/** Whether a run only waits: nothing of it has to be in memory. */
export function isAtRest(status: RunStatus | undefined): boolean {
  return status === 'parked' || status === 'uncertain'
}

/** Whether nothing more happens to a run by itself: its timers are gone, `retry` may revive it. */
export function hasEnded(status: RunStatus): status is 'done' | 'failed' | 'cancelled' {
  return status === 'done' || status === 'failed' || status === 'cancelled'
}

export interface TimerChange {
  readonly path: string
  readonly timer: TimerKind
  /** Absent takes the timer back. */
  readonly due?: Instant
}

/** What one turn of a run writes: all of it commits together, or none. */
export interface Batch {
  /** May be empty where only timers or the status change; never in the first batch of a run. */
  readonly records: readonly RunRecord[]
  readonly timers?: readonly TimerChange[]
  /** The new status, where this batch changes it. */
  readonly status?: RunStatus
  readonly endedAt?: Instant
  /**
   * What of the flow's state this batch changes. A batch with a version that is not there
   * is refused with `RUN_STATE_CONFLICT` and none of it is taken: `States.preview` comes first.
   */
  readonly states?: readonly StateChange[]
  /** Who waits for people or events from here on, and who no more. */
  readonly waits?: readonly WaitChange[]
  /** Events to be delivered once this is durable. */
  readonly events?: readonly Outgoing[]
}

/** The open journal of one run. One writer at a time; `close` lets go of its memory. */
export interface RunLog {
  readonly run: RunId
  /**
   * Queues `batch`; resolves once it is durable. Batches of all runs that arrive while
   * a commit is under way share the next one. Rejects with `JOURNAL_WRITE_FAILED`, and
   * then nothing of this batch or any later one of this log is kept.
   */
  append(batch: Batch): Promise<void>
  close(): void
}

/** A record as it was read, with its place in the hash chain. */
export interface Stored {
  readonly seq: number
  readonly record: RunRecord
  /** Hex SHA-256 over the hash before it and the record's own bytes. */
  readonly hash: string
}

export interface DueTimer {
  readonly run: RunId
  readonly path: string
  readonly timer: TimerKind
  readonly due: Instant
}

export interface ListRuns {
  readonly limit: number
  readonly status?: RunStatus
  readonly flow?: string
  /** Only runs that started before this one; for paging. */
  readonly before?: RunId
}

export interface Journal extends Waits {
  /** Begins a run. The header becomes durable with the first batch, never before it. */
  create(header: RunHeader): RunLog
  /** Opens a run that exists, positioned at its end. Throws `RUN_NOT_FOUND`. */
  open(run: RunId): RunLog
  /** All records in order. Throws `RUN_NOT_FOUND`, or `JOURNAL_CHAIN_BROKEN` when a hash does not fit. */
  read(run: RunId): readonly RunRecord[]
  /** The same with sequence numbers and hashes, checked one by one. */
  readStored(run: RunId): readonly Stored[]
  find(run: RunId): RunHeader | undefined
  /** Newest first. */
  list(query: ListRuns): readonly RunHeader[]
  /**
   * What a restart must carry on, oldest first: runs with status `running`, and parked ones a
   * child of which has ended, for they may not have heard of it.
   */
  unfinished(): readonly RunId[]
  /** Timers due at or before `now`, soonest first, at most `limit`. */
  dueTimers(now: Instant, limit: number): readonly DueTimer[]
  /** When the next timer is due. */
  nextDue(): Instant | undefined
  close(): Promise<void>
}

// ─── Payloads and plans: the content store ──────────────────────────────────

/**
 * Bytes by digest. `put` is durable no later than the next batch that is appended, so a
 * record never names what is not there. Reading is synchronous: a digest always means
 * the same bytes, which keeps the decider pure.
 */
export interface Store {
  put(bytes: Uint8Array): Digest
  /** Throws `JOURNAL_PAYLOAD_MISSING`. */
  get(digest: Digest): Uint8Array
  has(digest: Digest): boolean
}

// ─── Caller ─────────────────────────────────────────────────────────────────

/** What a guest or a host action wrote while it ran. */
export interface LogLine {
  readonly at: Instant
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
}

export interface CallRequest {
  readonly run: RunId
  /** Id of the flow: what its state is kept under. */
  readonly flow: string
  readonly path: string
  /** Numbered from 1. */
  readonly attempt: number
  /** The same for every attempt and after every crash: `H(run, path)`, or the author's own. */
  readonly key: string
  readonly action: PlanAction
  readonly input: Json
  readonly source: RunSource
  /** What the flow allows; a unit gets the part of it that its manifest asks for. */
  readonly permissions: Permissions
  /** Names of the secrets that the step itself hands over, by the flow's file: data cannot add one. */
  readonly secrets?: readonly string[]
  /** Executes, whatever is known of earlier calls. */
  readonly isFresh?: boolean
  /** To execute a recorded call again: the host is not asked but answers as it did. */
  readonly replies?: readonly HostAnswer[]
  /** Aborts when the step is cancelled or out of time. A caller stops as soon as it can. */
  readonly signal: AbortSignal
  log(line: LogLine): void
}

/** What a call took. */
export type CallUsage = StepUsage

export type CallResult = (
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error: Failure }
) & {
  /** Absent where nothing ran, or the caller does not measure. */
  readonly usage?: CallUsage
  /** What it spent on models; absent where none was asked. */
  readonly spent?: Spent
  /** What the host answered; absent when it was not asked, or when that is too much to keep. */
  readonly replies?: readonly HostAnswer[]
  /** True where nothing but code and input went into the output: whoever runs it again gets the same. */
  readonly isOfInput?: true
  /** The output is that of an earlier call, and nothing ran. */
  readonly cached?: CachedFrom
}

/**
 * Runs one action once. Never throws for what the action did; a throw is a failure of
 * the caller itself and becomes `RUN_STEP_FAILED`. May answer at once, without a promise.
 */
export interface Caller {
  call(request: CallRequest): CallResult | Promise<CallResult>
}

// ─── Logs of steps ──────────────────────────────────────────────────────────

export interface StepLog extends LogLine {
  readonly path: string
}

/** Lines may be lost in a crash; they are no part of the journal's chain. */
export interface Logs {
  write(run: RunId, path: string, line: LogLine): void
  read(run: RunId): readonly StepLog[]
}

// ─── Inputs ─────────────────────────────────────────────────────────────────

/** Checks what goes into a run, or comes out of it, against a schema, and fills in defaults. */
export interface InputCheck {
  (
    schema: JsonObject,
    input: Json,
    /** What a message calls it. Without it: input. */
    what?: 'input' | 'output',
  ): Promise<
    { readonly ok: true; readonly input: Json } | { readonly ok: false; readonly error: Failure }
  >
}
