/**
 * What a turn of a run needs of the engine around it, and what it collects on the way.
 */
import type { Instant } from '#engine/core/clock.ts'
import { toFailure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Command } from '#engine/runtime/decider/command.ts'
import type { Frame } from '#engine/runtime/decider/frames.ts'
import type { Sight } from '#engine/runtime/decider/scope.ts'
import type { Batch, TimerChange } from '#engine/runtime/ports.ts'
import type { RunDone, RunRecord } from '#engine/runtime/record.ts'
import type { StateChange } from '#engine/runtime/states.ts'
import type { Outgoing, WaitChange } from '#engine/runtime/waits/port.ts'

import type { LiveRun } from './turn.ts'

export type StartStep = Extract<Command, { kind: 'startStep' }>
export type UseState = Extract<Command, { kind: 'useState' }>
export type AskGate = Extract<Command, { kind: 'askGate' }>
/** What the host is asked in the turn that commits the answer, so that nobody comes in between. */
export type Question = UseState | AskGate
export type SpawnRun = Extract<Command, { kind: 'spawnRun' }>

export function isQuestion(one: RunRecord | Question): one is Question {
  return one.kind === 'useState' || one.kind === 'askGate'
}

/** What a turn needs of the engine around it. */
export interface TurnHost {
  now(): Instant
  /** Starts a call; answers at once with its record, or later through `post`. */
  call(live: LiveRun, start: StartStep): RunRecord | undefined
  spawn(live: LiveRun, spawn: SpawnRun): void
  /** The record that answers; what it writes joins `turn`. */
  answer(live: LiveRun, turn: Turn, question: Question): RunRecord
  /** Posts the end of the run, or that what it returns is not what its flow says. */
  checkOutput(live: LiveRun, done: RunDone): void
  cancel(cut: Cut): void
  /** Told of every batch once it is durable, or of the failure to write it. */
  committed(live: LiveRun, batch: Batch): void
  faulted(live: LiveRun, error: unknown): void
  /** The run met a bug of ours, or a journal that does not fit; it stops where it is. */
  broke(live: LiveRun, error: unknown): void
}

/** What was cut short: a call under way, or a child. Neither for a call that never began. */
export interface Cut {
  readonly abort: AbortController | undefined
  readonly child: RunId | undefined
}

/** What a restart has to take care of. */
export interface Lost {
  readonly frames: readonly Frame[]
  readonly calls: readonly StartStep[]
  /** What is known of calls that are not executed again. */
  readonly records: readonly RunRecord[]
}

export interface Turn {
  readonly records: RunRecord[]
  readonly timers: TimerChange[]
  readonly waits: WaitChange[]
  readonly events: Outgoing[]
  readonly states: StateChange[]
  /** Effects whose intent is in this batch. */
  readonly calls: StartStep[]
  readonly spawns: SpawnRun[]
  readonly cuts: Cut[]
}

export function emptyTurn(): Turn {
  return {
    records: [],
    timers: [],
    waits: [],
    events: [],
    states: [],
    calls: [],
    spawns: [],
    cuts: [],
  }
}

/** What a turn writes; undefined when that is nothing at all. */
export function batchOf(
  { records, timers, waits, events, states }: Turn,
  change: Pick<Batch, 'status' | 'endedAt'>,
): Batch | undefined {
  const isEmpty = records.length === 0 && timers.length === 0 && waits.length === 0
  if (isEmpty && change.status === undefined) return undefined
  return {
    records,
    ...(timers.length === 0 ? {} : { timers }),
    ...(waits.length === 0 ? {} : { waits }),
    ...(events.length === 0 ? {} : { events }),
    ...(states.length === 0 ? {} : { states }),
    ...change,
  }
}

/** The intent of an effect; the failure of its step where the input is too large. */
export function intentOf(
  { payloads }: Sight,
  at: Instant,
  { path, attempt, input, key }: StartStep,
): Extract<RunRecord, { kind: 'step.started' | 'step.failed' }> {
  try {
    const held = payloads.hold(input)
    const intent = { kind: 'step.started', path, at, attempt, input: held } as const
    return key === undefined ? intent : { ...intent, key }
  } catch (thrown) {
    const error = toFailure(thrown, 'RUN_LIMIT_EXCEEDED')
    return { kind: 'step.failed', path, attempt, at, error }
  }
}
