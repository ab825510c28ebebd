/**
 * Applies one record to the state of a run: the only way a state changes.
 *
 * Pure of clocks and I/O, and free of expressions: what an expression gave is in the
 * record. So a journal of any release can be replayed, step by step, for ever. The
 * state belongs to the caller and is changed in place: a record costs what it
 * concerns, not what the run has grown to. How control then moves is `tree.ts`.
 */
import { assert } from '#engine/core/error.ts'
import type {
  CompensationArmed,
  RunRecord,
  StepDone,
  StepFailed,
  StepSettled,
  StepStarted,
  TimerFired,
} from '#engine/runtime/record.ts'

import {
  closeGate,
  endAtGate,
  leaveGate,
  openGate,
  passGate,
  retried,
} from '#engine/runtime/admission/gate.ts'
import { applyWait, isWaitRecord, type WaitRecord } from '#engine/runtime/waits/apply.ts'
import * as approvals from '#engine/runtime/waits/approve.ts'

import { sumOf } from '#engine/runtime/budget/spent.ts'

import * as awaits from './await.ts'
import { yieldOf } from './fan-out.ts'
import { call, component, diverged, step, undecided } from './find.ts'
import type { ChoiceFrame, EachFrame, StepFrame } from './frames.ts'
import { awaitArming, doubt, lapse, notHappened, takeArmed, unknownOf } from './saga.ts'
import { isCall, isHeld, limitTo, type RunState } from './state.ts'
import { abandon, advance, begin, complete, enter, fail, finish, leave, openItems } from './tree.ts'

/** Applies `record`. Throws `JOURNAL_DIVERGED` when it does not fit the state. */
export function evolve(state: RunState, record: RunRecord): void {
  state.seq += 1
  state.now = record.at
  state.ready = []
  state.cancelled = []
  state.timers = []
  if (state.outside.length > 0) state.outside = []
  const wasHeld = isHeld(state)
  if ('spent' in record && record.spent !== undefined) {
    state.spent = sumOf([state.spent, record.spent])
  }
  if (!isWaitRecord(record)) apply(state, record)
  else if (!applyWait(state, record)) throw diverged(record)
  // Whatever let the run go on: what was passed over while it was paused is decided now.
  if (wasHeld && !isHeld(state)) state.ready = [...new Set([...state.ready, ...undecided(state)])]
}

/** Marks a call as under way. Pure calls have no intent record, so this is all that tells. */
export function markStarted(frame: StepFrame, at: number): void {
  assert(isCall(frame), 'only calls are started')
  frame.phase = 'running'
  frame.startedAt = at
}

function apply(state: RunState, record: Exclude<RunRecord, WaitRecord>): void {
  switch (record.kind) {
    case 'run.started':
      if (state.plan.timeoutMs !== undefined) {
        state.timers.push({ path: '', timer: 'timeout', due: record.at + state.plan.timeoutMs })
      }
      return closeGate(state) ? undefined : advance(state, state.root)
    case 'run.debounced':
    case 'run.limited':
    case 'run.queued':
    case 'run.admitted':
      return gated(state, passGate(state, record))
    case 'step.started':
      return started(state, record)
    case 'step.done':
      return done(state, record)
    case 'step.failed':
      return failed(state, record)
    case 'step.uncertain': {
      const frame = call(state, record.path)
      const left = doubt(state, frame)
      return left === undefined ? undefined : fail(state, frame, left)
    }
    case 'step.settled':
      return settled(state, record)
    case 'timer.set': {
      const frame = step(state, record.path)
      if (!('due' in frame)) throw diverged(record)
      frame.phase = 'waiting'
      frame.due = record.due
      state.timers.push({ path: record.path, timer: 'sleep', due: record.due })
      return
    }
    case 'timer.fired':
      return fired(state, record)
    case 'compensation.armed':
      return armed(state, record)
    case 'branch.taken':
      return taken(state, record.path, record.branch)
    case 'each.opened':
      return opened(state, step(state, record.path) as EachFrame, record.count)
    case 'component.opened':
      return begin(state, component(state, record.path), record.input)
    case 'while.turned':
      return turned(state, record.path, record.index)
    case 'run.cancel':
      return cancelled(state, record.reason)
    case 'run.retried':
      state.isPaused = false
      return retried(state, record)
    case 'run.done':
    case 'run.failed':
    case 'run.cancelled':
      return end(state, endings[record.kind])
  }
}

function cancelled(state: RunState, reason: string): void {
  state.wasCancelled = true
  state.isPaused = false
  const unwind = { kind: 'cancel', reason, cause: state.seq } as const
  if (!endAtGate(state, unwind)) abandon(state, unwind)
}

function gated(state: RunState, begins: boolean): void {
  if (begins) return advance(state, state.root)
  if (state.gate === undefined && state.atGate !== undefined) abandon(state, state.atGate)
}

const endings = {
  'run.done': 'done',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
} as const

function end(state: RunState, status: 'done' | 'failed' | 'cancelled'): void {
  state.status = status
  leaveGate(state)
  if (state.plan.timeoutMs !== undefined) state.timers.push({ path: '', timer: 'timeout' })
}

function armed(state: RunState, record: CompensationArmed): void {
  const frame = call(state, record.path)
  const output = takeArmed(state, frame, record)
  if (output === undefined) throw diverged(record)
  if (frame.closing !== undefined) return fail(state, frame, frame.closing)
  complete(state, frame, output)
}

