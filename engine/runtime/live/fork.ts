/**
 * Writes a fork: a run that begins with records of another one, and goes on from there.
 *
 * All it begins with is in its first batch, with the timers that it still waits for, so a crash
 * leaves a whole fork or none.
 */
import { assert, IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { fold } from '#engine/runtime/decider/replay.ts'
import { forkOf } from '#engine/runtime/fork.ts'
import type { RunLog } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { mustBeWhole } from '#engine/runtime/whole.ts'

import type { Inside } from './inside.ts'
import { again } from './resume.ts'
import { statusOf } from './talk.ts'
import { LiveRun } from './turn.ts'

export interface AskedFork {
  /** The name of the fork: forking twice under one name forks once. */
  readonly run: RunId
  /** The path of the step that it goes on with. */
  readonly from: string
  /** Inputs that differ. */
  readonly with?: JsonObject
  /** By step path. */
  readonly outputs?: JsonObject
}

export interface Forking {
  /** Resolves once the fork is durable. Throws `RUN_NOT_FOUND`, `RUN_NOT_FORKABLE`, `RUN_INPUT_REFUSED`. */
  fork(run: RunId, asked: AskedFork): Promise<void>
}

export function openForking(engine: Inside): Forking {
  return { fork: async (run, asked) => await fork(engine, run, asked) }
}

async function fork(engine: Inside, run: RunId, asked: AskedFork): Promise<void> {
  const { journal, clock } = engine.ports
  await statusOf(engine, run)
  const records = journal.read(run)
  const first = records[0]
  assert(first?.kind === 'run.started', 'a journal begins with run.started')
  const program = engine.programs.get(first.plan)
  const input = await inputOf(engine, first, asked.with)
  if (journal.find(asked.run) !== undefined || engine.residents.find(asked.run) !== undefined)
    return
  const given = (asked.outputs ?? {}) as JsonObject
  mustBeWhole(given, { code: 'RUN_INPUT_REFUSED', what: 'The given output' })
  const outputs = Object.entries(given).map(
    ([path, value]) => [path, engine.payloads.hold(value as Json)] as const,
  )
  const made = forkOf(program.plan, records, {
    run: asked.run,
    from: asked.from,
    outputs: new Map(outputs),
    ...(input === undefined ? {} : { input: engine.payloads.hold(input) }),
  })
  const numbered = made.records.map((record, index) => ({ seq: index + 1, record }))
  const state = fold(program.plan, numbered)
  const { flow, plan } = first
  const header = { run: asked.run, flow, plan, status: 'running', startedAt: clock.now() } as const
  const log = beginningWith(made.records, journal.create(header))
  const sight = { program, payloads: engine.payloads }
  const live = new LiveRun(engine.turns, { state, sight, log, status: undefined })
  engine.adopt(live)
  const after = made.records.length
  again(live, { kind: 'run.retried', at: clock.now(), path: '', after, attempt: 1 })
  await live.caughtUp()
}

async function inputOf(
  engine: Inside,
  first: Extract<RunRecord, { kind: 'run.started' }>,
  changed: JsonObject | undefined,
): Promise<Json | undefined> {
  if (changed === undefined) return undefined
  const before = engine.payloads.value(first.input)
  if (!isObject(before)) {
    throw new IonError(
      'RUN_NOT_FORKABLE',
      'The input of the run is not a map, so no part of it can change.',
    )
  }
  return await engine.checkInput(first.plan, { ...before, ...changed })
}

/** A log whose first batch has `records` in front. */
function beginningWith(records: readonly RunRecord[], log: RunLog): RunLog {
  let left = records
  return {
    run: log.run,
    async append(batch) {
      const whole = left.length === 0 ? batch : { ...batch, records: [...left, ...batch.records] }
      left = []
      await log.append(whole)
    },
    close: () => log.close(),
  }
}
