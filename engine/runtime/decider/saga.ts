/**
 * Undoing what was done: `compensate`, the losers of a race, and the way a run ends badly.
 *
 * A step that can be undone is committed once what undoes it is armed: input and key are in
 * the journal then, and no scope has to be remembered. Steps are undone one after another,
 * the latest first, each as a call with a path, a key and retries of its own. One that cannot be
 * undone is noted as a lapse, and the others still are. How control moves is `tree.ts`.
 */
import type { Failure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Held } from '#engine/runtime/payload.ts'
import type { CompensationArmed } from '#engine/runtime/record.ts'

import { type Command, record } from './command.ts'
import type {
  Armed,
  BlockFrame,
  CallFrame,
  Lapse,
  ParallelFrame,
  Series,
  StepFrame,
  Unwind,
} from './frames.ts'
import { branchPath, raceEntries } from './join.ts'
import { evaluate, type Sight } from './scope.ts'
import { blockFrame, limitTo, type RunState } from './state.ts'

/** What undoing asks of the tree around it. */
export interface SagaMoves {
  advance(state: RunState, block: BlockFrame): void
  complete(state: RunState, frame: StepFrame, output: Held): void
  fail(state: RunState, frame: StepFrame, unwind: Unwind): void
}

// ─── Arming ─────────────────────────────────────────────────────────────────

/** A step that can be undone is done: what undoes it is evaluated next. */
export function awaitArming(state: RunState, frame: CallFrame, output: Held): void {
  frame.result = output
  frame.phase = 'ready'
  frame.parent.outputs.set(frame.step.id, output) // `compensate` sees it
  state.ready.push(frame)
}

/** Decides what undoes the step that `frame` has done. */
export function arm(sight: Sight, state: RunState, frame: CallFrame): Command {
  const { path, parent: block } = frame
  const { with: template, idempotency } = frame.step.compensate ?? {}
  const input = template === undefined ? {} : evaluate(sight, state, { template, block })
  const armed = {
    kind: 'compensation.armed',
    path,
    at: state.now,
    input: sight.payloads.hold(input),
  } as const
  if (idempotency === undefined) return record(armed)
  const key = evaluate(sight, state, { template: idempotency, block })
  return record({ ...armed, key: typeof key === 'string' ? key : JSON.stringify(key) })
}

/** Notes what undoes a step, and gives the output that the step is complete with. */
export function takeArmed(
  state: RunState,
  frame: CallFrame,
  { input, key }: CompensationArmed,
): Held | undefined {
  const step = frame.step.compensate
  if (step !== undefined) state.armed.push({ path: frame.path, step, input, key, seq: state.seq })
  return frame.result
}

// ─── Stopping ───────────────────────────────────────────────────────────────

/**
 * Whether a call that is told to stop must be waited for: what it did has to be known before
 * it can be undone. It is aborted, and given a while to answer.
 */
export function isWaitedFor(state: RunState, frame: CallFrame, unwind: Unwind): boolean {
  const isArming = frame.result !== undefined
  if (frame.phase === 'uncertain' && frame.step.compensate !== undefined) {
    lapse(state, frame.path, unknownOf(frame.path))
    return false
  }
  if (!isArming && !isInDoubt(frame)) return false
  if (frame.closing === undefined && !isArming) {
    const { path } = frame
    state.cancelled.push({ path, isAwaited: true })
    limitTo(state, frame, limits.stopGraceMsMax)
  }
  frame.closing ??= unwind
  return true
}

function isInDoubt({ step, phase }: CallFrame): boolean {
  const isCommitted = step.kind === 'call' && step.action.effects !== 'pure'
  return isCommitted && step.compensate !== undefined && phase === 'running'
}

/** Nobody knows whether a step took effect: it waits, or ends with what it was told to stop for. */
export function doubt(state: RunState, frame: CallFrame): Unwind | undefined {
  const { path } = frame
  if (frame.closing !== undefined) {
    lapse(state, path, unknownOf(path))
    return frame.closing
  }
  frame.phase = 'uncertain'
  state.uncertain.add(path)
  // The time of a step is not spent by those who look after it.
  if (frame.limit !== undefined) state.timers.push({ path, timer: 'timeout' })
  frame.limit = undefined
  return undefined
}

/** A step may have taken effect, and cannot be undone. */
export function lapse(state: RunState, path: string, error: Failure): void {
  state.lapses.push({ path, error, seq: state.seq })
}

/** What is said of a call that did not answer when it was told to stop. */
export function unknownOf(path: string): Failure {
  const message = `"${path}" was stopped, and nobody knows whether it took effect.`
  return { code: 'RUN_STEP_UNCERTAIN', message }
}