function done(state: RunState, record: StepDone): void {
  if (record.path === '') return finish(state, state.root, record.output)
  const frame = state.frames.get(record.path)
  if (frame === undefined) throw diverged(record)
  if (frame.kind === 'block') return finish(state, frame, record.output)
  if (frame.step.kind !== 'while' && 'child' in frame && frame.child?.isClosing === true) {
    return finish(state, frame.child, record.output)
  }
  if (frame.step.kind === 'return') {
    return fail(state, frame, { kind: 'return', output: record.output })
  }
  if (isCall(frame) && frame.step.compensate !== undefined) {
    return awaitArming(state, frame, record.output)
  }
  complete(state, frame, record.output)
}

function failed(state: RunState, record: StepFailed): void {
  const unwind = {
    kind: 'error',
    error: record.error,
    path: record.path,
    cause: state.seq,
  } as const
  if (record.path === '' && state.gate === undefined) return leave(state, state.root, unwind)
  if (record.path === '') return endAtGate(state, unwind) ? undefined : abandon(state, unwind)
  const frame = state.frames.get(record.path)
  if (frame === undefined) throw diverged(record)
  if (frame.kind === 'block') return leave(state, frame, unwind)
  if (isCall(frame) && frame.result !== undefined) lapse(state, frame.path, record.error)
  if (isCall(frame) && frame.closing !== undefined) return fail(state, frame, frame.closing)
  if (record.retryAt !== undefined) {
    assert(isCall(frame), 'only calls are tried again')
    frame.phase = 'waiting'
    frame.attempt = record.attempt + 1
    frame.due = record.retryAt
    if (frame.series === undefined) frame.input = undefined
    state.timers.push({ path: frame.path, timer: 'retry', due: record.retryAt })
    return
  }
  if (frame.step.kind !== 'while' && 'child' in frame && frame.child?.isClosing === true) {
    return leave(state, frame.child, unwind)
  }
  fail(state, frame, unwind)
}

/** Somebody said what became of an uncertain step. */
function settled(state: RunState, record: StepSettled): void {
  const frame = call(state, record.path)
  const { path, attempt } = frame
  if (frame.phase !== 'uncertain') throw diverged(record)
  state.uncertain.delete(path)
  frame.phase = 'running'
  if (frame.step.timeoutMs !== undefined) limitTo(state, frame, frame.step.timeoutMs)
  const base = { path, at: record.at, attempt } as const
  if (record.how === 'happened') {
    return done(state, { ...base, kind: 'step.done', output: record.output ?? { value: null } })
  }
  if (record.how === 'did-not-happen') {
    return failed(state, { ...base, kind: 'step.failed', error: notHappened(path) })
  }
  frame.attempt += 1
  frame.phase = 'ready'
  state.ready.push(frame)
}

function fired(state: RunState, record: TimerFired): void {
  state.timers.push({ path: record.path, timer: record.timer })
  if (record.timer === 'timeout') return timedOut(state, record.path)
  if (record.path === '') return gated(state, openGate(state))
  const frame = step(state, record.path)
  if (frame.phase !== 'waiting') throw diverged(record)
  if (record.timer === 'escalate' && approvals.isApproval(frame)) return approvals.escalated(frame)
  frame.phase = 'ready'
  if (approvals.isApproval(frame)) return approvals.timeIsUp(state, frame)
  if (awaits.isAwait(frame)) return awaits.timeIsUp(state, frame)
  if (record.timer === 'sleep') return complete(state, frame, { value: null })
  state.ready.push(frame)
}

function timedOut(state: RunState, path: string): void {
  const run = path === ''
  const frame = run ? undefined : step(state, path)
  if (frame !== undefined && isCall(frame) && frame.closing !== undefined) {
    lapse(state, path, unknownOf(path))
    state.cancelled.push({ path })
    return fail(state, frame, frame.closing)
  }
  const what = run ? 'The run' : `Step "${path}"`
  const error = {
    code: run ? 'RUN_TIMEOUT' : 'RUN_STEP_TIMEOUT',
    message: `${what} is out of time.`,
  }
  const unwind = { kind: 'error', error, path, cause: state.seq } as const
  if (!run || !endAtGate(state, unwind)) abandon(state, unwind, frame)
}

function taken(state: RunState, path: string, branch: string): void {
  const frame = step(state, path)
  if (frame.step.kind !== 'if' && frame.step.kind !== 'switch') throw diverged({ path })
  if (branch === 'none') return complete(state, frame, { value: null })
  const block =
    frame.step.kind === 'if'
      ? branch === 'then'
        ? frame.step.then
        : frame.step.else
      : branch === 'default'
        ? frame.step.default
        : frame.step.cases.find((one) => `case:${one.when}` === branch)?.block
  if (block === undefined) throw diverged({ path })
  enter(state, frame as ChoiceFrame, block)
}

function opened(state: RunState, frame: EachFrame, count: number): void {
  frame.phase = 'open'
  frame.count = count
  if (count === 0) return complete(state, frame, { items: [] })
  openItems(state, frame)
}

function started(state: RunState, record: StepStarted): void {
  const frame = call(state, record.path)
  markStarted(frame, record.at)
  frame.attempt = record.attempt
  frame.input = record.input
  frame.key = record.key
}

function turned(state: RunState, path: string, index: number): void {
  const frame = step(state, path)
  if (frame.step.kind !== 'while') throw diverged({ path })
  const loop = frame as Extract<StepFrame, { turn: number }>
  if (index < 0) return complete(state, loop, yieldOf(loop))
  enter(state, loop, loop.step.body, index)
}
