/**
 * Goal: whatever a flow does and wherever its process dies, once or twice, nothing that was
 * acknowledged is lost and no law of `check.ts` is broken. Method: generated flows, each run
 * once per crash point. `IONFLUX_SIM_POINTS` sets how many, `npm run test:deep` runs a million.
 */
import { expect, test } from 'vitest'

import { type Case, caseOf } from './case.ts'
import { explore, report } from './explore.ts'
import regressions from './regressions.json' with { type: 'json' }
import { covered } from './process.ts'
import { simulate } from './simulate.ts'

const isDeep = process.env['IONFLUX_DEEP'] !== undefined
const pointsWanted = Number(process.env['IONFLUX_SIM_POINTS'] ?? (isDeep ? 1_000_000 : 20_000))
const places = ['write', 'call', 'effect'] as const
const open = [
  'call',
  'flow',
  'if',
  'switch',
  'each',
  'while',
  'parallel',
  'race',
  'try',
  'sleep',
  'await',
  'approve',
  'undoing',
  'on_failure',
  'component',
  'detached',
  'spending',
  'concurrency gate',
] as const
/** Who waits for the time of others seldom has company that calls. */
const gates = ['write rateLimit gate', 'write debounce gate'] as const
/** Processes that died at each of these places, with each of these open, in 20,000 points. */
const coveredMin = 25
const firstSeed = Number(process.env['IONFLUX_SIM_SEED'] ?? 1)

test.each(regressions as unknown as readonly { readonly why: string; readonly case: Case }[])(
  'holds where it once broke: $why',
  async (one) => {
    expect((await explore(one.case)).found).toBeUndefined()
  },
)

test('gives the same world for the same case and crash points', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const one = caseOf(seed)
    const worlds = [
      await simulate({ case: one, crashAt: [seed % 23] }),
      await simulate({ case: one, crashAt: [seed % 23] }),
    ]
    const [first, second] = worlds.map((world) =>
      [...world.disk.runs.values()].map(({ records }) => records),
    )
    expect(second).toEqual(first)
  }
})

test(
  `keeps every law at ${pointsWanted} crash points`,
  { timeout: Math.max(120_000, pointsWanted * 30) },
  async () => {
    let points = 0
    for (let seed = firstSeed; points < pointsWanted; seed++) {
      const explored = await explore(caseOf(seed))
      points += explored.points
      if (explored.found !== undefined) throw new Error(await report(seed, explored.found))
    }
    expect(points).toBeGreaterThanOrEqual(pointsWanted)
    // Every place to die, while every kind of step is open that can be open there.
    const wanted = [
      ...places.flatMap((at) => open.map((kind) => `${at} ${kind}`)),
      ...gates,
      'cached',
    ]
    const counts = wanted.map((what) => [what, covered.get(what) ?? 0] as const)
    if (isDeep) console.table(Object.fromEntries(counts))
    const seldom = counts.filter(([, count]) => count < (points < 10_000 ? 0 : coveredMin))
    expect(seldom).toEqual([])
  },
)
