/**
 * Whether a record still concerns anything when its turn comes.
 *
 * What happens in the world is not asked whether it is convenient: a result comes after its step
 * was cut short, a timer fires for a limit that was set anew. Such a record is passed over,
 * here and nowhere else, so that what is in the journal always counts.
 */
import type { TimerChange } from '#engine/runtime/ports.ts'
import type { RunRecord, TimerFired } from '#engine/runtime/record.ts'

import { isAnswered, isApproval } from '#engine/runtime/waits/approve.ts'

import { isWanted } from './await.ts'
import type { StepFrame } from './frames.ts'
import { isCall, isHeld, type RunState } from './state.ts'

/**
 * Whether `record` still concerns something: a step that was cut short gets no result, and a
 * decision made before control moved on no longer counts.
 */
export function isCurrent(state: RunState, record: RunRecord): boolean {
  if (state.status !== 'running') return record.kind === 'run.retried'
  if (record.kind === 'run.paused') return !state.isPaused && state.ending === undefined
  if (record.kind === 'run.resumed') return state.isPaused
  // Decided before the run was paused, and not begun: it is decided again when the run goes on.
  if (record.kind === 'step.started' && isHeld(state)) return false
  const isWaitedFor = isWanted(state, record) ?? isAnswered(state, record)
  if (isWaitedFor !== undefined) return isWaitedFor
  if (
    record.kind === 'run.queued' ||
    record.kind === 'run.debounced' ||
    record.kind === 'run.limited'
  ) {
    return state.gate === 'closed'
  }
  if (record.kind === 'run.admitted') return state.gate === 'queued'
  if (record.kind === 'run.cancel') {
    const isFresh = state.closing === undefined || state.undoing !== undefined
    return state.ending === undefined && !state.wasCancelled && isFresh
  }
  if (!('path' in record) || record.kind === 'run.retried' || record.kind === 'run.failed')
    return true
  if (record.path === '') {
    if (record.kind === 'timer.fired' && record.timer === 'sleep')
      return state.gate !== undefined && (state.opensAt ?? Infinity) <= record.at
    if (record.kind === 'timer.fired')
      return state.undoing === undefined && state.ending === undefined
    const isEnding = state.ending?.kind === 'done' || state.ending?.kind === 'return'
    return state.root.isClosing || isEnding || state.gate !== undefined
  }
  const frame = state.frames.get(record.path)
  if (frame === undefined) return false
  if (frame.kind === 'block') return frame.isClosing
  return record.kind === 'timer.fired' ? isAwaited(frame, record) : isExpected(frame, record)
}

function isAwaited(frame: StepFrame, { timer, at }: TimerFired): boolean {
  if (timer === 'timeout') {
    // A step that is done is in time, even where what undoes it is not armed yet.
    const isDone = isCall(frame) && frame.result !== undefined
    return !isDone && frame.limit !== undefined && frame.limit <= at
  }
  if (timer === 'escalate') return isApproval(frame) && (frame.escalation?.due ?? Infinity) <= at
  if (frame.phase !== 'waiting' || !('due' in frame) || isCall(frame) !== (timer === 'retry'))
    return false
  return frame.due !== undefined && frame.due <= at
}

function isExpected(frame: StepFrame, { kind }: RunRecord): boolean {
  // A turn of `while` has a frame of its own; the block of any other shares the path.
  if (frame.step.kind !== 'while' && 'child' in frame && frame.child?.isClosing === true)
    return true
  if (isCall(frame) && frame.result !== undefined) {
    return kind === 'compensation.armed' || kind === 'step.failed'
  }
  if (frame.phase === 'uncertain') return kind === 'step.settled'
  if (kind === 'compensation.armed' || kind === 'step.settled') return false
  if (frame.phase === 'ready') return true
  return (
    frame.phase === 'running' &&
    (kind === 'step.done' || kind === 'step.failed' || kind === 'step.uncertain')
  )
}

/** What is left of a timer that fired and does not count: nothing, or the limit that was set anew. */
export function timerAfter(state: RunState, { path, timer, at }: TimerFired): TimerChange {
  const frame = state.frames.get(path)
  if (timer !== 'timeout' || frame?.kind !== 'step') return { path, timer }
  return frame.limit === undefined || frame.limit <= at
    ? { path, timer }
    : { path, timer, due: frame.limit }
}
