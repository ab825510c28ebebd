/**
 * Goal: whatever guest code does, the call ends with the right code in its time, and a
 * neighbour that runs beside it and after it gets its answer.
 */
import { afterAll, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'

import { Bench } from './bench.ts'

const bench = new Bench({ workers: 2 })
afterAll(async () => await bench.caller.close())

const timeMs = 200
/** The machine may be busy; what is measured is that nobody waits for seconds. */
const noiseMs = 700

/** Long enough for code whose end is another limit than time. */
const longMs = 5_000

const hostile: readonly (readonly [string, string, string])[] = [
  ['loops for ever', 'for (;;);', 'SANDBOX_TIME_EXCEEDED'],
  [
    'stalls in a built-in that looks at no clock',
    'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    'SANDBOX_TIME_EXCEEDED',
  ],
  ['stalls in another one', '[].join.call({ length: 2 ** 32 }, "")', 'SANDBOX_TIME_EXCEEDED'],
  [
    'matches a hostile pattern',
    'return /^(a+)+$/.test("a".repeat(64) + "b")',
    'SANDBOX_TIME_EXCEEDED',
  ],
  [
    'catches everything in a loop',
    'for (;;) { try { for (;;); } catch {} }',
    'SANDBOX_TIME_EXCEEDED',
  ],
  [
    'never ends its promises',
    'const again = async () => { for (;;) await null }; return again()',
    'SANDBOX_TIME_EXCEEDED',
  ],
  [
    'stalls in the getter of what it throws',
    'throw { get message() { for (;;); } }',
    'SANDBOX_TIME_EXCEEDED',
  ],
  ['stalls in toJSON', 'return { toJSON() { for (;;); } }', 'SANDBOX_TIME_EXCEEDED'],
  [
    'fills the memory with lists',
    'const all = []; for (;;) all.push(new Array(1000).fill(1))',
    'SANDBOX_MEMORY_EXCEEDED',
  ],
  [
    'fills the memory with text',
    'const all = []; for (;;) all.push("x".repeat(1e6) + all.length)',
    'SANDBOX_MEMORY_EXCEEDED',
  ],
  [
    'fills the memory with promises',
    'const f = () => Promise.resolve().then(f); f(); return new Promise(() => {})',
    'SANDBOX_MEMORY_EXCEEDED',
  ],
  ['calls itself for ever', 'const f = () => 1 + f(); return f()', 'SANDBOX_MEMORY_EXCEEDED'],
  [
    'gives a value nested too deeply',
    'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a',
    'SANDBOX_MEMORY_EXCEEDED',
  ],
  ['gives too much', `return "x".repeat(${limits.sandboxOutputBytesMax})`, 'SANDBOX_SIZE_EXCEEDED'],
  ['throws null', 'throw null', 'SANDBOX_GUEST_THREW'],
  [
    'throws a proxy that throws',
    'throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })',
    'SANDBOX_GUEST_THREW',
  ],
  [
    'throws an error with getters',
    'throw { get name() { throw 1 }, get message() { throw 2 }, get code() { return {} } }',
    'SANDBOX_GUEST_THREW',
  ],
  [
    'gives a promise that lies',
    'return { then(done) { done({ then() { throw new Error("no") } }) } }',
    'SANDBOX_GUEST_THREW',
  ],
]

test.each(hostile)('a guest that %s is contained', async (_, body, code) => {
  const guest = await bench.plugin(
    {
      actions: { default: { effects: 'pure' } },
      limits: {
        time: `${code === 'SANDBOX_TIME_EXCEEDED' ? timeMs : longMs}ms`,
        memory: code === 'SANDBOX_SIZE_EXCEEDED' ? '512mb' : '32mb',
      },
    },
    `export default () => { ${body} }`,
  )
  const neighbour = await bench.transform('export default (n: number) => n * 2')
  await bench.call(neighbour, 1)

  const attacked = bench.call(guest)
  expect(await bench.call(neighbour, 21)).toEqual({ ok: true, output: 42 })
  expect(await attacked).toMatchObject({ ok: false, error: { code } })
  expect(await Promise.all([1, 2, 3, 4].map(async (n) => await bench.call(neighbour, n)))).toEqual(
    [2, 4, 6, 8].map((output) => ({ ok: true, output })),
  )
})

test.each([
  ['that the engine ends', 'for (;;);'],
  [
    'that only the end of its thread ends',
    'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  ],
])('a guest %s is stopped soon after its time', async (_, body) => {
  const guest = await bench.plugin(
    {
      actions: { default: { effects: 'pure' }, ready: { effects: 'pure' } },
      limits: { time: `${timeMs}ms` },
    },
    `export default () => { ${body} }\nexport const ready = () => true`,
  )
  await bench.call(guest, null, { export: 'ready' })
  const start = performance.now()
  expect(await bench.call(guest)).toMatchObject({ error: { code: 'SANDBOX_TIME_EXCEEDED' } })
  const tookMs = performance.now() - start
  expect(tookMs).toBeGreaterThan(timeMs - 5)
  expect(tookMs).toBeLessThan(timeMs + limits.sandboxKillGraceMs + noiseMs)
})

test('what a guest broke in its own world does not reach the next call', async () => {
  const guest = await bench.transform(`export default (mode) => {
    if (mode === 'break') {
      Object.prototype.toJSON = () => 'broken'
      Array.prototype.map = () => 'broken'
      JSON.stringify = JSON.parse = Promise.prototype.then = () => 'broken'
      throw new Error('broken')
    }
    return [1, 2].map((n) => ({ n }))
  }`)
  const good = { ok: true, output: [{ n: 1 }, { n: 2 }] }
  for (let round = 0; round < 4; round++) {
    expect(await bench.call(guest, 'use')).toEqual(good)
    expect(await bench.call(guest, 'break')).toMatchObject({
      error: { code: 'SANDBOX_GUEST_THREW' },
    })
  }
  expect(await bench.call(guest, 'use')).toEqual(good)
})

test('an input that is nested too deeply is refused, not fatal', async () => {
  const guest = await bench.transform('export default (i) => i.length')
  const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as null
  expect(await bench.call(guest, deep)).toMatchObject({ error: { code: 'SANDBOX_SIZE_EXCEEDED' } })
  expect(await bench.call(guest, [1])).toEqual({ ok: true, output: 1 })
})

test('a guest cannot drown the log or the host', async () => {
  bench.logs.length = 0
  const guest = await bench.plugin(
    {
      actions: { log: { effects: 'pure' }, ask: { effects: 'read' } },
      capabilities: { git: ['read'] },
    },
    `export const log = () => { const line = 'x'.repeat(1e5); for (let i = 0; i < 5e3; i++) console.log(line) }
     export const ask = (_, ctx) => { const all = []; for (let i = 0; i < 5e4; i++) all.push(ctx.git.log()); return Promise.all(all) }`,
  )
  expect(await bench.call(guest, null, { export: 'log' })).toEqual({ ok: true, output: null })
  expect(bench.logs.length).toBe(limits.logsPerCallMax)
  expect(Math.max(...bench.logs.map((line) => line.text.length))).toBe(limits.logCharsMax)
  const asked = await bench.call(guest, null, { export: 'ask', permissions: { git: ['read'] } })
  expect(asked.ok).toBe(false)
})
