/**
 * Tries every crash point of a case, and pairs of them, and shrinks what breaks a law to one line.
 */
import fc from 'fast-check'

import { build } from './build.ts'
import { type Case, cases } from './case.ts'
import { checkEnd, checkOutcome } from './check.ts'
import type { Sabotage } from './process.ts'
import { simulate } from './simulate.ts'
import type { Breach } from './world.ts'

export interface Found {
  readonly crashAt: readonly number[]
  /** Moves at which another process took over. */
  readonly passedOverAt?: readonly number[]
  readonly breaches: readonly Breach[]
}

export interface Explored {
  /** Crash points tried. */
  readonly points: number
  readonly found?: Found
}

export interface Search {
  /** Only the first so many points of the case. */
  readonly pointsMax?: number
  /** Every so many points a second crash follows, most of them in the recovery. */
  readonly doubleEvery?: number
  readonly sabotage?: Sabotage
}

/** Runs `one` without a crash and then once per crash point; stops at the first breach. */
export async function explore(one: Case, search: Search = {}): Promise<Explored> {
  const { pointsMax = 200, doubleEvery = 8 } = search
  const built = build(one)
  let points = 0
  const fails = async (
    crashAt: readonly number[],
    passedOverAt: readonly number[] = [],
  ): Promise<Found | number> => {
    const sabotage = search.sabotage === undefined ? {} : { sabotage: search.sabotage }
    const world = await simulate({ case: one, built, crashAt, passedOverAt, ...sabotage })
    checkEnd(world, one)
    checkOutcome(world, one)
    if (crashAt.length + passedOverAt.length > 0) points += 1
    if (world.breaches.length === 0) return world.points
    return { crashAt, passedOverAt, breaches: world.breaches }
  }
  const whole = await fails([])
  if (typeof whole !== 'number') return { points, found: whole }
  for (let point = 1; point <= Math.min(whole, pointsMax); point++) {
    const single = await fails([point])
    if (typeof single !== 'number') return { points, found: single }
    if (point % doubleEvery !== 0) continue
    for (const crashAt of [[], [point + 3]]) {
      const rivals = await fails(crashAt, [point >> 1, point])
      if (typeof rivals !== 'number') return { points, found: rivals }
    }
    for (const later of [1, 2, 4, 7]) {
      const double = await fails([point, point + later])
      if (typeof double !== 'number') return { points, found: double }
    }
  }
  return { points }
}

/** One line that says how to see a failure again: seed, crash point, the smallest case. */
export async function report(seed: number, found: Found, search: Search = {}): Promise<string> {
  let smallest: { readonly case: Case; readonly found: Found } | undefined
  await fc.check(
    fc.asyncProperty(cases(), async (one) => {
      const explored = await explore(one, { ...search, pointsMax: 120 })
      if (explored.found === undefined) return true
      smallest = { case: one, found: explored.found }
      return false
    }),
    { seed, numRuns: 1, interruptAfterTimeLimit: 15_000 },
  )
  const { law, detail } = (smallest?.found ?? found).breaches[0] ?? { law: '', detail: '' }
  const crashAt = JSON.stringify((smallest?.found ?? found).crashAt)
  const { passedOverAt = [] } = smallest?.found ?? found
  const over = passedOverAt.length === 0 ? '' : `, passed over ${JSON.stringify(passedOverAt)}`
  return `seed ${seed}, crash ${crashAt}${over}: ${law} (${detail.slice(0, 300)}); case ${JSON.stringify(smallest?.case ?? 'as it is')}`
}
