/**
 * The laws that hold in every world, however often its process died.
 *
 * What must be true at a moment is checked by `world.ts` and `process.ts` at that moment;
 * here is what must be true of a living state, and at the end.
 */
import { isDeepStrictEqual } from 'node:util'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { Plan } from '#engine/plan/plan.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import { memoryReader } from '#engine/durable/memory-disk.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { counting, replay } from '#engine/runtime/decider/replay.ts'
import type { Residents } from '#engine/runtime/live/residents.ts'
import { viewRun } from '#engine/runtime/view.ts'

import { type Case, runIds } from './case.ts'
import { checkUndone } from './laws/undone.ts'
import { dump, plainText } from './dump.ts'
import { checkDetached } from './laws/detached.ts'
import { checkGates } from './laws/gates.ts'
import { checkStates } from './laws/states.ts'
import { type Ending, read } from './oracle.ts'
import type { Process } from './process.ts'
import { stepIdOf } from './step-id.ts'
import type { World } from './world.ts'

/** Everything is on disk: what the process has in memory is what the records give. */
export function checkState(world: World, process: Process): void {
  const { residents } = process.engine as unknown as { readonly residents: Residents }
  for (const live of residents.all()) {
    const run = live.log.run
    if (live.pending > 0 || !world.disk.runs.has(run)) continue
    const [here, there] = [dump(live.state), replayed(world, live.state.plan, run)]
    if (isDeepStrictEqual(here, there)) continue
    world.breach(
      'replay gives the living state',
      `${run} ${JSON.stringify(here)} / ${JSON.stringify(there)}`,
    )
  }
}

function replayed(world: World, plan: Plan, run: RunId): Json {
  try {
    return dump(replay(plan, world.records(run)))
  } catch (error) {
    return String(error)
  }
}

/** Checks a world in which nothing moves any more. */
export function checkEnd(world: World, one: Case): void {
  const { verify } = memoryReader(world.disk)
  for (const run of world.started) {
    if (!world.disk.runs.has(run)) world.breach('what was acknowledged exists', run)
  }
  for (const run of runIds(one)) {
    if (!world.started.has(run)) world.breach('people get an answer', `start of ${run}`)
  }
  for (const run of world.disk.runs.keys()) {
    const chain = verify(run)
    if (!chain.ok) world.breach('the chain holds', `${run}: ${chain.reason}`)
    try {
      checkRun(world, run)
    } catch (error) {
      world.breach('the records fit the plan', `${run}: ${String(error)}`)
    }
  }
  checkChildren(world)
  checkStates(world)
  checkDetached(world)
  checkGates(world, one)
  const { outbox, waits } = world.disk.mail
  if (outbox.size > 0) world.breach('every event is delivered', [...outbox.keys()].join())
  if (waits.size > 0) world.breach('nobody waits after the end', [...waits.keys()].join())
}

function checkRun(world: World, run: RunId): void {
  const kept = world.disk.runs.get(run)
  if (kept === undefined) return
  const { header, timers } = kept
  const records = world.records(run)
  const last = records.at(-1)
  if (header.endedAt === undefined)
    return world.breach('every run ends', `${run} is ${header.status}: ${JSON.stringify(last)}`)
  if (timers.size > 0)
    world.breach('an ended run has no timers', `${run} ${[...timers.keys()].join()}`)
  if (last?.kind !== `run.${header.status}`)
    world.breach('the header says how it ended', `${run} ${header.status}`)
  checkTold(world, run, kept.records)
  checkRecords(world, run, records)
  checkUndone(world, run, records)
  checkSignals(world, run, records)
  const plan = header.plan === world.built.mainDigest ? world.built.main : world.built.child
  const state = replay(plan, records)
  if (state.status !== header.status)
    world.breach('replay gives the end', `${run} ${state.status} ${header.status}`)
  const payloads = openPayloads({
    get: (digest) => world.disk.payloads.get(digest) as Uint8Array,
    put: () => {
      throw new Error('a view writes nothing')
    },
  })
  const view = viewRun({ plan, payloads }, records)
  const isOpen = view.steps.some(({ status }) => status === 'running' || status === 'waiting')
  if (view.status !== header.status || isOpen)
    world.breach('the view says how it ended', `${run} ${JSON.stringify(view.steps)}`)
}

/** What somebody was told is on disk, in the order in which it was told. */
function checkTold(world: World, run: RunId, texts: readonly string[]): void {
  let place = 0
  for (const text of world.told.get(run) ?? []) {
    place = texts.indexOf(text, place) + 1
    if (place > 0) continue
    return world.breach('what was reported is kept', `${run} ${text}`)
  }
}

