/**
 * The beginning of a run: its header, its first record, its place in memory.
 */
import type { RunId } from '#engine/core/id.ts'
import { emptyState } from '#engine/runtime/decider/state.ts'
import { recordVersion, type RunStarted } from '#engine/runtime/record.ts'

import type { Inside, StartRun } from './inside.ts'
import { LiveRun } from './turn.ts'

/** Begins a run whose input is known to be good. */
export function beginRun(engine: Inside, start: StartRun & { readonly run: RunId }): void {
  const program = engine.programs.get(start.plan)
  const { run, plan, source, parent } = start
  const at = engine.ports.clock.now()
  const { flow } = program.plan
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
    input: engine.payloads.hold(start.input),
    source,
    ...(start.event === undefined ? {} : { event: engine.payloads.hold(start.event) }),
    ...(parent === undefined ? {} : { parent }),
  }
  const sight = { program, payloads: engine.payloads }
  const state = emptyState(program.plan, started)
  const live = new LiveRun(engine.turns, { state, sight, log, status: undefined })
  engine.adopt(live)
  live.post(started)
}
