/**
 * Runs one case to its end under a seeded scheduler, with a crash wherever it is told to.
 *
 * One loop makes one move at a time: commit, give an answer, cancel, or let time pass. Which
 * of the possible moves comes next depends on the case alone, so a case and its crash points
 * give the same world every time.
 */
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { replay } from '#engine/runtime/decider/replay.ts'

import { type Built, build } from './build.ts'
import { type Case, runIds, type Told } from './case.ts'
import { checkState } from './check.ts'
import { boot, type Process, type Sabotage } from './process.ts'
import { World } from './world.ts'

export interface Simulation {
  readonly case: Case
  readonly built?: Built
  /** Points at which the process dies: the second may be one of the recovery. */
  readonly crashAt?: readonly number[]
  readonly sabotage?: Sabotage
}

/** The bounds of liveness: moves of the scheduler, and virtual time. */
const movesMax = 6_000
const virtualMsMax = 3 * 24 * 3_600_000
/** Longer than any chain of promises between two moves. */
const hops = 16
const settled = Promise.resolve()

/** Simulates until everything has ended or nothing can move. */
export async function simulate(one: Simulation): Promise<World> {
  ;(limits as { turnRecordsMax: number }).turnRecordsMax = one.case.turn
  const world = new World(one.built ?? build(one.case))
  const crashAt = new Set(one.crashAt)
  const how = {
    diesAt: (point: number): boolean => crashAt.has(point),
    ...(one.sabotage === undefined ? {} : { sabotage: one.sabotage }),
  }
  const chance = generator(one.case.order)
  const people = new People(world, one.case)
  const begun = world.now
  let process = boot(world, how)
  people.meet(process)
  for (let move = 0; ; move++) {
    for (let i = 0; i < hops; i++) await settled
    if (process.isDead) {
      world.crashes += 1
      world.answers.clear()
      process = boot(world, how)
      for (const run of process.engine.recover()) void run
      people.meet(process)
      continue
    }
    if (move > movesMax || world.now - begun > virtualMsMax) {
      world.breach('every run ends', `still moving after ${move} moves`)
      return world
    }
    if (process.host.queued() === 0 && chance(6) === 0) checkState(world, process)
    // Before time passes: what waits is told of something.
    const isQuiet = process.host.queued() === 0 && ![...world.answers].some(isDue(world))
    if (people.tell(process, isQuiet && chance(8) > 0 ? Infinity : move) && isQuiet) continue
    people.act(process, move)
    if (!advance(world, process, chance) && !people.actWhenIdle(process)) return world
  }
}

function isDue(world: World): (answer: { readonly due: number }) => boolean {
  return ({ due }) => due <= world.now
}

/** Makes one move; false when there is none. */
function advance(world: World, process: Process, chance: (below: number) => number): boolean {
  const due = [...world.answers].filter(isDue(world))
  const isQueued = process.host.queued() > 0
  const moves = due.length + (isQueued ? 1 : 0)
  if (moves > 0 && (!isQueued || chance(12) > 0)) {
    const chosen = due[chance(moves)]
    if (chosen === undefined) process.flush()
    else {
      world.answers.delete(chosen)
      chosen.give()
    }
    return true
  }
  const next = [...process.orders, ...world.answers].map((one) => ('at' in one ? one.at : one.due))
  if (next.length === 0) {
    if (isQueued) process.flush()
    return isQueued
  }
  world.now = Math.max(
    world.now,
    next.reduce((a, b) => Math.min(a, b)),
  )
  const order = [...process.orders].filter(({ at }) => at <= world.now)[0]
  if (order === undefined) return true
  process.orders.delete(order)
  order.wake()
  return true
}

/** An answer to what some run asks. */
interface Given {
  readonly run: RunId
  readonly path: string
  readonly id: string
  readonly by: number
  readonly isYes: boolean
  isHeard: boolean
}

/** What says whether a run is paused. */
const pauseKinds = new Set(['run.paused', 'run.resumed', 'run.cancel', 'run.retried'])

/** What people may be told instead of thanks. */
const answers = new Set([
  'RUN_ALREADY_ENDED',
  'RUN_NOT_RETRYABLE',
  'RUN_APPROVAL_CLOSED',
  'RUN_APPROVAL_REFUSED',
  'RUN_NOT_UNCERTAIN',
])

/** Who starts runs, cancels one and retries what failed. They outlive every process. */
class People {
  readonly #world: World
  readonly #case: Case
  readonly #runs: readonly RunId[]
  #hasCancelled = false
  #hasPaused = false
  #retriesLeft: number
  /** Signals whose sender waits for an answer, or has one. */
  readonly #sent = new Set<Told>()
  readonly #answered = new Set<Told>()
  /** What was answered, and whether somebody was thanked for it. */
  readonly #given: Given[] = []

  constructor(world: World, one: Case) {
    this.#world = world
    this.#case = one
    this.#runs = runIds(one)
    this.#retriesLeft = one.retries * one.runs
  }

