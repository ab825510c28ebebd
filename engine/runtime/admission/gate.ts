/**
 * The gate before a run: with `concurrency` it begins, and goes on after a retry, only once it is
 * admitted.
 *
 * The key is evaluated once and recorded; the host beside the journals knows how many of a key
 * are under way (`admission/admit.ts`). While the gate is closed nothing of the run is decided;
 * a cancel or the run's own time limit still ends it.
 */
import { digestOfText } from '#engine/core/digest.ts'
import { toFailure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { waitAgain } from '#engine/runtime/decider/await.ts'
import { type Command, record } from '#engine/runtime/decider/command.ts'
import { call } from '#engine/runtime/decider/find.ts'
import { evaluate, type Sight } from '#engine/runtime/decider/scope.ts'
import type { CallFrame, Unwind } from '#engine/runtime/decider/frames.ts'
import { inFlight, isCall, rearm, type RunState, undecided } from '#engine/runtime/decider/state.ts'
import type { RunAdmitted, RunQueued, RunRetried } from '#engine/runtime/record.ts'
import { askAgain } from '#engine/runtime/waits/approve.ts'

/** What the host counts by: runs of one flow with one key. */
export function slotOf({ plan }: RunState, key: string): string {
  return digestOfText(`${plan.flow}\n${key}`)
}

/** Closes the gate where the flow has one; false when the run may begin. */
export function closeGate(state: RunState): boolean {
  if (state.plan.concurrency === undefined) return false
  state.gate = 'closed'
  state.ready = [state.root]
  // A call that a retry finds cut off begins again with the same input, and only once admitted.
  for (const frame of inFlight(state)) if (isRepeatable(frame)) frame.phase = 'ready'
  return true
}

function isRepeatable({ step, key }: CallFrame): boolean {
  return step.kind === 'call' && (step.action.effects !== 'unsafe' || key !== undefined)
}

/** What a run before its gate asks for: its place in the queue. */
export function askForPlace(sight: Sight, state: RunState): Command | undefined {
  const { concurrency } = state.plan
  if (state.gate !== 'closed' || concurrency === undefined) return undefined
  const { key: template } = concurrency
  const at = state.now
  try {
    const key =
      template === undefined ? '' : evaluate(sight, state, { template, block: state.root })
    return record({ kind: 'run.queued', at, key: textOf(key) })
  } catch (thrown) {
    const error = toFailure(thrown, 'RUN_EXPRESSION_FAILED')
    return record({ kind: 'step.failed', path: '', attempt: 1, at, error })
  }
}

function textOf(key: Json): string {
  return typeof key === 'string' ? key : JSON.stringify(key)
}

/** Takes a place in the queue, or opens the gate; true when the body is to begin. */
export function passGate(state: RunState, one: RunQueued | RunAdmitted): boolean {
  if (one.kind === 'run.queued') {
    state.gate = 'queued'
    state.slot = slotOf(state, one.key)
    hold(state, false)
    return false
  }
  state.gate = undefined
  hold(state, true)
  if (!hasBegun(state)) return true
  if (state.atGate === undefined) state.ready = [...undecided(state)]
  return false
}

function hold({ outside, slot: key = '' }: RunState, isHeld: boolean): void {
  outside.push({ kind: 'setWait', path: '', wait: { kind: 'slot', key, isHeld } })
}

/**
 * Ends a run that waits at its gate: at once where nothing of it has begun, else once it has a
 * place to undo what it did. True when it has to wait for that.
 */
export function endAtGate(state: RunState, unwind: Unwind): boolean {
  if (state.gate === undefined) return false
  if (hasBegun(state)) {
    state.atGate ??= unwind
    return true
  }
  state.gate = undefined
  state.neverBegan = true
  return false
}

function hasBegun({ root }: RunState): boolean {
  return root.next > 0 || root.step !== undefined
}

/** The run has ended: its place is free. */
export function leaveGate(state: RunState): void {
  if (state.slot !== undefined) state.outside.push({ kind: 'setWait', path: '' })
}

/** Carries an ended run on: the state has been rebuilt from the records that still count. */
export function retried(state: RunState, { path, attempt, afresh }: RunRetried): void {
  for (const one of afresh ?? []) {
    const frame = call(state, one)
    frame.spared = frame.attempt
    frame.attempt += 1
    frame.phase = 'ready'
  }
  const frame = state.frames.get(path)
  // The child of a `flow` step is carried on itself, so its step goes on waiting for it.
  if (frame?.kind === 'step' && frame.step.kind === 'call' && isCall(frame)) {
    frame.spared = attempt - 1
    frame.attempt = attempt
    frame.phase = 'ready'
    frame.input = undefined
  }
  for (const one of state.frames.values()) {
    if (one.kind !== 'step') continue
    waitAgain(state, one)
    askAgain(state, one)
  }
  rearm(state)
  closeGate(state)
}
