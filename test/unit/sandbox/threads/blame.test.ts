/**
 * Goal: of many quick calls that were sent together, only the one that stopped its thread
 * is to blame. Method: one code is quick until its input tells it otherwise, in a built-in
 * that never looks at its deadline.
 */
import { expect, test } from 'vitest'

import { Bench } from '#test/unit/sandbox/bench.ts'

const stall = `Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)`
const code = `export default (n) => { if (n === 'stall') ${stall}; if (n === 'loop') for (;;); return n }`

async function open(bench: Bench): Promise<(input: string | number) => Promise<unknown>> {
  const actions = { default: { effects: 'pure' } } as const
  const unit = await bench.plugin({ actions, limits: { time: '300ms' } }, code)
  const call = async (input: string | number): Promise<unknown> => {
    const result = await bench.call(unit, input)
    return result.ok ? result.output : result.error.code
  }
  for (let n = 0; n < 20; n++) await call(n)
  return call
}

test.each([
  ['never looks at its deadline', 'stall'],
  ['loops', 'loop'],
])(
  'only the call that %s is ended, and the quick ones before and after it are not',
  async (_, bad) => {
    await using bench = new Bench({ workers: 1 })
    const call = await open(bench)
    const inputs = Array.from({ length: 24 }, (_n, n) => (n === 11 ? bad : n))
    const outputs = await Promise.all(inputs.map(call))
    expect(outputs).toEqual(inputs.map((n) => (n === bad ? 'SANDBOX_TIME_EXCEEDED' : n)))
  },
)

test('a call is ended soon after its deadline, with quick calls before it', async () => {
  await using bench = new Bench({ workers: 1 })
  const call = await open(bench)
  const start = performance.now()
  const quick = [1, 2, 3, 4, 5].map(call)
  expect(await call('stall')).toBe('SANDBOX_TIME_EXCEEDED')
  expect(performance.now() - start).toBeGreaterThan(300)
  expect(await Promise.all(quick)).toEqual([1, 2, 3, 4, 5])
})
