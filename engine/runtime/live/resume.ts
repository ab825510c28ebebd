/**
 * Takes a run up from its journal: after a crash, when a timer wakes it, or for a retry.
 *
 * Steps whose intent is durable and whose result is not are executed again with the same
 * input and the same key; an `unsafe` one without a key of its author is not guessed about, it is
 * uncertain until somebody settles it.
 */
import { assert, IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { counting, fold, type Numbered, repeatsIn, replay } from '#engine/runtime/decider/replay.ts'
import type { CallFrame } from '#engine/runtime/decider/frames.ts'
import { inFlight, undecided } from '#engine/runtime/decider/find.ts'
import { isCall, type RunState } from '#engine/runtime/decider/state.ts'
import { spentIn } from '#engine/runtime/budget/spent.ts'
import type { Program } from '#engine/runtime/program.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { Spent } from '#engine/runtime/budget/usage.ts'

import { childIdOf, leaveOf } from './children.ts'
import type { Inside } from './inside.ts'
import type { StartStep } from './turn-host.ts'
import { LiveRun } from './turn.ts'

/** Rebuilds a run and lets it go on. */
export function carryOn(engine: Inside, run: RunId, first?: RunRecord): LiveRun {
  const records = engine.ports.journal.read(run)
  const program = programOf(engine, records)
  const state = replay(program.plan, records)
  const status = engine.ports.journal.find(run)?.status
  const log = engine.ports.journal.open(run)
  const sight = { program, payloads: engine.payloads }
  const live = new LiveRun(engine.turns, { state, sight, log, status })
  engine.adopt(live)
  // What is known already comes first: a run that is cancelled executes nothing again.
  if (state.status === 'running') again(live, leaveOf(engine, live) ?? first)
  return live
}

function programOf(engine: Inside, records: readonly RunRecord[]): Program {
  const first = records[0]
  assert(first?.kind === 'run.started', 'a journal begins with run.started')
  return engine.programs.get(first.plan)
}

/** Decides again what no record tells, and executes again what has no result. */
export function again(live: LiveRun, first?: RunRecord): void {
  live.carryOn(() => {
    const lost = inFlight(live.state).filter((frame) => frame.step.kind === 'call')
    const calls = lost.filter((frame) => !isUnsafe(frame)).map((frame) => restart(live, frame))
    const records = lost.filter(isUnsafe).map((frame) => doubt(live.state, frame))
    return { frames: undecided(live.state), calls, records }
  }, first)
}

function isUnsafe(frame: CallFrame): boolean {
  if (frame.step.kind !== 'call' || frame.key !== undefined) return false
  return frame.step.action.effects === 'unsafe'
}

function restart(live: LiveRun, frame: CallFrame): StartStep {
  assert(frame.step.kind === 'call' && frame.input !== undefined, 'an intent has its input')
  const { path, attempt, step, key } = frame
  const input = live.sight.payloads.value(frame.input)
  const start = { kind: 'startStep', path, step, attempt, input } as const
  return key === undefined ? start : { ...start, key }
}

function doubt(state: RunState, frame: CallFrame): RunRecord {
  const { path, attempt } = frame
  return { kind: 'step.uncertain', path, attempt, at: state.now }
}

/** Carries an ended run on from where it broke off; first the children it waits for. */
export function reopen(engine: Inside, run: RunId): LiveRun {
  const records = engine.ports.journal.read(run)
  const end = records.at(-1)
  if (end?.kind !== 'run.failed' && end?.kind !== 'run.cancelled') {
    const why = end?.kind === 'run.done' ? 'it is done' : 'it has not ended'
    throw new IonError('RUN_NOT_RETRYABLE', `Run ${run} cannot be retried: ${why}.`)
  }
  const after = end.cause - 1
  if (wasUndone(records, after)) {
    const way = `start it anew, or \`ionflux runs fork ${run} --from STEP\``
    const why = 'what it had done was undone when it ended'
    throw new IonError('RUN_NOT_RETRYABLE', `Run ${run} cannot be retried: ${why}; ${way}.`)
  }
  const kept = counting(records).filter((one) => one.seq <= after)
  const dropping = { kind: 'run.retried', at: end.at, path: '', after, attempt: 1 } as const
  const repeats = repeatsIn([...records, dropping])
  const spent = spentIn(records)
  const live = revive(engine, { run, kept, seq: records.length, repeats, spent })
  const path = end.kind === 'run.failed' ? end.path : ''
  const frame = live.state.frames.get(path)
  const isStep = frame?.kind === 'step' && isCall(frame)
  const afresh: string[] = []
  for (const one of live.state.frames.values()) {
    if (one.kind !== 'step' || one.step.kind !== 'flow' || one.step.detach === true) continue
    const call = one as CallFrame
    if (call.result === undefined && !reopenChild(engine, childIdOf(live, call))) {
      afresh.push(call.path)
    }
  }
  const attempt = isStep ? frame.attempt + 1 : 1
  const retried = {
    kind: 'run.retried',
    at: engine.ports.clock.now(),
    path,
    after,
    attempt,
  } as const
  again(live, afresh.length === 0 ? retried : { ...retried, afresh })
  return live
}

/** Carries a child on that did not end well; false when it cannot be, because it was undone. */
function reopenChild(engine: Inside, child: RunId): boolean {
  const status = engine.ports.journal.find(child)?.status
  if (status !== 'failed' && status !== 'cancelled') return true
  const records = engine.ports.journal.read(child)
  const end = records.at(-1)
  if (end !== undefined && 'cause' in end && wasUndone(records, end.cause - 1)) return false
  reopen(engine, child)
  return true
}

/** Whether something that was done was undone after the record `after`. */
function wasUndone(records: readonly RunRecord[], after: number): boolean {
  const undoing = new Set<string>()
  for (const record of records) {
    if (record.kind === 'compensation.armed') undoing.add(`${record.path}/compensate`)
  }
  if (undoing.size === 0) return false
  return records.slice(after).some((record) => 'path' in record && undoing.has(record.path))
}

/** The run as it was before what ended it. */
function revive(
  engine: Inside,
  from: {
    readonly run: RunId
    readonly kept: readonly Numbered[]
    readonly seq: number
    readonly repeats: ReadonlyMap<string, number>
    readonly spent: Spent
  },
): LiveRun {
  const program = programOf(
    engine,
    from.kept.map((one) => one.record),
  )
  const state = fold(program.plan, from.kept)
  state.seq = from.seq
  state.repeats = from.repeats
  state.spent = from.spent
  state.spentBefore = from.spent
  const log = engine.ports.journal.open(from.run)
  const status = engine.ports.journal.find(from.run)?.status
  const sight = { program, payloads: engine.payloads }
  const live = new LiveRun(engine.turns, { state, sight, log, status })
  engine.adopt(live)
  return live
}
