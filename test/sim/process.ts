/**
 * One process of the simulation: an engine over fenced ports.
 *
 * A dead process goes on computing (nobody can stop a promise), but it touches neither the
 * disk nor the world again.
 */
import { type Digest, digestOfBytes } from '#engine/core/digest.ts'
import { openMemory, type MemoryHost } from '#engine/durable/memory.ts'
import { type Engine, openEngine } from '#engine/runtime/engine.ts'
import type { EnginePorts } from '#engine/runtime/live/inside.ts'
import type { Residents } from '#engine/runtime/live/residents.ts'
import type { PlanStep } from '#engine/plan/plan.ts'
import { keepingCaller } from '#engine/runtime/cache/keeping.ts'
import type { Batch, Caller, CallRequest, CallResult, RunLog } from '#engine/runtime/ports.ts'

import { stepIdOf } from './step-id.ts'
import { type Answer, resultOf, type World } from './world.ts'

/** Changes the ports of a process: how engines are sabotaged. */
export type Sabotage = (ports: EnginePorts, world: World) => EnginePorts

export interface Order {
  readonly at: number
  readonly wake: () => void
}

export interface Process {
  readonly engine: Engine
  readonly host: MemoryHost
  readonly orders: Set<Order>
  isDead: boolean
  /** Another process has taken over; this one does not know it yet. */
  isAside: boolean
  /** Commits what is queued; the process may die of it. */
  flush(): void
}

/** How often processes died where, while a step of which kind was open: `write race`; `cached` for a step that was not executed again. */
export const covered = new Map<string, number>()

/** The ways to die, counted by `World.points`. */
export type DiesAt = (point: number) => boolean

const never = new Promise<never>(() => undefined)

/** Boots a process on the disk of `world`. */
export function boot(
  world: World,
  how: { readonly diesAt: DiesAt; readonly sabotage?: Sabotage },
): Process {
  const host = openMemory(world.disk, { commit: 'manual' })
  const orders = new Set<Order>()
  const life = { isDead: false, isAside: false }
  /** True when the process dies here: at a write, before an effect, or after it. */
  const dies = (where: Where): boolean => {
    world.points += 1
    if (!how.diesAt(world.points)) return false
    life.isDead = true
    noteCovered(engine, where)
    return true
  }
  const mine = world.disk.writer
  world.disk.onWrite = () => {
    if (world.disk.writer === mine && dies('write')) throw new Error('the process died')
  }
  const flush = (): void => {
    try {
      if (!life.isDead) host.flush()
    } catch {
      life.isDead = true
    }
    world.noteEnds()
    world.noteEvents()
  }
  const { store } = host
  for (const [digest, bytes] of world.built.bytes) if (!store.has(digest)) store.put(bytes)
  const ports: EnginePorts = {
    journal: fencedJournal(world, { host, life, flush }),
    store: {
      put: (bytes): Digest => (life.isDead ? digestOfBytes(bytes) : store.put(bytes)),
      get: (digest) => store.get(digest),
      has: (digest) => store.has(digest),
    },
    states: host.states,
    logs: { write: () => undefined, read: () => [] },
    caller: remembering(host, world, (request) => call(world, { request, life, dies })),
    clock: {
      now: () => world.now,
      wakeAt(at, wake) {
        const order = { at, wake }
        if (!life.isDead) orders.add(order)
        return () => void orders.delete(order)
      },
    },
    ids: {
      runId: () => {
        throw new Error('every run of a simulation has a name')
      },
    },
    checkInput: (_, input) => Promise.resolve({ ok: true, input }),
    programs: world.built.programs,
  }
  const engine: Engine = openEngine(how.sabotage === undefined ? ports : how.sabotage(ports, world))
  engine.watch((run, records) => {
    if (life.isDead) return
    if (life.isAside) world.breach('who was passed over tells nobody', run)
    const told = world.told.get(run) ?? []
    world.told.set(run, told)
    for (const record of records) told.push(JSON.stringify(record))
  })
  return {
    engine,
    host,
    orders,
    flush,
    get isDead() {
      return life.isDead
    },
    set isDead(isDead) {
      life.isDead = isDead
    },
    get isAside() {
      return life.isAside
    },
    set isAside(isAside) {
      life.isAside = isAside
    },
  }
}