  /** A process is there: whoever got no acknowledgement asks again. */
  meet(process: Process): void {
    for (const told of this.#sent) if (!this.#answered.has(told)) this.#tell(process, told)
    for (const one of this.#given) if (!one.isHeard) this.#answer(process, one)
    for (const [i, run] of this.#runs.entries()) {
      if (this.#world.started.has(run)) continue
      const start = { plan: this.#world.built.mainDigest, input: { n: i + 3 }, source: {}, run }
      void this.#promise(process, process.engine.start(start), () => this.#world.started.add(run))
    }
  }

  act(process: Process, move: number): void {
    const { cancelAt, pauseAt = Infinity } = this.#case
    const run = this.#runs[0]
    if (!this.#hasPaused && move >= pauseAt && run !== undefined && this.#world.started.has(run)) {
      this.#hasPaused = true
      void this.#promise(process, process.engine.pause(run), () => undefined)
    }
    if (this.#hasCancelled || cancelAt === undefined || move < cancelAt || run === undefined) return
    if (!this.#world.started.has(run)) return
    this.#hasCancelled = true
    void this.#promise(process, process.engine.cancel(run, 'a person'), () =>
      this.#world.promisedCancel(run),
    )
  }

  /** Nothing moves any more: somebody retries what did not end well. True when somebody acted. */
  actWhenIdle(process: Process): boolean {
    const world = this.#world
    if (this.#settles(process) || this.#resumes(process)) return true
    for (const run of this.#runs) {
      const status = world.disk.runs.get(run)?.header.status
      if (this.#retriesLeft <= 0 || (status !== 'failed' && status !== 'cancelled')) continue
      this.#retriesLeft -= 1
      world.retried.set(run, (world.retried.get(run) ?? 0) + 1)
      void this.#promise(process, process.engine.retry(run), () => undefined)
      return true
    }
    return false
  }

  /** Has what is paused go on; true when something was. */
  #resumes(process: Process): boolean {
    const run = this.#runs[0]
    const header = run === undefined ? undefined : this.#world.disk.runs.get(run)?.header
    if (run === undefined || header === undefined || header.endedAt !== undefined) return false
    const last = this.#world.records(run).findLast(({ kind }) => pauseKinds.has(kind))
    if (last?.kind !== 'run.paused') return false
    void this.#promise(process, process.engine.resume(run), () => undefined)
    return true
  }

  #receiver({ run }: Told): RunId {
    return this.#runs[run % this.#runs.length] as RunId
  }

  /** Tells a run the next of what it is to hear, if it is time; true when somebody spoke. */
  tell(process: Process, move: number): boolean {
    if (move === Infinity && this.#answerNext(process)) return true
    const next = this.#case.signals?.find((told) => !this.#sent.has(told))
    if (next === undefined || move < next.at) return false
    if (!this.#world.started.has(this.#receiver(next))) return false
    this.#tell(process, next)
    return true
  }

  /** Answers the first of what is asked on the disk; true when somebody spoke. */
  #answerNext(process: Process): boolean {
    const next = this.#case.answers?.[this.#given.length]
    if (next === undefined) return false
    for (const [run, paths] of this.#world.disk.mail.waits) {
      const found = [...paths].find(([, text]) => text.includes('"approval"'))
      if (found === undefined) continue
      const given = { ...next, run, path: found[0], id: `answer-${this.#given.length}` }
      this.#given.push({ ...given, isHeard: false })
      this.#answer(process, this.#given.at(-1) as Given)
      return true
    }
    return false
  }

  #answer(process: Process, given: Given): void {
    const { run, path, id, isYes } = given
    const decision = isYes ? 'approve' : 'reject'
    const asked = process.engine.answer(run, { path, id, by: `user:p${given.by}`, decision })
    void this.#promise(process, asked, () => {
      given.isHeard = true
      this.#world.thanked.set(run, (this.#world.thanked.get(run) ?? new Set()).add(id))
    })
  }

  #tell(process: Process, told: Told): void {
    this.#sent.add(told)
    const run = this.#receiver(told)
    const id = `told-${this.#case.signals?.indexOf(told)}`
    const data = { even: told.data % 2 === 0, n: told.data }
    const asked = process.engine.signal(run, { name: `n${told.name}`, data, id })
    void this.#promise(process, asked, () => {
      this.#answered.add(told)
      this.#world.thanked.set(run, (this.#world.thanked.get(run) ?? new Set()).add(id))
    })
  }

  /** Somebody looks after a step of which nobody knows; true when there was one. */
  #settles(process: Process): boolean {
    for (const [run, { header }] of this.#world.disk.runs) {
      if (header.status !== 'uncertain') continue
      const records = this.#world.records(run)
      const { built } = this.#world
      const plan = header.plan === built.mainDigest ? built.main : built.child
      const [path] = replay(plan, records).uncertain
      if (path === undefined) continue
      const how = (['happened', 'did-not-happen', 'retry'] as const)[
        (records.length + this.#case.order) % 3
      ]
      const settled = { path, how: how ?? 'retry', output: 17, id: `${path} ${records.length}` }
      void this.#promise(process, process.engine.settle(run, settled), () => undefined)
      return true
    }
    return false
  }

  async #promise(process: Process, asked: Promise<unknown>, kept: () => void): Promise<void> {
    try {
      await asked
      if (!process.isDead) kept()
    } catch (error) {
      const code = (error as { code?: string }).code
      if (!process.isDead && !answers.has(code ?? '')) {
        this.#world.breach('people get an answer', String((error as Error).stack))
      }
    }
  }
}

/** What people may be told instead of getting what they asked for. */

/** Numbers below a bound, the same for the same seed (xorshift). */
function generator(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 88_675_123) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}
