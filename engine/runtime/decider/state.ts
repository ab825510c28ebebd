/**
 * The state of a run: a tree of small frames, one per running step, block and turn.
 *
 * A record touches only the frames it concerns; a finished frame collapses to its
 * output in the block around it. So the cost of step n does not depend on n. The shapes of
 * the frames are `frames.ts`; how a record changes them is `evolve.ts` and `tree.ts`.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Failure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { Plan, PlanStep } from '#engine/plan/plan.ts'
import { type Held, heldNull } from '#engine/runtime/payload.ts'
import type { TimerChange } from '#engine/runtime/ports.ts'
import type { RunStarted } from '#engine/runtime/record.ts'
import type { Spent } from '#engine/runtime/budget/usage.ts'
import { emptyMail, type Mail } from '#engine/runtime/waits/mailbox.ts'

import type { Outside } from './command.ts'
import type {
  BlockFrame,
  CallFrame,
  Armed,
  Frame,
  Lapse,
  ParallelFrame,
  PlainFrame,
  Series,
  StepFrame,
  Unwind,
} from './frames.ts'

export interface RunState {
  readonly run: RunId
  readonly plan: Plan
  readonly started: RunStarted
  readonly root: BlockFrame
  /** By path: every running step, every turn of a loop, every branch. */
  readonly frames: Map<string, Frame>
  /** Sequence number of the latest record, from 1. */
  seq: number
  /** The time of the latest record: the only clock a decision sees. */
  now: Instant
  closing: Unwind | undefined
  /** How the run ends, once everything in it has stopped. */
  ending: Unwind | { readonly kind: 'done'; readonly output: Held } | undefined
  status: 'running' | 'done' | 'failed' | 'cancelled'
  /** What undoes the steps that are committed, in the order in which they were. */
  readonly armed: Armed[]
  readonly lapses: Lapse[]
  /**
   * Set while the run waits at a gate: before it has asked (`closed`), and after: for others to
   * come, for its instant, or for a place.
   */
  gate: 'closed' | 'settling' | 'due' | 'queued' | undefined
  /** What is still to be passed, the first one now. */
  gates: readonly Gate[]
  /** When the gate opens by itself. */
  opensAt: Instant | undefined
  /** How it waits for others to come. */
  quiet: { readonly since: Instant; readonly at: Instant } | undefined
  /** It ended before its gate: nothing of it runs, `on_failure` included. */
  neverBegan: boolean
  /** What ends it once it is admitted. */
  atGate: Unwind | undefined
  /** What its place is counted by. */
  slot: string | undefined
  /** Paths of the steps of which nobody knows whether they took effect. */
  readonly uncertain: Set<string>
  /** Set once the run ends without success and undoes what it did. */
  undoing: Series | undefined
  /** The steps of `on_failure`; set once everything is undone. */
  after: BlockFrame | undefined
  /** Why `on_failure` did not end well. */
  afterError: Failure | undefined
  wasCancelled: boolean
  /** On models, by the run and those that it called and that have ended. */
  spent: Spent
  /** The part of it that was spent before the run was carried on for the last time. */
  spentBefore: Spent
  /** What the latest record made ready for a decision. */
  ready: Frame[]
  /** Steps that the latest record cut short while they ran. */
  cancelled: { readonly path: string; readonly child?: RunId; readonly isAwaited?: true }[]
  /** Timers that the latest record set or took back. */
  timers: TimerChange[]
  /** What else changes with the latest record. */
  outside: Outside[]
  /** Nothing new begins, until somebody has the run go on or end. */
  isPaused: boolean
  /** What was sent to the run, and who waits for it. */
  readonly mail: Mail
  /**
   * Steps that were called and then dropped by a retry (those of `finally`, `catch` and
   * `on_failure`), and how often: when they run again they do so under another key.
   */
  repeats: ReadonlyMap<string, number>
  /** Told of every step that opens and ends; what the view of a run is made from. */
  trace: Trace | undefined
}

/** What a run passes before it begins, in this order. */
export type Gate = 'debounce' | 'rateLimit' | 'concurrency'

export type Outcome = 'done' | 'failed' | 'cancelled'

export interface Closing {
  readonly outcome: Outcome
  readonly at: Instant
  /** Absent when the step had an output. */
  readonly unwind?: Unwind
}

export interface Trace {
  opened(frame: StepFrame): void
  closed(frame: StepFrame, how: Closing): void
}

/** The state before the first record. */
export function emptyState(plan: Plan, started: RunStarted): RunState {
  const root = blockFrame({ path: '', block: plan.body, owner: undefined, index: 0 })
  return {
    run: started.run,
    plan,
    started,
    root,
    frames: new Map(),
    seq: 0,
    now: started.at,
    closing: undefined,
    ending: undefined,
    status: 'running',
    armed: [],
    lapses: [],
    gate: undefined,
    gates: [],
    opensAt: undefined,
    quiet: undefined,
    slot: undefined,
    neverBegan: false,
    atGate: undefined,
    uncertain: new Set(),
    undoing: undefined,
    after: undefined,
    afterError: undefined,
    wasCancelled: false,
    spent: {},
    spentBefore: {},
    ready: [],
    cancelled: [],
    timers: [],
    outside: [],
    isPaused: false,
    mail: emptyMail(),
    repeats: new Map(),
    trace: undefined,
  }
}

