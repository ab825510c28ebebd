/**
 * Runs one case to its end under a seeded scheduler, with a crash wherever it is told to.
 *
 * One loop makes one move at a time: commit, give an answer, cancel, or let time pass. Which
 * of the possible moves comes next depends on the case alone, so a case and its crash points
 * give the same world every time.
 */
import { limits } from '#engine/core/limits.ts'

import { type Built, build } from './build.ts'
import type { Case } from './case.ts'
import { checkState } from './check.ts'
import { People } from './people/people.ts'
import { boot, type Process, type Sabotage } from './process.ts'
import { World } from './world.ts'

export interface Simulation {
  readonly case: Case
  readonly built?: Built
  /** Points at which the process dies: the second may be one of the recovery. */
  readonly crashAt?: readonly number[]
  /** Moves after which the process stands still for a while, and another one takes over. */
  readonly passedOverAt?: readonly number[]
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
  const aside: Process[] = []
  for (let move = 0; ; move++) {
    for (let i = 0; i < hops; i++) await settled
    if (one.passedOverAt?.includes(move) === true && !process.isDead) {
      process.isAside = true
      aside.push(process)
      process = boot(world, how)
      for (const run of process.engine.recover()) void run
      people.meet(process)
      continue
    }
    if (wakes(aside, move)) continue
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
    if (people.comes(process, move)) continue
    people.act(process, move)
    if (!advance(world, process, chance) && !people.actWhenIdle(process)) return world
  }
}

/** One that was passed over wakes up, and goes on as if nothing had been; true when it did. */
function wakes(aside: readonly Process[], move: number): boolean {
  const one = aside[move % 3]
  if (one === undefined || one.isDead) return false
  const [order] = one.orders
  if (order === undefined && one.host.queued() === 0) return false
  if (one.host.queued() > 0) one.flush()
  else if (order !== undefined) {
    one.orders.delete(order)
    order.wake()
  }
  return true
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
