/**
 * The beginning of a run: its header, its first record, its place in memory.
 */
import { type Failure, IonError, toFailure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { emptyState } from '#engine/runtime/decider/state.ts'
import {
  type Payload,
  recordVersion,
  type RunDone,
  type RunStarted,
} from '#engine/runtime/record.ts'
import { mustBeWhole } from '#engine/runtime/whole.ts'

import type { EnginePorts, Inside, StartRun } from './inside.ts'
import { LiveRun } from './turn.ts'

/** Begins a run whose input is known to be good. */
export function beginRun(engine: Inside, start: StartRun & { readonly run: RunId }): void {
  const program = engine.programs.get(start.plan)
  const { run, plan, source, parent } = start
  const at = engine.ports.clock.now()
  const { flow } = program.plan
  const input = heldInput(engine, start.input)
  const header = { run, flow, plan, status: 'running', startedAt: at } as const
  const log = engine.ports.journal.create(
    parent === undefined ? header : { ...header, parent: parent.run },
  )
  const started: RunStarted = {
    kind: 'run.started',
    v: recordVersion,
    at,
    run,
    flow,
    plan,
    input,
    source,
    ...(start.event === undefined ? {} : { event: engine.payloads.hold(start.event) }),
    ...(parent === undefined ? {} : { parent }),
    ...(start.budget === undefined ? {} : { budget: start.budget }),
    ...(start.isFresh === true ? { isFresh: true } : {}),
  }
  const sight = { program, payloads: engine.payloads }
  const state = emptyState(program.plan, started)
  const live = new LiveRun(engine.turns, { state, sight, log, status: undefined })
  engine.adopt(live)
  live.post(started)
}

/** An input that no value may be as large as is refused as an input, before anything is made. */
function heldInput({ payloads }: Inside, input: Json): Payload {
  try {
    return payloads.hold(input)
  } catch (thrown) {
    if (!(thrown instanceof IonError) || thrown.code !== 'RUN_LIMIT_EXCEEDED') throw thrown
    const message = `The input is too large. ${thrown.message}`
    throw new IonError('RUN_INPUT_REFUSED', message, { cause: thrown })
  }
}

/** Ends a run with what it returns, or with `RUN_OUTPUT_REFUSED` where that is not as its flow says. */
export async function checkOutput(
  { checkInput, clock }: Pick<EnginePorts, 'checkInput' | 'clock'>,
  live: LiveRun,
  done: RunDone,
): Promise<void> {
  const refused = (thrown: unknown): { readonly ok: false; readonly error: Failure } => {
    return { ok: false, error: toFailure(thrown, 'RUN_INTERNAL') }
  }
  const { returns = {} } = live.state.plan
  const output = live.sight.payloads.value(done.output)
  const checked = await checkInput(returns, output, 'output').catch(refused)
  if (checked.ok) return live.post(done)
  const error = { ...checked.error, code: 'RUN_OUTPUT_REFUSED' }
  live.post({ kind: 'step.failed', path: '', attempt: 1, at: clock.now(), error })
}

/** The input with its defaults. Throws `RUN_INPUT_REFUSED`. */
export async function checkedInput(
  { checkInput }: Pick<EnginePorts, 'checkInput'>,
  schema: JsonObject | undefined,
  input: Json,
): Promise<Json> {
  mustBeWhole(input, { code: 'RUN_INPUT_REFUSED', what: 'The input' })
  if (schema === undefined) return input
  const checked = await checkInput(schema, input)
  if (checked.ok) return checked.input
  const { message, data } = checked.error
  throw new IonError('RUN_INPUT_REFUSED', message, isObject(data) ? { data } : {})
}