type Where = 'write' | 'call' | 'effect'

function cover(what: string): void {
  covered.set(what, (covered.get(what) ?? 0) + 1)
}

function noteCovered(engine: Engine, where: Where): void {
  const { residents } = engine as unknown as { readonly residents: Residents }
  for (const { state } of residents.all()) {
    for (const frame of state.frames.values()) {
      if (frame.kind === 'step') cover(`${where} ${nameOf(frame.step)}`)
    }
    if (state.undoing !== undefined) cover(`${where} undoing`)
    if (state.after !== undefined) cover(`${where} on_failure`)
    if (state.gate !== undefined) cover(`${where} ${state.gates[0]} gate`)
  }
}

function nameOf(step: PlanStep): string {
  if (step.kind === 'flow' && step.detach === true) return 'detached'
  return step.kind === 'call' && step.action.spends === true ? 'spending' : step.kind
}

interface Fence {
  readonly host: MemoryHost
  readonly life: { isDead: boolean }
  readonly flush: () => void
}

function fencedJournal(world: World, { host, life, flush }: Fence): EnginePorts['journal'] {
  const { journal } = host
  const fenced = (log: RunLog): RunLog => ({
    run: log.run,
    append(batch) {
      if (life.isDead) return never
      watchTimers(world, log, batch)
      return log.append(batch)
    },
    close: () => log.close(),
  })
  const dead = (run: RunLog['run']): RunLog => ({
    run,
    append: () => never,
    close: () => undefined,
  })
  return {
    ...journal,
    publish: (event) => (life.isDead ? never : journal.publish(event)),
    delivered(id) {
      if (life.isDead) return never
      world.mustHaveReached(id)
      world.delivered.add(id)
      return journal.delivered(id)
    },
    create: (header) => (life.isDead ? dead(header.run) : fenced(journal.create(header))),
    open(run) {
      if (host.queued() > 0) flush()
      return life.isDead ? dead(run) : fenced(journal.open(run))
    },
  }
}

/** A timer that fires is one that was set, and its time has come. */
function watchTimers(world: World, log: RunLog, batch: Batch): void {
  for (const record of batch.records) {
    if (record.at > world.now) world.breach('no record from the future', JSON.stringify(record))
    if (record.kind !== 'timer.fired') continue
    const timer = world.disk.runs.get(log.run)?.timers.get(`${record.timer} ${record.path}`)
    if (timer !== undefined && timer.due > record.at) {
      world.breach(
        'no timer fires before it is due',
        `${log.run} ${record.path} ${timer.due} ${record.at}`,
      )
    }
  }
}

/** Pure steps whose script never fails are kept from run to run, and through every crash. */
function remembering({ cache, store }: MemoryHost, world: World, inner: Caller['call']): Caller {
  const clock = { now: () => world.now }
  const { call } = keepingCaller({ call: inner }, { cache, store, clock, release: 'sim' })
  return {
    call(request) {
      const result = call(request)
      if (!(result instanceof Promise) && result.cached !== undefined) cover('cached')
      return result
    },
  }
}

interface Calling {
  readonly request: CallRequest
  readonly life: { readonly isDead: boolean; readonly isAside: boolean }
  readonly dies: (where: Where) => boolean
}

function call(world: World, { request, life, dies }: Calling): CallResult | Promise<CallResult> {
  if (life.isDead || dies('call')) return never
  if (life.isAside && request.action.effects !== 'pure')
    world.breach('who was passed over does nothing', `${request.run} ${request.path}`)
  world.execute(request)
  if (dies('effect')) return never
  const attempt = world.script(request)
  const result = resultOf(world.built, request, attempt)
  if (attempt.does === 'hang') return never
  if (attempt.ms < 0) return result
  const { promise, resolve } = Promise.withResolvers<CallResult>()
  const answer: Answer = { due: world.now + attempt.ms, give: () => resolve(result) }
  world.answers.add(answer)
  // A step that can be undone is waited for, and its service does not hear that it should stop.
  const isHeard = !world.built.calls.has(`${stepIdOf(request.path)}!`)
  if (isHeard) request.signal.addEventListener('abort', () => world.answers.delete(answer))
  return promise
}