export function blockFrame(
  place: Pick<BlockFrame, 'path' | 'block' | 'owner' | 'index'>,
): BlockFrame {
  return {
    kind: 'block',
    ...place,
    next: 0,
    step: undefined,
    outputs: new Map(),
    last: heldNull,
    isClosing: false,
  }
}

/** A fresh frame for the next step of `parent`. */
export function stepFrame(
  step: PlanStep,
  parent: BlockFrame,
  { now, seq }: Pick<RunState, 'now' | 'seq'>,
): StepFrame {
  const path = parent.path === '' ? step.id : `${parent.path}/${step.id}`
  const base = {
    kind: 'step',
    path,
    parent,
    startedAt: now,
    limit: undefined,
    closing: undefined,
  } as const
  switch (step.kind) {
    case 'call':
    case 'flow':
      return { ...base, step, phase: 'ready', attempt: 1, spared: 0, ...freshCall }
    case 'if':
    case 'switch':
      return { ...base, step, phase: 'ready', child: undefined }
    case 'component':
      return { ...base, step, phase: 'ready', child: undefined, input: undefined }
    case 'each': {
      const loop = { count: 0, nextItem: 0, live: new Map(), results: [], items: undefined }
      return { ...base, step, phase: 'ready', ...loop, isFilling: false }
    }
    case 'while':
      return {
        ...base,
        step,
        phase: 'ready',
        turn: 0,
        child: undefined,
        previous: heldNull,
        gathered: [],
      }
    case 'parallel':
    case 'race':
      return { ...base, step, phase: 'open', ...freshJoin(step.branches.length, seq) }
    case 'approve': {
      const rest = { show: undefined, escalation: undefined, child: undefined, due: undefined }
      return { ...base, step, phase: 'ready', by: [], digest: undefined, votes: [], ...rest }
    }
    case 'await': {
      const wait = { topic: '', match: undefined, due: undefined, inbox: [], taken: [] }
      return { ...base, step, phase: 'ready', ...wait, child: undefined }
    }
    case 'try': {
      const rest = { child: undefined, error: undefined, pending: undefined, output: heldNull }
      return { ...base, step, phase: 'open', part: 'body', ...rest }
    }
    default:
      return { ...base, step, phase: 'ready', due: undefined }
  }
}

const freshCall = {
  input: undefined,
  key: undefined,
  due: undefined,
  result: undefined,
  series: undefined,
} as const

function freshJoin(
  branches: number,
  openedAt: number,
): Omit<
  ParallelFrame,
  'kind' | 'path' | 'step' | 'parent' | 'startedAt' | 'limit' | 'closing' | 'phase'
> {
  const results = Array.from<Held | undefined>({ length: branches })
  const rest = { isJoined: false, series: undefined, winner: undefined, openedAt }
  return { live: new Map(), results, begun: new Set(), failed: new Set(), ...rest }
}

/** Whether no block can run inside. */
export function isLeaf(frame: StepFrame): frame is CallFrame | PlainFrame {
  return !('child' in frame) && !('live' in frame)
}

export function isCall(frame: StepFrame): frame is CallFrame {
  return frame.step.kind === 'call' || frame.step.kind === 'flow'
}

/** Gives `frame` so many milliseconds from now on. */
export function limitTo(state: RunState, frame: StepFrame, ms: number): void {
  frame.limit = state.now + ms
  state.timers.push({ path: frame.path, timer: 'timeout', due: frame.limit })
}

/** The end of a run took back its timers: waits keep their instant, time limits start afresh. */
export function rearm(state: RunState): void {
  for (const frame of state.frames.values()) {
    if (frame.kind === 'block') continue
    const { path } = frame
    const limit =
      isCall(frame) && frame.closing !== undefined ? limits.stopGraceMsMax : frame.step.timeoutMs
    if (limit !== undefined) limitTo(state, frame, limit)
    if (!('due' in frame) || frame.phase !== 'waiting' || frame.due === undefined) continue
    state.timers.push({ path, timer: isCall(frame) ? 'retry' : 'sleep', due: frame.due })
  }
  const whole = state.plan.timeoutMs
  if (whole !== undefined) state.timers.push({ path: '', timer: 'timeout', due: state.now + whole })
}

/** What a run is called in which nothing goes on. */
export function restStatus({ uncertain }: RunState): 'uncertain' | 'parked' {
  return uncertain.size > 0 ? 'uncertain' : 'parked'
}

/** Whether the run is paused; one that is on its way to its end goes there all the same. */
export function isHeld({ isPaused, closing, ending }: RunState): boolean {
  return isPaused && closing === undefined && ending === undefined
}
