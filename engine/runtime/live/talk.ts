/**
 * What people and programs tell a run that is under way.
 *
 * Each is a record of the run; whoever sent it hears back once that is durable, or why it does
 * not count. A run that only waits is taken up from the journal for it.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { isSignalName, isSubject } from '#engine/dsl/subject.ts'
import { hasEnded, type RunStatus } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { mustBeWhole } from '#engine/runtime/whole.ts'

import { type Answer, takeAnswer } from './answer.ts'
import type { Inside } from './inside.ts'
import type { LiveRun } from './turn.ts'

export interface Signal {
  /** What an `await` names. */
  readonly name: string
  readonly data: Json
  /** Two signals to a run with one id are one; a fresh one by default. */
  readonly id?: string
  /** Who sends it. */
  readonly by?: string
}

export interface Talk {
  /**
   * Tells `run` something; it waits there until an `await` takes it. Resolves once it is durable.
   * Throws `RUN_NOT_FOUND`, `RUN_ALREADY_ENDED`, `RUN_SIGNAL_REFUSED`.
   */
  signal(run: RunId, signal: Signal): Promise<void>
  /**
   * Has `run` begin nothing new, until `resume`; what is under way ends and timers keep their
   * instant. Resolves once that is durable. Throws `RUN_NOT_FOUND`, `RUN_ALREADY_ENDED`.
   */
  pause(run: RunId, by?: string): Promise<void>
  /** Has a paused run go on; nothing where it is not paused. */
  resume(run: RunId, by?: string): Promise<void>
  /**
   * Answers the `approve` at a path. Resolves once the answer is durable and counts. Throws
   * `RUN_APPROVAL_CLOSED`, `RUN_APPROVAL_REFUSED`, `RUN_APPROVAL_STALE`, `RUN_INPUT_REFUSED`.
   */
  answer(run: RunId, answer: Answer): Promise<void>
  /**
   * Takes in an event from elsewhere, for every run that waits for it. Resolves once it is
   * durable and these have it, to the runs. Throws `RUN_SIGNAL_REFUSED` for what is no subject.
   */
  publish(event: Published): Promise<readonly RunId[]>
}

export interface Published {
  readonly subject: string
  readonly data: Json
  /** Two events with one id are one; a fresh one by default. */
  readonly id?: string
  readonly key?: string
}

export function openTalk(engine: Inside): Talk {
  return {
    signal: async (run, signal) => await send(engine, run, signal),
    answer: async (run, given) => await answer(engine, run, given),
    publish: async (event) => await publish(engine, event),
    pause: async (run, by) => await tellOf(engine, run, { kind: 'run.paused', by }),
    resume: async (run, by) => await tellOf(engine, run, { kind: 'run.resumed', by }),
  }
}

async function answer(engine: Inside, run: RunId, given: Answer): Promise<void> {
  try {
    const live = await openRun(engine, run)
    await takeAnswer(engine, live, given)
    engine.residents.rest(live)
  } catch (thrown) {
    const isLate =
      thrown instanceof IonError &&
      (thrown.code === 'RUN_APPROVAL_CLOSED' || thrown.code === 'RUN_ALREADY_ENDED')
    if (!isLate || given.id === undefined) throw thrown
    // Whoever asks again what came of it gets the same answer.
    const records = engine.ports.journal.read(run)
    const isKnown = records.some((one) => one.kind === 'approval.decided' && one.id === given.id)
    if (!isKnown) throw thrown
  }
}

async function tellOf(
  engine: Inside,
  run: RunId,
  { kind, by }: { readonly kind: 'run.paused' | 'run.resumed'; readonly by: string | undefined },
): Promise<void> {
  const live = await openRun(engine, run)
  live.post({ kind, at: engine.ports.clock.now(), ...(by === undefined ? {} : { by }) })
  await live.caughtUp()
  engine.residents.rest(live)
}

async function publish(
  engine: Inside,
  { subject, data, id, key }: Published,
): Promise<readonly RunId[]> {
  engine.mustWork()
  if (!isSubject(subject)) throw refused(subject, 'subject of an event')
  mustBeWhole([data, key ?? ''], { code: 'RUN_SIGNAL_REFUSED', what: `The event "${subject}"` })
  const event = {
    id: id ?? engine.ports.ids.runId(),
    subject,
    data: engine.payloads.hold(data),
    ...(key === undefined ? {} : { key }),
  }
  await engine.ports.journal.publish(event)
  return await engine.courier.bring(event)
}

function refused(name: string, what: string): IonError {
  const message = `"${name.slice(0, 80)}" is no ${what}; write words of letters and digits, joined by dots.`
  return new IonError('RUN_SIGNAL_REFUSED', message)
}

async function send(engine: Inside, run: RunId, { name, data, by, id }: Signal): Promise<void> {
  if (!isSignalName(name)) throw refused(name, 'name of a signal')
  mustBeWhole(data, { code: 'RUN_SIGNAL_REFUSED', what: `The signal "${name}"` })
  if (id !== undefined && (await isHeard(engine, run, id))) return
  const live = await openRun(engine, run)
  const signal: RunRecord = {
    kind: 'signal.received',
    at: engine.ports.clock.now(),
    name,
    id: id ?? engine.ports.ids.runId(),
    data: engine.payloads.hold(data),
    ...(by === undefined ? {} : { by }),
  }
  live.post(signal)
  await live.caughtUp()
  engine.residents.rest(live)
  if (live.state.mail.ids.has(signal.id)) return
  mustGoOn(run, live.state.status)
  const message = `Run ${run} has too many signals that nobody took; it takes no more.`
  throw new IonError('RUN_SIGNAL_REFUSED', message)
}

/** Whether a run that has ended had heard the signal: whoever asks again gets the same answer. */
async function isHeard(engine: Inside, run: RunId, id: string): Promise<boolean> {
  if (!hasEnded(await statusOf(engine, run))) return false
  const records = engine.ports.journal.read(run)
  return records.some((one) => one.kind === 'signal.received' && one.id === id)
}

/** The run in memory. Throws `RUN_NOT_FOUND`, `RUN_ALREADY_ENDED`. */
async function openRun(engine: Inside, run: RunId): Promise<LiveRun> {
  mustGoOn(run, await statusOf(engine, run))
  return engine.load(run)
}

/** How far `run` is, once an end that is on its way has arrived. Throws `RUN_NOT_FOUND`. */
export async function statusOf(engine: Inside, run: RunId): Promise<RunStatus> {
  engine.mustWork()
  const live = engine.residents.find(run)
  if (live !== undefined && live.state.status !== 'running') await live.caughtUp()
  return statusNow(engine, run)
}

/** How far `run` is, as far as anybody may be told. Throws `RUN_NOT_FOUND`. */
export function statusNow(engine: Inside, run: RunId): RunStatus {
  const live = engine.residents.find(run)
  const status = live?.durableStatus ?? engine.ports.journal.find(run)?.status
  if (status !== undefined) return status
  const message = `There is no run ${run} here; \`ionflux runs ls\` lists them.`
  throw new IonError('RUN_NOT_FOUND', message)
}

/** Throws `RUN_ALREADY_ENDED`. */
export function mustGoOn(run: RunId, status: RunStatus): void {
  if (!hasEnded(status)) return
  throw new IonError('RUN_ALREADY_ENDED', `Run ${run} has already ended: it is ${status}.`)
}