function checkRecords(world: World, run: RunId, records: readonly RunRecord[]): void {
  const done = new Set<string>()
  let isCancelled = false
  let isOver = false
  records.forEach((record, index) => {
    if ((record.kind === 'run.started') !== (index === 0)) world.breach('a run starts once', run)
    if (isOver && record.kind !== 'run.retried')
      world.breach('nothing follows the end', `${run} ${JSON.stringify(record)}`)
    isOver =
      record.kind === 'run.done' || record.kind === 'run.failed' || record.kind === 'run.cancelled'
    if (record.kind === 'run.cancel') isCancelled = true
    if (record.kind === 'run.retried') {
      isCancelled = false
      const dropped = records[record.after]
      // The end of a branch is decided anew; what was done in it stays.
      if (dropped?.kind === 'step.done' && !/\/b\d+$/.test(dropped.path))
        world.breach('a retry keeps what was committed', `${run} ${dropped.path}`)
    }
    if (isCancelled && record.kind === 'step.started' && !isTidying(world, record.path)) {
      world.breach('a cancelled run begins nothing new', `${run} ${record.path}`)
    }
  })
  for (const { record } of counting(records)) {
    if (record.kind !== 'step.done' || !world.built.calls.has(stepIdOf(record.path))) continue
    if (done.has(record.path)) world.breach('a step is done once', `${run} ${record.path}`)
    done.add(record.path)
  }
}

/** What somebody was thanked for came once, and was taken at most once. */
function checkSignals(world: World, run: RunId, records: readonly RunRecord[]): void {
  const came = records.flatMap((record) =>
    record.kind === 'signal.received' ||
    record.kind === 'event.received' ||
    record.kind === 'approval.decided'
      ? record.id
      : [],
  )
  for (const record of records) {
    if (record.kind === 'event.emitted' && !world.delivered.has(record.id))
      world.breach('every event is delivered', `${run} ${record.path}`)
  }
  const thanked = world.thanked.get(run) ?? new Set()
  const isKept = [...thanked].every((id) => came.includes(id))
  if (!isKept) world.breach('what was told is kept', `${run} ${[...thanked].join()}`)
  const isSignal = (id: string): boolean => id.startsWith('told-')
  const taken = counting(records).flatMap(({ record }) =>
    record.kind === 'await.taken' && isSignal(record.id) ? record.id : [],
  )
  for (const ids of [came, taken]) {
    if (new Set(ids).size < ids.length) world.breach('a signal counts once', `${run} ${ids.join()}`)
  }
}

/** Steps that are there for a run that ends badly. */
function isTidying({ built }: World, path: string): boolean {
  const id = stepIdOf(path)
  return built.finals.has(id) || id.endsWith('!')
}

/** A step has one child per attempt. */
function checkChildren(world: World): void {
  const byCall = new Map<string, number>()
  for (const { header, records } of world.disk.runs.values()) {
    if (header.parent === undefined) continue
    const first = JSON.parse(records[0] ?? '{}') as Extract<RunRecord, { kind: 'run.started' }>
    const path = first.parent?.path ?? ''
    const call = `${header.parent} ${path}`
    byCall.set(call, (byCall.get(call) ?? 0) + 1)
    const parent = world.records(header.parent)
    const attempts = parent.filter(
      (record) =>
        (record.kind === 'step.failed' && record.path === path && record.retryAt !== undefined) ||
        (record.kind === 'run.retried' && record.afresh?.includes(path) === true),
    )
    if ((byCall.get(call) ?? 0) > attempts.length + 1) world.breach('one child per attempt', call)
  }
}

/** What comes out is what comes out without crashes, and what the second reading gives. */
export function checkOutcome(world: World, one: Case): void {
  if (one.cancelAt !== undefined) return
  const { gate, rate, quiet, turns } = one
  if (quiet !== undefined || turns !== undefined) return
  if (rate !== undefined && rate.onExceed !== 'queue') return
  if (gate !== undefined && gate.onConflict !== 'queue') return
  for (const [i, run] of runIds(one).entries()) {
    if (world.retried.has(run)) continue
    const facts = {
      run: { id: run, flow: 'main', startedAt: '', commit: null },
      input: { n: i + 3 },
    }
    const { ending, isRacy } = read(world.built, facts)
    const isUncertain = [...world.disk.runs.values()].some(({ records }) =>
      records.some((text) => text.startsWith('{"kind":"step.uncertain"')),
    )
    if (isRacy || isUncertain) continue
    const last = world.records(run).at(-1)
    const payload = last?.kind === 'run.done' ? last.output : undefined
    const output = payload !== undefined && 'value' in payload ? payload.value : null
    const code = last?.kind === 'run.failed' ? last.error.code : (last?.kind ?? 'nothing')
    const real: Ending =
      last?.kind === 'run.done' ? { kind: 'done', output } : { kind: 'failed', code }
    if (plainText({ ...real }) === plainText({ ...ending })) continue
    world.breach(
      'the outcome is what the flow says',
      `${run}: ${plainText({ ...real })} instead of ${plainText({ ...ending })}`,
    )
  }
}