/** The failure of a step of which somebody said that it did not happen. */
export function notHappened(path: string): Failure {
  const message = `"${path}" was cut off while it ran, and did not happen.`
  return { code: 'RUN_STEP_UNCERTAIN', message }
}

// ─── Undoing ────────────────────────────────────────────────────────────────

/** The body of the run has ended: the run ends with it, or undoes what it did first. */
export function windUp(
  moves: SagaMoves,
  state: RunState,
  end: NonNullable<RunState['ending']>,
): void {
  if (end.kind === 'done' || end.kind === 'return') return conclude(state, end)
  state.ending = undefined // the outputs could not be evaluated
  state.closing = end
  state.undoing = { left: state.armed.splice(0) }
  next(moves, state, state.undoing)
}

/** Undoes what the losers of a race did; true when there is nothing to undo. */
export function undoLosers(moves: SagaMoves, state: RunState, race: ParallelFrame): boolean {
  const left = state.armed.filter((one) => isOfLoser(race, one))
  for (const one of left) state.armed.splice(state.armed.lastIndexOf(one), 1)
  if (left.length === 0 && !state.lapses.some((one) => isOfLoser(race, one))) return true
  race.series = { left, race }
  next(moves, state, race.series)
  return false
}

function isOfLoser(race: ParallelFrame, { path, seq }: Armed | Lapse): boolean {
  if (seq <= race.openedAt || !path.startsWith(`${race.path}/`)) return false
  return race.winner === undefined || !path.startsWith(`${branchPath(race, race.winner)}/`)
}

/** A call that undoes a step has ended, well or not: the next one begins. */
export function undone(
  moves: SagaMoves,
  state: RunState,
  { frame, series, error }: { frame: CallFrame; series: Series; error?: Failure },
): void {
  if (error !== undefined) lapse(state, frame.path.slice(0, -suffix.length), error)
  next(moves, state, series)
}

const suffix = '/compensate'

function next(moves: SagaMoves, state: RunState, series: Series): void {
  const armed = series.left.pop()
  if (armed !== undefined) return open(state, series, armed)
  if (series.race !== undefined) return endSeries(moves, state, series.race)
  const { onFailure } = state.plan
  const isUnwanted = state.wasCancelled || state.neverBegan
  if (onFailure === undefined || state.closing?.kind !== 'error' || isUnwanted) {
    return conclude(state, state.closing)
  }
  state.after = blockFrame({ path: '', block: onFailure, owner: undefined, index: 0 })
  moves.advance(state, state.after)
}

function open(state: RunState, series: Series, armed: Armed): void {
  const { step, input, key } = armed
  const path = armed.path + suffix
  const frame: CallFrame = {
    kind: 'step',
    path,
    step,
    parent: state.root,
    startedAt: state.now,
    limit: undefined,
    closing: undefined,
    phase: 'ready',
    attempt: 1,
    spared: 0,
    input,
    key,
    due: undefined,
    result: undefined,
    series,
  }
  state.frames.set(path, frame)
  state.trace?.opened(frame)
  if (step.timeoutMs !== undefined) limitTo(state, frame, step.timeoutMs)
  state.ready.push(frame)
}

function endSeries(moves: SagaMoves, state: RunState, race: ParallelFrame): void {
  if (race.closing !== undefined) return moves.fail(state, race, race.closing)
  const lapses = state.lapses.filter((one) => isOfLoser(race, one))
  if (lapses.length === 0) return moves.complete(state, race, { entries: raceEntries(race) })
  const { path } = race
  moves.fail(state, race, { kind: 'error', error: lapsed(lapses), path, cause: state.seq })
}

/** The steps of `on_failure` have ended. */
export function concludeAfter(state: RunState, unwind?: Unwind): void {
  if (unwind?.kind === 'error') state.afterError = unwind.error
  conclude(state, state.closing)
}

function conclude(state: RunState, end: RunState['ending']): void {
  state.ending = end
  state.ready.push(state.root)
}

/** The failure that says which steps could not be undone. */
export function lapsed(lapses: readonly Lapse[]): Failure {
  const names = lapses.slice(0, 5).map(({ path }) => `"${path}"`)
  const more = lapses.length > names.length ? ` and ${lapses.length - names.length} more` : ''
  const steps = lapses.slice(0, limits.lapsesKeptMax).map(({ path, error }): Json => {
    return { path, code: error.code, message: error.message.slice(0, limits.lapseCharsMax) }
  })
  const message = `${names.join(', ')}${more} could not be undone; see to it by hand.`
  return { code: 'RUN_COMPENSATION_FAILED', message, data: { steps } }
}
