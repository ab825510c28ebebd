/**
 * The gates before a run: with `debounce`, `rate_limit` or `concurrency` it begins only once it
 * has passed them, one after another. A run that is retried once it has begun passes the last two.
 *
 * The key of each is evaluated once and recorded. What a gate says depends on other runs, so
 * the host beside the journals answers (`admission/admit.ts`). While one is closed nothing of the
 * run is decided; a cancel or the run's own time limit still ends it.
 */
import type { Instant } from '#engine/core/clock.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { toFailure } from '#engine/core/error.ts'
import { waitAgain } from '#engine/runtime/decider/await.ts'
import { type Command, record } from '#engine/runtime/decider/command.ts'
import { call, inFlight, undecided } from '#engine/runtime/decider/find.ts'
import { evaluate, type Sight } from '#engine/runtime/decider/scope.ts'
import type { CallFrame, Unwind } from '#engine/runtime/decider/frames.ts'
import { type Gate, isCall, rearm, type RunState } from '#engine/runtime/decider/state.ts'
import type {
  RunAdmitted,
  RunDebounced,
  RunLimited,
  RunQueued,
  RunRetried,
} from '#engine/runtime/record.ts'
import { homeOf } from '#engine/runtime/states.ts'
import { askAgain } from '#engine/runtime/waits/approve.ts'

/** What the host counts by: runs of one flow with one key. */
export function slotOf({ plan, started }: RunState, key: string): string {
  return digestOfText(`${homeOf(plan.flow, started.source)}\n${key}`)
}

/** Closes the gates that the flow has; false when the run may begin. */
export function closeGate(state: RunState, isAgain = false): boolean {
  const { debounce, rateLimit, concurrency } = state.plan
  const gates: Gate[] = []
  if (debounce !== undefined && !isAgain) gates.push('debounce')
  if (rateLimit !== undefined) gates.push('rateLimit')
  if (concurrency !== undefined) gates.push('concurrency')
  if (gates.length === 0) return false
  state.gates = gates
  state.gate = 'closed'
  state.ready = [state.root]
  // A call that a retry finds cut off begins again with the same input, and only once admitted.
  for (const frame of inFlight(state)) if (isRepeatable(frame)) frame.phase = 'ready'
  return true
}

function isRepeatable({ step, key }: CallFrame): boolean {
  return step.kind === 'call' && (step.action.effects !== 'unsafe' || key !== undefined)
}

/** What a run asks of the gate that it stands before. */
export function askAtGate(sight: Sight, state: RunState): Command | undefined {
  const [gate] = state.gates
  if (state.gate !== 'closed' || gate === undefined) return undefined
  const template = state.plan[gate]?.key
  const at = state.now
  try {
    const given =
      template === undefined ? '' : evaluate(sight, state, { template, block: state.root })
    const key = typeof given === 'string' ? given : JSON.stringify(given)
    if (gate === 'concurrency') return record({ kind: 'run.queued', at, key })
    return { kind: 'askGate', gate, key }
  } catch (thrown) {
    const error = toFailure(thrown, 'RUN_EXPRESSION_FAILED')
    return record({ kind: 'step.failed', path: '', attempt: 1, at, error })
  }
}

/** Applies what a gate said; true when the body is to begin. */
export function passGate(
  state: RunState,
  said: RunDebounced | RunLimited | RunQueued | RunAdmitted,
): boolean {
  switch (said.kind) {
    case 'run.debounced':
      state.gate = 'settling'
      state.quiet = { since: said.since, at: said.at }
      state.slot = slotOf(state, said.key)
      state.outside.push({ kind: 'setWait', path: '', wait: { kind: 'debounce', key: state.slot } })
      waitUntil(state, said.due)
      return false
    case 'run.limited':
      if (said.due <= said.at) return openGate(state)
      state.gate = 'due'
      waitUntil(state, said.due)
      return false
    case 'run.queued':
      state.gate = 'queued'
      state.slot = slotOf(state, said.key)
      hold(state, false)
      return false
    case 'run.admitted':
      hold(state, true)
      return openGate(state)
  }
}

function waitUntil(state: RunState, due: Instant): void {
  state.opensAt = due
  state.timers.push({ path: '', timer: 'sleep', due })
}

/** The gate that the run stands before opens; true when that was the last, and the body is to begin. */
export function openGate(state: RunState): boolean {
  noLonger(state)
  state.gates = state.gates.slice(1)
  if (state.gates.length > 0) {
    state.gate = 'closed'
    state.ready = [state.root]
    return false
  }
  state.gate = undefined
  if (!hasBegun(state)) return true
  if (state.atGate === undefined) state.ready = [...undecided(state)]
  return false
}

/** Takes back what the run waits by, where that is not a place. */
function noLonger(state: RunState): void {
  if (state.quiet !== undefined) {
    state.quiet = undefined
    state.slot = undefined
    state.outside.push({ kind: 'setWait', path: '' })
  }
  if (state.opensAt === undefined) return
  state.opensAt = undefined
  state.timers.push({ path: '', timer: 'sleep' })
}

function hold({ outside, slot: key = '' }: RunState, isHeld: boolean): void {
  outside.push({ kind: 'setWait', path: '', wait: { kind: 'slot', key, isHeld } })
}

/**
 * Ends a run that waits at a gate: at once where nothing of it has begun, else once it has a
 * place to undo what it did. True when it has to wait for that.
 */
export function endAtGate(state: RunState, unwind: Unwind): boolean {
  if (state.gate === undefined) return false
  noLonger(state)
  if (!hasBegun(state)) {
    state.gate = undefined
    state.neverBegan = true
    return false
  }
  // How many begin within a time is no matter of those that end.
  state.gates = state.gates.filter((gate) => gate === 'concurrency')
  if (state.gates.length === 0) {
    state.gate = undefined
    return false
  }
  state.atGate ??= unwind
  if (state.gate !== 'queued') state.gate = 'closed'
  return true
}

/** Of a run that was carried on, what it waits for may end it while it stands at a gate. */
function hasBegun({ root, closing, ending }: RunState): boolean {
  const isOnItsWay = root.next > 0 || root.step !== undefined
  return isOnItsWay || closing !== undefined || ending !== undefined
}

/** The run has ended: its place is free. */
export function leaveGate(state: RunState): void {
  if (state.slot !== undefined) state.outside.push({ kind: 'setWait', path: '' })
}

/** What was said of its last attempt, if anybody had to, is of no more account. */
function beginAgain(state: RunState, frame: CallFrame, attempt: number): void {
  frame.spared = attempt - 1
  frame.attempt = attempt
  frame.phase = 'ready'
  state.uncertain.delete(frame.path)
}

/** Carries an ended run on: the state has been rebuilt from the records that still count. */
export function retried(state: RunState, { path, attempt, afresh }: RunRetried): void {
  for (const one of afresh ?? []) {
    const frame = call(state, one)
    beginAgain(state, frame, frame.attempt + 1)
  }
  const frame = state.frames.get(path)
  // The child of a `flow` step is carried on itself, so its step goes on waiting for it.
  if (frame?.kind === 'step' && frame.step.kind === 'call' && isCall(frame)) {
    beginAgain(state, frame, attempt)
    frame.input = undefined
  }
  for (const one of state.frames.values()) {
    if (one.kind !== 'step') continue
    waitAgain(state, one)
    askAgain(state, one)
  }
  rearm(state)
  noLonger(state)
  // A run that has begun is not replaced by others any more.
  closeGate(state, hasBegun(state))
}
