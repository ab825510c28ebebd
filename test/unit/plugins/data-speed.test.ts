/**
 * Goal: what works on rows takes no more than a second for 100,000 of them. Method: a fifth of
 * them through the real sandbox, in processor time of the code itself, and twice the time for
 * what busy neighbours on the same core cost.
 */
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { Bench } from '#engine/host/plugin/bench.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'

const share = 5
const cpuMsMax = (1_000 / share) * 2
const countries = ['PT', 'DE', 'FR', 'ES', 'IT']
/** The order of sums is mixed, and most names come several times. */
const rows = Array.from({ length: 100_000 / share }, (_, id) => ({
  id,
  name: `customer ${(id * 7919) % 1_000}`,
  country: countries[id % countries.length] ?? '',
  total: ((id * 104_729) % 1_000_003) / 100,
}))
const people = Array.from({ length: 1_000 }, (_, at) => ({ name: `customer ${at}`, at }))

let bench: Bench
beforeAll(async () => {
  const folder = openPlugin(join(import.meta.dirname, '../../../plugins/std/data'))
  const { built, problems } = await buildFolder(folder)
  if (built === undefined) throw new Error(JSON.stringify(problems))
  bench = new Bench(built)
})
afterAll(async () => await bench[Symbol.asyncDispose]())

const calls: readonly (readonly [string, Json, number])[] = [
  ['group', { rows, by: ['country', 'name'] }, 1_000],
  ['join', { left: rows, right: people, on: 'name' }, rows.length],
  ['sort', { rows, by: ['country', { key: 'total', order: 'desc' }] }, rows.length],
  ['dedupe', { rows, by: 'name' }, 1_000],
  [
    'aggregate',
    {
      rows,
      by: ['name'],
      values: { n: { count: true }, sum: { sum: 'total' }, mid: { median: 'total' } },
    },
    1_000,
  ],
]

test.each(calls)('%s takes a second for 100,000 rows at most', async (action, input, length) => {
  const operations = { call: () => Promise.reject(new Error('none is asked for')) }
  const result = await bench.call({ action, input, permissions: {}, operations })
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  expect(result.output).toHaveLength(length)
  expect(result.usage.cpuMs).toBeLessThan(cpuMsMax)
})
