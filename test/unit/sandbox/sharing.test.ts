/**
 * Goal: calls that share a thread do not hold each other up while they wait, and when
 * one of them takes the thread down, the others get their results as if nothing had
 * been, with every operation of theirs done once. Method: one thread, host operations
 * that are answered when the test says so, and guests that stall in a built-in.
 */
import { expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { Bench } from './bench.ts'

const permissions = { git: ['read' as const] }
const stall = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'

/** A host whose answers wait until the gate is opened. */
function gatedHost(answer: (args: Json) => Json = (args) => args) {
  const gate = Promise.withResolvers<void>()
  const asked: Json[] = []
  const call = async (_: string, args: Json): Promise<Json> => {
    asked.push(args)
    await gate.promise
    return answer(args)
  }
  return { asked, open: () => gate.resolve(), operations: { call } }
}

async function asker(bench: Bench, body: string, time = '5s'): Promise<Digest> {
  return await bench.plugin(
    {
      actions: { default: { effects: 'read' } },
      capabilities: { git: ['read'] },
      limits: { time },
    },
    `export default async (n, ctx) => { ${body} }`,
  )
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

test('a call that waits for the host does not hold its thread', async () => {
  const host = gatedHost()
  await using bench = new Bench({ operations: host.operations, workers: 1 })
  const waiter = await asker(bench, 'return (await ctx.git.read({ n })).n')
  const quick = await bench.transform('export default (n: number) => n + 1')
  const waiting = [1, 2, 3].map(async (n) => await bench.call(waiter, n, { permissions }))
  await until(() => host.asked.length === 3)
  expect(await bench.call(quick, 1)).toEqual({ ok: true, output: 2 })
  host.open()
  expect(await Promise.all(waiting)).toEqual([1, 2, 3].map((output) => ({ ok: true, output })))
})

test('only so many calls wait on one thread; the next begin when they end', async () => {
  const host = gatedHost()
  await using bench = new Bench({ operations: host.operations, workers: 1 })
  const waiter = await asker(bench, 'return (await ctx.git.read({ n })).n')
  const count = limits.sandboxCallsPerThreadMax + 3
  const numbers = Array.from({ length: count }, (_, n) => n)
  const all = numbers.map(async (n) => await bench.call(waiter, n, { permissions }))
  await until(() => host.asked.length === limits.sandboxCallsPerThreadMax)
  host.open()
  expect(await Promise.all(all)).toEqual(numbers.map((output) => ({ ok: true, output })))
})

test('a call whose thread was ended by another goes on unseen, with nothing done twice', async () => {
  const host = gatedHost()
  await using bench = new Bench({ operations: host.operations, workers: 1 })
  const waiter = await asker(
    bench,
    `ctx.log.info('before')
     const first = await ctx.git.read({ n, step: 1 })
     ctx.log.info('between')
     const both = await Promise.all([ctx.git.read({ n, step: 2 }), ctx.git.read({ n, step: 3 })])
     return [first, ...both].map((one) => one.step)`,
  )
  const hostile = await asker(bench, stall, '100ms')
  const waiting = [1, 2].map(async (n) => await bench.measured(waiter, n, { permissions }))
  await until(() => host.asked.length === 2)
  expect(await bench.call(hostile)).toMatchObject({ error: { code: 'SANDBOX_TIME_EXCEEDED' } })
  host.open()
  const output = { ok: true, output: [1, 2, 3], usage: { hostCalls: 3 } }
  expect(await Promise.all(waiting)).toMatchObject([output, output])
  expect(host.asked).toHaveLength(6)
  expect(bench.logs.map((line) => line.text)).toEqual(['before', 'before', 'between', 'between'])
})

test('a call that begins again hears its answers in the order of the first time', async () => {
  let asked = 0
  const gate = Promise.withResolvers<void>()
  const late = new Set(['c', 'e'])
  await using bench = new Bench({
    workers: 1,
    operations: {
      call: async (_, args) => {
        asked++
        if (late.has((args as { n: string }).n)) await gate.promise
        return args
      },
    },
  })
  const waiter = await asker(
    bench,
    `const heard = []
     await Promise.all(['c', 'a', 'b'].map((n) => ctx.git.read({ n }).then(() => heard.push(n))))
     const after = await Promise.all(['d', 'e'].map((n) => ctx.git.read({ n })))
     return [...heard, ...after.map((one) => one.n)].join('')`,
  )
  const hostile = await asker(bench, stall, '100ms')
  const waiting = bench.call(waiter, null, { permissions })
  await until(() => asked === 3)
  await bench.call(hostile)
  const again = bench.call(hostile)
  gate.resolve()
  await again
  expect(await waiting).toEqual({ ok: true, output: 'abcde' })
  expect(asked).toBe(5)
})

test('a call that lost its thread too often is given up', async () => {
  const host = gatedHost()
  await using bench = new Bench({ operations: host.operations, workers: 1 })
  const waiter = await asker(bench, 'return ctx.git.read({ n })')
  const hostile = await asker(bench, stall, '50ms')
  const waiting = bench.call(waiter, 1, { permissions })
  await until(() => host.asked.length === 1)
  for (let round = 0; round <= limits.sandboxRestartsMax; round++) {
    await bench.call(hostile)
    // The waiting call is back on the new thread once a call after it has been served.
    await bench.call(await bench.transform(`export default () => ${round}`))
  }
  expect(await waiting).toMatchObject({ error: { code: 'SANDBOX_CRASHED' } })
  expect(host.asked).toHaveLength(1)
})

test('a call that was told too much to be told again is given up, not begun anew', async () => {
  const large = 'x'.repeat(limits.sandboxReplayCharsMax)
  let asked = 0
  await using bench = new Bench({
    workers: 1,
    operations: {
      call: async () => {
        if (++asked === 1) return large
        return await new Promise(() => {})
      },
    },
  })
  const waiter = await asker(bench, 'await ctx.git.read(); return ctx.git.read()')
  const hostile = await asker(bench, stall, '50ms')
  const waiting = bench.call(waiter, 1, { permissions })
  await until(() => asked === 2)
  await bench.call(hostile)
  expect(await waiting).toMatchObject({ error: { code: 'SANDBOX_CRASHED' } })
  expect(asked).toBe(2)
})

test('calling off a call that waits leaves the others of its thread alone', async () => {
  const host = gatedHost()
  await using bench = new Bench({ operations: host.operations, workers: 1 })
  const waiter = await asker(bench, 'return (await ctx.git.read({ n })).n')
  const stop = new AbortController()
  const off = bench.call(waiter, 1, { permissions, signal: stop.signal })
  const on = bench.call(waiter, 2, { permissions })
  await until(() => host.asked.length === 2)
  stop.abort()
  expect(await off).toMatchObject({ error: { code: 'RUN_CANCELLED' } })
  host.open()
  expect(await on).toEqual({ ok: true, output: 2 })
  expect(host.asked).toHaveLength(2)
})

test('a call says what it took', async () => {
  await using bench = new Bench({ operations: { call: async () => 'four' }, workers: 1 })
  const unit = await asker(
    bench,
    `console.log('12345')
     await ctx.git.read({ a: 1 })
     const kept = new Uint8Array(n).fill(1)
     for (let i = 0; i < 200_000; i++) kept[i % 10] ^= i
     return 'é'`,
  )
  const small = await bench.measured(unit, 1_000, { permissions })
  const large = await bench.measured(unit, 6_000_000, { permissions })
  expect(small).toMatchObject({
    ok: true,
    usage: {
      wallMs: expect.any(Number) as number,
      hostCalls: 1,
      bytesIn: '1000'.length + '"four"'.length,
      bytesOut: Buffer.byteLength('"é"') + '{"a":1}'.length + '12345'.length,
    },
  })
  expect(small.usage?.cpuMs).toBeGreaterThan(1)
  expect(small.usage?.wallMs).toBeGreaterThan(small.usage?.cpuMs ?? 0)
  expect(small.usage?.peakBytes).toBeLessThan(2_000_000)
  expect(large.usage?.peakBytes).toBeGreaterThan(6_000_000)
})
