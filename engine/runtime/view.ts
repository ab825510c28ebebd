/**
 * What people and programs see of a run: the one reducer behind the terminal, `--json`, the
 * event stream and time travel.
 *
 * It folds the same records with the same `evolve` as the engine, and notes which steps
 * opened and ended on the way. Feeding it a prefix shows the run as it was then.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import { assert, type Failure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { Json } from '#engine/core/json.ts'
import type { Plan, PlanStep } from '#engine/plan/plan.ts'
import { evolve } from '#engine/runtime/decider/evolve.ts'
import { counting, fold } from '#engine/runtime/decider/replay.ts'
import type { EachFrame, StepFrame } from '#engine/runtime/decider/frames.ts'
import {
  type Closing,
  emptyState,
  type RunState,
  type Trace,
} from '#engine/runtime/decider/state.ts'

import { spentOf, sumOf } from './budget/spent.ts'
import { aftermathOf, failureOf } from './ending.ts'
import type { Payloads } from './payload.ts'
import type { RunStatus } from './ports.ts'
import type { RunRecord, RunStarted } from './record.ts'
import type { Spent, StepUsage } from './budget/usage.ts'
import { type Asked, gateOf, type GateView, noteWait, type WaitView } from './waits/shown.ts'

export type StepStatus = 'running' | 'waiting' | 'uncertain' | 'done' | 'failed' | 'cancelled'

export interface StepView {
  readonly path: string
  readonly kind: PlanStep['kind']
  /** The action, the called flow, or nothing. */
  readonly what?: string
  readonly status: StepStatus
  /** 0 for a step that is not called but decided. */
  readonly attempts: number
  readonly startedAt: string
  readonly endedAt?: string
  /** What the latest attempt took, where code was run for it. */
  readonly usage?: StepUsage
  /** What its attempts spent on models. */
  readonly spent?: Spent
  /** The earlier run that its output is from, where no code was run for it. */
  readonly cached?: { readonly run: RunId; readonly at: string }
  readonly error?: Failure
  /** Of a fan-out. */
  readonly progress?: { readonly done: number; readonly total: number }
  /** Which way a choice went. */
  readonly branch?: string
  /** What an `await` waits for: the name of the signal, or the subject of the event. */
  readonly awaits?: NonNullable<WaitView['awaits']>
  /** What an `approve` asks, and whom. */
  readonly asks?: Asked
  /** When a wait ends, or the next attempt starts. */
  readonly due?: string
}

export interface RunView {
  readonly id: RunId
  readonly flow: string
  readonly execDigest: Digest
  readonly commit: string | null
  /** True for a run that begins nothing new until somebody has it go on. */
  readonly isPaused?: true
  readonly status: RunStatus
  /** What the run waits for before it begins, or goes on after a retry. */
  readonly gate?: GateView
  readonly input: Json
  /** Null while the run has not ended well. */
  readonly output: Json
  readonly error: Failure | null
  /** What could not be undone when the run failed. */
  readonly compensation?: Failure
  /** Why the steps of `on_failure` did not end well. */
  readonly onFailure?: Failure
  readonly startedAt: string
  readonly endedAt: string | null
  /** What the run and those that it called spent on models, attempts that a retry dropped included. */
  readonly spent?: Spent
  /** In the order in which they opened. */
  readonly steps: readonly StepView[]
}

export interface Viewer {
  /** Takes the next record; returns the paths of the steps that it changed. */
  apply(record: RunRecord): readonly string[]
  step(path: string): StepView | undefined
  /** Everything; throws before the first record. */
  view(): RunView
}

type Draft = { -readonly [Key in keyof StepView]: StepView[Key] }

/** The whole view of a run at once. */
export function viewRun(
  source: { readonly plan: Plan; readonly payloads: Payloads },
  records: readonly RunRecord[],
): RunView {
  const viewer = openViewer(source)
  for (const record of records) viewer.apply(record)
  return viewer.view()
}

export function openViewer(source: { readonly plan: Plan; readonly payloads: Payloads }): Viewer {
  return new RunViewer(source)
}

class RunViewer implements Viewer, Trace {
  readonly #source: { readonly plan: Plan; readonly payloads: Payloads }
  readonly #steps = new Map<string, Draft>()
  readonly #records: RunRecord[] = []
  #changed = new Set<string>()
  #state: RunState | undefined
  /** When a fork began: what was under way in the other run began again then. */
  #forkedAt = ''

  constructor(source: { readonly plan: Plan; readonly payloads: Payloads }) {
    this.#source = source
  }

