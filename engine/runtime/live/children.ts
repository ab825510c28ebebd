/**
 * Runs that a `flow` step starts, and waits for unless they are detached.
 *
 * The child's id is derived from its parent and the step, so spawning twice after a crash
 * finds the first one; its end reaches the parent whichever of the two died in between.
 */
import { IonError, toFailure } from '#engine/core/error.ts'
import { childRunId, type RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { powersBeyond } from '#engine/dsl/power/kinds.ts'
import type { CallFrame } from '#engine/runtime/decider/frames.ts'
import { budgetFor } from '#engine/runtime/budget/guard.ts'
import { lastEnd, spentOf } from '#engine/runtime/budget/spent.ts'
import type { RunRecord, RunStarted } from '#engine/runtime/record.ts'

import { failedRecord } from './call.ts'
import type { Inside } from './inside.ts'
import type { SpawnRun } from './turn-host.ts'
import type { LiveRun } from './turn.ts'

export function spawnChild(engine: Inside, parent: LiveRun, spawn: SpawnRun): void {
  begin(engine, parent, spawn).catch((thrown: unknown) => {
    const error = toFailure(thrown, 'RUN_CHILD_FAILED')
    const { path } = spawn
    const attempt = frameAt(parent, path)?.attempt ?? 1
    parent.post(failedRecord(parent, { path, attempt, at: engine.ports.clock.now(), error }))
  })
}

async function begin(engine: Inside, parent: LiveRun, spawn: SpawnRun): Promise<void> {
  const { child } = spawn
  if (!isWaitedFor(parent, { path: spawn.path, child })) return
  const header = engine.ports.journal.find(child)
  if (header !== undefined && spawn.step.detach === true) return letGo(engine, parent, spawn)
  if (header !== undefined) {
    const isOver = header.endedAt !== undefined
    if (isOver) deliver(engine, { parent, path: spawn.path, records: recordsOf(engine, child) })
    else {
      parent.childBegan(spawn.path)
      if (header.status === 'running') engine.tryLoad(child)
    }
    return
  }
  const depth = (parent.state.started.parent?.depth ?? 0) + 1
  if (depth > limits.runDepthMax) {
    throw new IonError(
      'RUN_LIMIT_EXCEEDED',
      `Flows call each other more than ${limits.runDepthMax} deep.`,
    )
  }
  mustStayBelow(engine, parent, spawn)
  const input = await engine.checkInput(spawn.step.plan, spawn.input)
  if (!isWaitedFor(parent, { path: spawn.path, child })) return // cut short in the meantime
  const budget = spawn.step.detach === true ? budgetFor(engine, parent) : undefined
  engine.begin({
    run: child,
    plan: spawn.step.plan,
    input,
    source: parent.state.started.source,
    parent: {
      run: parent.state.run,
      path: spawn.path,
      depth,
      ...(spawn.step.detach === true ? { isDetached: true } : {}),
    },
    ...(parent.state.started.isFresh === true ? { isFresh: true } : {}),
    ...(budget === undefined ? {} : { budget }),
  })
}

/** A called flow holds no power that its caller lacks, however its plan came about. */
function mustStayBelow({ programs }: Inside, parent: LiveRun, { step }: SpawnRun): void {
  const { permissions } = programs.get(step.plan).plan
  const [power] = powersBeyond(parent.state.plan.permissions, permissions)
  if (power === undefined) return
  const { kind, value } = power
  const message = `The flow "${step.flow}" holds "${value}" of permissions.${kind}, which its caller does not.`
  throw new IonError('CAP_NOT_GRANTED', message, { data: { kind, value } })
}

/** A run has begun for good: its parent, if it has one, may rest until it ends. */
export function announceChild(engine: Inside, child: LiveRun): void {
  const from = child.state.started.parent
  if (from === undefined) return
  const parent = engine.residents.find(from.run)
  if (parent?.children.get(from.path) !== child.state.run) return
  if (from.isDetached === true) letGo(engine, parent, { path: from.path, child: child.state.run })
  else parent.childBegan(from.path)
}

/** A detached run has begun for good: the step that started it is done. */
function letGo(
  engine: Inside,
  parent: LiveRun,
  { path, child }: { readonly path: string; readonly child: RunId },
): void {
  const attempt = frameAt(parent, path)?.attempt ?? 1
  const at = engine.ports.clock.now()
  parent.post({ kind: 'step.done', path, at, attempt, output: { value: { run: child } } })
}

/** A run has ended: its parent, if it has one, goes on. */
export function deliverChild(engine: Inside, child: LiveRun): void {
  const from = child.state.started.parent
  if (from === undefined || from.isDetached === true) return
  if (engine.ports.journal.find(from.run)?.endedAt !== undefined) return
  const parent = engine.tryLoad(from.run)
  if (parent === undefined || !isWaitedFor(parent, { path: from.path, child: child.state.run }))
    return
  deliver(engine, { parent, path: from.path, records: recordsOf(engine, child.state.run) })
}

/**
 * Tells a child that was taken up from the journal that nobody waits for it any more: its
 * parent let go of it, and died before the child heard of it.
 */
export function leaveOf(engine: Inside, child: LiveRun): RunRecord | undefined {
  const from = child.state.started.parent
  const isOnItsWay = child.state.closing !== undefined || child.state.ending !== undefined
  if (from === undefined || from.isDetached === true || isOnItsWay) return undefined
  const isOver = engine.ports.journal.find(from.run)?.endedAt !== undefined
  const place = { path: from.path, child: child.state.run }
  const parent = isOver ? undefined : engine.tryLoad(from.run)
  if (!isOver && (parent === undefined || isWaitedFor(parent, place))) return undefined
  return { kind: 'run.cancel', at: engine.ports.clock.now(), reason: 'its parent let go of it' }
}

/** The runs that wait for one, its caller first; none for one that is detached. */
export function callersOf(
  engine: Inside,
  { parent }: Pick<RunStarted, 'parent'>,
): readonly RunId[] {
  const callers: RunId[] = []
  for (let at = parent; at !== undefined; at = parentOf(engine, at.run)) {
    if (at.isDetached === true || callers.length >= limits.runDepthMax) break
    callers.push(at.run)
  }
  return callers
}

function parentOf({ residents, ports }: Inside, run: RunId): RunStarted['parent'] {
  const live = residents.find(run)
  if (live !== undefined) return live.state.started.parent
  if (ports.journal.find(run)?.parent === undefined) return undefined
  const [first] = ports.journal.read(run)
  return first?.kind === 'run.started' ? first.parent : undefined
}

/** A child of an attempt that is over has nobody who waits for it. */
function isWaitedFor(
  parent: LiveRun,
  one: { readonly path: string; readonly child: RunId },
): boolean {
  const frame = frameAt(parent, one.path)
  return frame !== undefined && childIdOf(parent, frame) === one.child
}

export function childIdOf(parent: LiveRun, frame: CallFrame): RunId {
  return childRunId(parent.state.run, `${frame.path}#${frame.attempt}`)
}

function frameAt(live: LiveRun, path: string): CallFrame | undefined {
  const frame = live.state.frames.get(path)
  return frame?.kind === 'step' && frame.step.kind === 'flow' ? (frame as CallFrame) : undefined
}

function recordsOf(engine: Inside, run: RunId): readonly RunRecord[] {
  const { journal } = engine.ports
  return journal.find(run) === undefined ? [] : journal.read(run)
}

function deliver(
  engine: Inside,
  one: {
    readonly parent: LiveRun
    readonly path: string
    /** Of the run that has ended. */
    readonly records: readonly RunRecord[]
  },
): void {
  const { parent, path, records } = one
  const end = records.at(-1)
  // What it spent up to an earlier end was told with that.
  const took = spentOf(records.slice(lastEnd(records.slice(0, -1)) + 1))
  const attempt = frameAt(parent, path)?.attempt ?? 1
  const at = engine.ports.clock.now()
  if (end?.kind === 'run.done') {
    parent.post({ kind: 'step.done', path, at, attempt, output: end.output, ...took })
    return
  }
  const why =
    end?.kind === 'run.failed' ? end.error : { code: 'RUN_CANCELLED', message: 'It was cancelled.' }
  const message = `The flow it called did not end well: ${why.message}`
  const error = { code: 'RUN_CHILD_FAILED', message, data: { code: why.code } }
  parent.post(failedRecord(parent, { path, attempt, at, error, ...took }))
}
