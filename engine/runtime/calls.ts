/**
 * The calls that a journal recorded, each with what it was given: the input, the key, what
 * the host told it, and how it ended.
 *
 * Inputs of pure steps are in no record; they follow from the records before, so the
 * decider is asked again, exactly as it was when the run ran. Nothing is executed here.
 */
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { secretsOf } from '#engine/dsl/template.ts'
import type { CallStep } from '#engine/plan/plan.ts'

import { decide } from './decider/decide.ts'
import { evolve, markStarted } from './decider/evolve.ts'
import { counting, repeatsIn } from './decider/replay.ts'
import type { Sight } from './decider/scope.ts'
import { emptyState, isCall, type RunState } from './decider/state.ts'
import { keyOf } from './live/call.ts'
import type { RunRecord, RunStarted, StepDone, StepFailed } from './record.ts'

export interface RecordedCall {
  readonly run: RunId
  readonly flow: string
  readonly path: string
  readonly attempt: number
  readonly step: CallStep
  readonly input: Json
  readonly key: string
  /** Names of the secrets that the step itself hands over. */
  readonly secrets: readonly string[]
  readonly source: RunStarted['source']
  readonly end: StepDone | StepFailed
}

/** The calls whose records count, in the order in which they ended. */
export function* recordedCalls(
  sight: Sight,
  records: readonly RunRecord[],
): Generator<RecordedCall> {
  const [started] = records
  if (started?.kind !== 'run.started') return
  const state = emptyState(sight.program.plan, started)
  const open = new Map<string, Started>()
  for (const { seq, record } of counting(records)) {
    const ended = endOf(state, open, record)
    // What a fork begins with was executed by another run, under that one's name and time.
    if (ended !== undefined && seq > (started.forked?.seq ?? 0)) yield ended
    state.seq = seq - 1
    evolve(state, record)
    if (record.kind === 'run.retried') state.repeats = repeatsIn(records.slice(0, seq))
    for (const command of decide(sight, state)) {
      if (command.kind !== 'startStep') continue
      const { path, step, attempt, input } = command
      const key = command.key ?? keyOf(state.run, path, state.repeats.get(path))
      open.set(path, { step, attempt, input, key })
      const frame = state.frames.get(path)
      const isPure = step.action.effects === 'pure'
      if (isPure && frame?.kind === 'step' && isCall(frame)) markStarted(frame, record.at)
    }
  }
}

type Started = Pick<RecordedCall, 'step' | 'attempt' | 'input' | 'key'>

function endOf(
  { run, started }: RunState,
  open: Map<string, Started>,
  record: RunRecord,
): RecordedCall | undefined {
  if (record.kind !== 'step.done' && record.kind !== 'step.failed') return undefined
  const { path } = record
  const call = open.get(path)
  if (call === undefined || (record.attempt ?? 1) !== call.attempt) return undefined
  open.delete(path)
  const { with: given } = call.step
  const secrets = given === undefined ? [] : secretsOf(given)
  const { flow, source } = started
  return { run, flow, path, ...call, secrets, source, end: record }
}