  apply(record: RunRecord): readonly string[] {
    this.#changed = new Set()
    this.#records.push(record)
    if (record.kind === 'run.started') this.#begin(record)
    // A retry drops how the run ended; only a fork drops nothing.
    if (record.kind === 'run.retried' && record.after === this.#records.length - 1)
      this.#forkedAt = printInstant(record.at)
    if (record.kind === 'run.retried') this.#rebuild()
    else evolve(this.#mustState(), record)
    this.#note(record)
    return [...this.#changed]
  }

  step(path: string): StepView | undefined {
    const found = this.#steps.get(path)
    if (found === undefined) return undefined
    const [from, { startedAt, endedAt }] = [this.#forkedAt, found]
    const isCarried = startedAt < from && (endedAt === undefined || endedAt >= from)
    const draft = isCarried ? { ...found, startedAt: from } : found
    const frame = this.#state?.frames.get(path)
    if (frame?.kind !== 'step' || frame.step.kind !== 'each' || frame.phase !== 'open') return draft
    const each = frame as EachFrame
    return { ...draft, progress: { done: each.nextItem - each.live.size, total: each.count } }
  }

  view(): RunView {
    const { started, isPaused, status, now, frames, uncertain } = this.#mustState()
    const last = this.#records.at(-1)
    const output = last?.kind === 'run.done' ? this.#source.payloads.value(last.output) : null
    const isParked =
      status === 'running' && [...frames.values()].every((one) => isWaiting(one, isPaused))
    return {
      id: started.run,
      flow: started.flow,
      execDigest: started.plan,
      commit: started.source.commit ?? null,
      ...(isPaused && status === 'running' ? { isPaused } : {}),
      status: isParked ? (uncertain.size > 0 ? 'uncertain' : 'parked') : status,
      ...(status === 'running' ? gateOf(this.#mustState()) : {}),
      input: this.#source.payloads.value(started.input),
      output,
      error: failureOf(last),
      ...aftermathOf(last),
      startedAt: this.#forkedAt === '' ? printInstant(started.at) : this.#forkedAt,
      endedAt: status === 'running' ? null : printInstant(now),
      ...spentOf(this.#records),
      steps: [...this.#steps.keys()].flatMap((path) => this.step(path) ?? []),
    }
  }

  opened(frame: StepFrame): void {
    const { path, step } = frame
    this.#steps.delete(path) // a turn that comes again goes to the end
    this.#steps.set(path, {
      path,
      kind: step.kind,
      ...whatOf(step),
      status: 'running',
      attempts: 0,
      startedAt: printInstant(frame.startedAt),
    })
    this.#changed.add(path)
  }

  closed(frame: StepFrame, { outcome, at, unwind }: Closing): void {
    const draft = this.#steps.get(frame.path)
    if (draft === undefined) return
    draft.status = outcome
    draft.endedAt = printInstant(at)
    delete draft.due
    if (frame.step.kind === 'each') {
      const { count } = frame as EachFrame
      draft.progress = {
        done: outcome === 'done' ? count : doneItems(frame as EachFrame),
        total: count,
      }
    }
    if (unwind?.kind === 'error') draft.error = unwind.error
    this.#changed.add(frame.path)
  }

  #begin(record: RunStarted): void {
    this.#state = emptyState(this.#source.plan, record)
    this.#state.trace = this
  }

  #rebuild(): void {
    this.#steps.clear()
    this.#state = undefined
    const records = counting(this.#records)
    const first = records[0]?.record
    if (first?.kind === 'run.started') this.#begin(first)
    this.#state = fold(this.#source.plan, records, this)
    this.#changed = new Set(this.#steps.keys())
  }

  /** What the record itself says of its step. */
  #note(record: RunRecord): void {
    if (!('path' in record)) return
    const draft = this.#steps.get(record.path)
    if (draft === undefined) return
    this.#changed.add(record.path)
    const frame = this.#state?.frames.get(record.path)
    noteWait(draft, record, { frame, payloads: this.#source.payloads })
    switch (record.kind) {
      case 'step.started':
        draft.status = 'running'
        if (draft.attempts === 0) draft.startedAt = printInstant(record.at)
        draft.attempts = record.attempt
        break
      case 'step.done':
      case 'step.failed':
        noteEnd(draft, record)
        break
      case 'timer.set':
        draft.status = 'waiting'
        draft.due = printInstant(record.due)
        break
      case 'step.uncertain':
        if (draft.endedAt === undefined) draft.status = 'uncertain'
        break
      case 'step.settled':
        if (draft.endedAt === undefined) draft.status = 'running'
        break
      case 'branch.taken':
        draft.branch = record.branch
        break
      default:
    }
  }

  #mustState(): RunState {
    assert(this.#state !== undefined, 'a view begins with run.started')
    return this.#state
  }
}

function noteEnd(
  draft: Draft,
  record: Extract<RunRecord, { kind: 'step.done' | 'step.failed' }>,
): void {
  if (draft.kind === 'call' || draft.kind === 'flow') draft.attempts = record.attempt ?? 1
  if (record.usage !== undefined) draft.usage = record.usage
  if (record.spent !== undefined) draft.spent = sumOf([draft.spent ?? {}, record.spent])
  if (record.kind === 'step.done' && record.cached !== undefined) {
    draft.cached = { run: record.cached.run, at: printInstant(record.cached.at) }
  }
  const since: Instant | undefined = record.since
  if (since !== undefined) draft.startedAt = printInstant(since)
  // One that was told to stop in the meantime is not tried again.
  const isOver = draft.endedAt !== undefined
  if (record.kind === 'step.failed' && record.retryAt !== undefined && !isOver) {
    draft.status = 'waiting'
    draft.error = record.error
    draft.due = printInstant(record.retryAt)
  } else if (record.kind === 'step.done') delete draft.error
}

function isWaiting(frame: StepFrame | { readonly kind: 'block' }, isPaused: boolean): boolean {
  if (frame.kind === 'block' || (isPaused && frame.phase === 'ready')) return true
  return frame.phase === 'waiting' || frame.phase === 'open' || frame.phase === 'uncertain'
}

function doneItems(frame: EachFrame): number {
  return frame.results.reduce((count, one) => (one === undefined ? count : count + 1), 0)
}

function whatOf(step: PlanStep): { readonly what?: string } {
  if (step.kind === 'call') return { what: step.action.name }
  if (step.kind === 'component') return { what: step.component }
  return step.kind === 'flow' ? { what: step.flow } : {}
}
