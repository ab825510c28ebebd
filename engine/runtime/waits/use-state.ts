/**
 * `state`: reads and writes what a flow remembers from run to run.
 *
 * A write goes into the batch that carries the record of its step, so both are kept or neither:
 * however often the process dies, a counter counts once. What the step sees is looked up when
 * its record is made, in the turn that commits it, so nobody can come in between.
 */
import { toFailure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { isCurrent } from '#engine/runtime/decider/current.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { homeOf, type StateChange, type StateEntry, type States } from '#engine/runtime/states.ts'

import type { Turn, UseState } from '#engine/runtime/live/turn-host.ts'
import type { LiveRun } from '#engine/runtime/live/turn.ts'

/** The record of the step; what it writes joins the batch of `turn`. */
export function takeState(
  states: States | undefined,
  live: LiveRun,
  { turn, use }: { readonly turn: Turn; readonly use: UseState },
): RunRecord {
  const { path } = use
  const { now: at, plan, started } = live.state
  try {
    if (states === undefined) throw new Error('This host keeps no state.')
    const { output, change } = outcomeOf(states, homeOf(plan.flow, started.source), { turn, use })
    const payload = live.sight.payloads.hold(output)
    const done = { kind: 'step.done', path, at, output: payload } as const
    if (change !== undefined && isCurrent(live.state, done)) turn.states.push(change)
    return done
  } catch (thrown) {
    const error = toFailure(thrown, 'RUN_STEP_FAILED')
    return { kind: 'step.failed', path, attempt: 1, at, error }
  }
}

function outcomeOf(
  states: States,
  flow: string,
  { turn, use }: { readonly turn: Turn; readonly use: UseState },
): { readonly output: Json; readonly change?: StateChange } {
  const { key, value, expected } = use
  const before = latest(states, turn, { flow, key })
  if (use.does === 'get') {
    return { output: { value: before?.value ?? value ?? null, version: before?.version ?? 0 } }
  }
  const change: StateChange = {
    flow,
    key,
    ...(use.does === 'delete' ? {} : { value: value ?? null }),
    ...(expected === undefined ? {} : { expected }),
  }
  const after = states.preview([...turn.states, change]).at(-1)
  const now = { value: after?.value ?? null, version: after?.version ?? 0 }
  return { output: { ...now, before: before?.value ?? null }, change }
}

/** What stands at the key, with what this turn writes before. */
function latest(
  states: States,
  turn: Turn,
  { flow, key }: { readonly flow: string; readonly key: string },
): StateEntry | undefined {
  const own = turn.states.findLastIndex((one) => one.flow === flow && one.key === key)
  if (own < 0) return states.find(flow, key)
  return states.preview(turn.states.slice(0, own + 1)).at(-1)
}
