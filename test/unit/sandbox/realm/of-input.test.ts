/**
 * Goal: the sandbox knows of each call whether anything but code and input went into its output.
 * Method: calls that look at everything there is to look at.
 */
import { afterAll, expect, test } from 'vitest'

import { Bench } from '#test/unit/sandbox/bench.ts'

const bench = new Bench({ operations: { call: async () => 1 } })
afterAll(async () => await bench.caller.close())

const of = async (body: string): Promise<unknown> => {
  const unit = await bench.transform(`export default async (input) => { ${body} }`)
  return (await bench.measured(unit, { n: 1 })).isOfInput
}

test.each([
  ['computes', 'return input.n + 1'],
  [
    'makes a date of its own',
    'return new Date(2020, 1, 1).toISOString() + new Date("2020-01-01").getTime()',
  ],
  ['waits', 'await new Promise((go) => setTimeout(go, 50)); return 1'],
  [
    'hashes',
    'return [...new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(4)))]',
  ],
  ['keeps something for later', 'globalThis.seen = 1; return globalThis.seen'],
])('a call that %s gives what follows from its input', async (_, body) => {
  expect(await of(body)).toBe(true)
})

test.each([
  ['asks the time', 'return Date.now()'],
  ['asks for the date', 'return new Date().toISOString()'],
  ['asks for the date as a text', 'return Date()'],
  ['asks for the date behind a back', 'return Reflect.construct(Date, []).getTime()'],
  ['asks how long it takes', 'return performance.now()'],
  ['asks when it began', 'return performance.timeOrigin'],
  ['leaves it to chance', 'return Math.random()'],
  ['makes an id', 'return crypto.randomUUID()'],
  ['makes random bytes', 'return [...crypto.getRandomValues(new Uint8Array(2))]'],
  ['writes a line', 'console.log("hello"); return 1'],
  ['asks the time and drops it', 'Date.now(); return 1'],
])('a call that %s does not', async (_, body) => {
  expect(await of(body)).toBeUndefined()
})

test('a call of a realm that was warm begins anew', async () => {
  const text = 'export default ({ n }) => (n === 1 ? Math.random() : n)'
  const unit = await bench.transform(text)
  const seen = []
  for (const n of [2, 1, 2]) seen.push((await bench.measured(unit, { n })).isOfInput)
  expect(seen).toEqual([true, undefined, true])
})

test.each([
  ['knows its run', 'return ctx.run.id', undefined],
  ['takes its run apart', 'const { run } = ctx; return run.path', undefined],
  ['prints all it gets', 'return JSON.stringify(ctx)', undefined],
  ['asks the host', 'return await ctx.state.get("k")', undefined],
  ['has a context and leaves it', 'return input', true],
])('an action that %s', async (_, body, expected) => {
  const unit = await bench.plugin(
    { actions: { default: { effects: 'pure' } }, capabilities: { state: ['read'] } },
    `export default async (input, ctx) => { ${body} }`,
  )
  const result = await bench.measured(unit, 1, { permissions: { state: ['read'] } })
  expect(result.ok).toBe(true)
  expect(result.isOfInput).toBe(expected)
})
