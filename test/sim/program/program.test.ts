/**
 * Goal: what a flow does to the world is what its text says, however it is interrupted. Method:
 * random programs, read by plain recursion and run by the engine; cells, memory and outcome
 * must be equal. `IONFLUX_DEEP=1` tries fifty times as many, and larger ones.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { drive } from './drive.ts'
import { type Node, programs } from './program.ts'
import { print } from './print.ts'
import { read } from './reading.ts'

const isDeep = process.env['IONFLUX_DEEP'] !== undefined
const wanted = isDeep ? 100_000 : 2_000
const seed = Number(process.env['IONFLUX_PROGRAM_SEED'] ?? 20_261_121)

/** Everything is come to in so many programs at least. */
const reachedMin = 20
const kinds: Readonly<Record<Node['k'], true>> = {
  act: true,
  let: true,
  sleep: true,
  until: true,
  slow: true,
  if: true,
  switch: true,
  each: true,
  while: true,
  parallel: true,
  race: true,
  try: true,
  fail: true,
  assert: true,
  return: true,
  state: true,
  await: true,
  relay: true,
  approve: true,
  component: true,
  flow: true,
}
const others = ['a run that fails', 'a run that is done', 'a death', 'a second death']

test(`${wanted} programs do to the world what they say`, { timeout: wanted * 60 }, async () => {
  const reached = new Map<string, number>()
  const count = (what: string): void => void reached.set(what, (reached.get(what) ?? 0) + 1)
  const law = fc.asyncProperty(programs(isDeep ? 3 : 2), async (program) => {
    const { end, effects, state, reached: kinds } = read(program)
    for (const kind of kinds) count(kind)
    count('code' in end ? 'a run that fails' : 'a run that is done')
    const driven = await drive(program).catch((thrown: unknown) => ({ deaths: 0, thrown }))
    const { deaths, ...real } = driven
    if (deaths > 0) count('a death')
    if (deaths > 1) count('a second death')
    if (JSON.stringify(real) === JSON.stringify({ end, effects, state })) return
    const said = JSON.stringify({ real, reading: { end, effects, state } }, null, 1)
    throw new Error(`${print(program).flows.join('\n')}\n${said}`, { cause: real })
  })
  await fc.assert(law, { seed, numRuns: wanted })
  const seldom = [...Object.keys(kinds), ...others].filter(
    (what) => (reached.get(what) ?? 0) < reachedMin,
  )
  expect(seldom).toEqual([])
})
