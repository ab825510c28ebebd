/**
 * Replays a recorded run against another plan, and says where that plan would have gone
 * another way.
 *
 * The records are the script of both plans: each is applied to both, and what they decide
 * next must be the same, step by step. Nothing is executed. What others gave (outputs of
 * calls, answers, events, time) is taken from the records, so the answer ends where the
 * other plan asks for something that no record tells.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import type { Command } from './decider/command.ts'
import { decide } from './decider/decide.ts'
import { evolve, markStarted } from './decider/evolve.ts'
import { counting } from './decider/replay.ts'
import type { Sight } from './decider/scope.ts'
import { emptyState, isCall, type RunState } from './decider/state.ts'
import type { Payloads } from './payload.ts'
import { openProgram, type Program } from './program.ts'
import { partingOf, type Parting, type Replayed } from './parting.ts'
import type { RunRecord, RunStarted } from './record.ts'
import { nextAttemptAt } from './retry.ts'

export interface Against {
  readonly payloads: Payloads
  /** The plan that the run is pinned to. */
  readonly own: Program
  readonly head: Program
  /** The input as `head` takes it: with its defaults. */
  readonly input: Json
  /** New ids of steps by their ids in `own`. */
  readonly renamed: ReadonlyMap<string, string>
  /** Asked now and then; false ends the replay. */
  goesOn(): boolean
}

/** Replays `records`, all that there are, against `head`. Throws what reading payloads throws. */
export function replayAgainst(against: Against, records: readonly RunRecord[]): Replayed {
  const [started] = records
  if (started?.kind !== 'run.started') return { verdict: 'cannot', path: '', why: 'records' }
  const { payloads, head, input } = against
  const own = openSide(against.own, payloads, started)
  const other = openSide(head, payloads, {
    ...started,
    plan: head.digest,
    input: payloads.hold(input),
  })
  let seen = 0
  for (const { seq, record } of counting(records)) {
    if (seen++ % limits.replayRecordsPerLook === 0 && !against.goesOn()) {
      return { verdict: 'cannot', path: '', why: 'limit' }
    }
    if (isOfGate(record)) continue
    const found = take(against, [own, other], { seq, record })
    if (found !== undefined) return found
  }
  return { verdict: 'same' }
}

interface SideOfRun {
  readonly sight: Sight
  readonly state: RunState
  /** When the time of a step, or of the run, is up. */
  readonly due: Map<string, number>
}

function isOfGate(record: RunRecord): boolean {
  if (record.kind === 'timer.fired') return record.path === '' && record.timer === 'sleep'
  return gateKinds.has(record.kind)
}

const gateKinds: ReadonlySet<RunRecord['kind']> = new Set([
  'run.debounced',
  'run.limited',
  'run.queued',
  'run.admitted',
])

/** Whether a run waits for its place is a matter of the others: it is passed over. */
function openSide(program: Program, payloads: Payloads, started: RunStarted): SideOfRun {
  const { concurrency, rateLimit, debounce, ...plan } = program.plan
  const isFree = concurrency === undefined && rateLimit === undefined && debounce === undefined
  const free = isFree ? program : openProgram(program.digest, plan)
  return {
    sight: { program: free, payloads },
    state: emptyState(free.plan, started),
    due: new Map(),
  }
}

function take(
  { renamed }: Against,
  [own, head]: readonly [SideOfRun, SideOfRun],
  { seq, record }: { readonly seq: number; readonly record: RunRecord },
): Replayed | undefined {
  const mapped = renamed.size === 0 ? record : moved(record, renamed)
  const early = lateness(head, mapped) ?? retryParting([own, head], [record, mapped])
  if (early !== undefined) return { verdict: 'different', ...early }
  const before = step(own, seq, record)
  let after: readonly Command[]
  try {
    after = step(head, seq, mapped)
  } catch (thrown) {
    if (!(thrown instanceof IonError) || thrown.code !== 'JOURNAL_DIVERGED') throw thrown
    return { verdict: 'cannot', path: pathOf(mapped), why: 'records' }
  }
  return partingOf({
    before: before.map((one) => (renamed.size === 0 ? one : movedCommand(one, renamed))),
    after,
    plans: [own.state.plan, head.state.plan],
    renamed,
  })
}

/** Applies `record` and gives what follows from it. */
function step(
  { state, sight, due }: SideOfRun,
  seq: number,
  record: RunRecord,
): readonly Command[] {
  state.seq = seq - 1
  evolve(state, record)
  for (const change of state.timers) {
    if (change.timer !== 'timeout') continue
    if (change.due === undefined) due.delete(change.path)
    else due.set(change.path, change.due)
  }
  const commands = decide(sight, state)
  for (const command of commands) {
    if (command.kind !== 'startStep' || command.step.action.effects !== 'pure') continue
    const frame = state.frames.get(command.path)
    if (frame?.kind === 'step' && isCall(frame)) markStarted(frame, record.at)
  }
  return commands
}

/** A time limit that is shorter than what the run took, or longer than the one that ended it. */
function lateness({ due }: SideOfRun, record: RunRecord): Parting | undefined {
  const isTimeout = record.kind === 'timer.fired' && record.timer === 'timeout'
  if (isTimeout) {
    const isUp = (due.get(record.path) ?? Number.POSITIVE_INFINITY) <= record.at
    return isUp ? undefined : { path: record.path, what: 'timeout' }
  }
  for (const [path, at] of due) if (at < record.at) return { path, what: 'timeout' }
  return undefined
}

/** Whether a failed attempt is followed by another one is no decision of the decider. */
function retryParting(
  sides: readonly [SideOfRun, SideOfRun],
  records: readonly [RunRecord, RunRecord],
): Parting | undefined {
  const [own, head] = sides.map((side, index) => isTriedAgain(side, records[index]))
  return own === head ? undefined : { path: pathOf(records[1]), what: 'retry' }
}

function isTriedAgain({ state }: SideOfRun, record: RunRecord | undefined): boolean {
  if (record?.kind !== 'step.failed') return false
  const frame = state.frames.get(record.path)
  if (frame?.kind !== 'step' || !isCall(frame) || frame.closing !== undefined) return false
  const { path, error, at } = record
  const attempt = record.attempt - frame.spared
  const next = nextAttemptAt(frame.step.retry, { run: state.run, path, attempt, error, at })
  return next !== undefined
}

function pathOf(record: RunRecord): string {
  return 'path' in record ? record.path : ''
}

/** The record as it would be in a plan whose steps have their new ids. */
function moved(record: RunRecord, renamed: ReadonlyMap<string, string>): RunRecord {
  if (!('path' in record)) return record
  const path = newPath(record.path, renamed)
  if (record.kind !== 'run.retried' || record.afresh === undefined) return { ...record, path }
  return { ...record, path, afresh: record.afresh.map((one) => newPath(one, renamed)) }
}

function movedCommand(command: Command, renamed: ReadonlyMap<string, string>): Command {
  if (command.kind === 'record') return { ...command, record: moved(command.record, renamed) }
  return 'path' in command ? { ...command, path: newPath(command.path, renamed) } : command
}

/** A step path with the new ids: `scan[12]/check`. */
function newPath(path: string, renamed: ReadonlyMap<string, string>): string {
  return path
    .split('/')
    .map((part) => {
      const [id = ''] = part.split('[', 1)
      return (renamed.get(id) ?? id) + part.slice(id.length)
    })
    .join('/')
}
