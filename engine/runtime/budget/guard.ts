/**
 * Asks no model once a budget is used up: that of the run, or of a run on the way to it.
 *
 * A call that was begun is paid for; so one may go over the bound, and the next is not begun. The
 * sum of a run is what its records say, with what the runs that it waits for have spent so far.
 * It is a matter of the host, for it depends on other runs; what comes of it is recorded.
 */
import type { RunRecord } from '#engine/runtime/record.ts'
import { childRunId } from '#engine/core/id.ts'
import type { Budget } from '#engine/dsl/world.ts'
import { failedRecord } from '#engine/runtime/live/call.ts'
import type { Inside } from '#engine/runtime/live/inside.ts'
import type { StartStep } from '#engine/runtime/live/turn-host.ts'
import type { LiveRun } from '#engine/runtime/live/turn.ts'
import type { CallFrame } from '#engine/runtime/decider/frames.ts'
import type { Spent } from './usage.ts'

import { least, leftOf, since, sumOf, usedUp } from './spent.ts'

/** The failure of a call that may spend, where nothing is left to spend. */
export function overBudget(engine: Inside, live: LiveRun, start: StartStep): RunRecord | undefined {
  if (start.step.action.spends !== true) return undefined
  for (const run of wayTo(engine, live)) {
    const budget = budgetOf(run)
    const what = budget === undefined ? undefined : usedUp(budget, totalOf(engine, run))
    if (what === undefined) continue
    const whose = run === live ? 'this run' : `run ${run.state.run}, which this one is part of,`
    const message = `The budget of ${whose} is used up: ${what}. No model is asked any more.`
    const error = { code: 'RUN_BUDGET_EXCEEDED', message, data: { run: run.state.run } }
    const { path, attempt } = start
    return failedRecord(live, { path, attempt, at: engine.ports.clock.now(), error })
  }
  return undefined
}

/** What a run that is started apart may spend: what is left here. Undefined where nothing bounds it. */
export function budgetFor(engine: Inside, parent: LiveRun): Budget | undefined {
  let left: Budget | undefined
  for (const run of wayTo(engine, parent)) {
    const budget = budgetOf(run)
    if (budget === undefined) continue
    const rest = leftOf(budget, totalOf(engine, run))
    left = left === undefined ? rest : least(left, rest)
  }
  return left
}

/** The run, the one that waits for it, and so on. */
function* wayTo(engine: Inside, live: LiveRun): Generator<LiveRun> {
  let run: LiveRun | undefined = live
  while (run !== undefined) {
    yield run
    const { parent }: LiveRun['state']['started'] = run.state.started
    run =
      parent === undefined || parent.isDetached === true ? undefined : engine.tryLoad(parent.run)
  }
}

function budgetOf({ state }: LiveRun): Budget | undefined {
  const { budget: own } = state.plan.permissions
  const { budget: given } = state.started
  return own === undefined || given === undefined ? (own ?? given) : least(own, given)
}

/** Every call that was begun asks once at least; what it costs is not known before its end. */
function underWay({ calls, state }: LiveRun): Spent {
  let turns = 0
  for (const [path, abort] of calls) {
    const frame = abort === undefined ? undefined : state.frames.get(path)
    const isCall = frame?.kind === 'step' && frame.step.kind === 'call'
    if (isCall && frame.step.action.spends === true) turns += 1
  }
  return turns === 0 ? {} : { turns }
}

/** What a run spent, with the runs that it waits for. */
function totalOf(engine: Inside, live: LiveRun): Spent {
  const all = [live.state.spent, underWay(live)]
  for (const frame of live.state.frames.values()) {
    const isCalling =
      frame.kind === 'step' && frame.step.kind === 'flow' && frame.phase === 'running'
    if (!isCalling || (frame.step.kind === 'flow' && frame.step.detach === true)) continue
    const id = childRunId(live.state.run, `${frame.path}#${(frame as CallFrame).attempt}`)
    const isThere =
      engine.residents.find(id) !== undefined || engine.ports.journal.find(id) !== undefined
    const child = isThere ? engine.tryLoad(id) : undefined
    // What it spent before it was carried on was told with its earlier end.
    if (child !== undefined) all.push(since(totalOf(engine, child), child.state.spentBefore))
  }
  return sumOf(all)
}
