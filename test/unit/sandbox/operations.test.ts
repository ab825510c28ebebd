import { expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'

import { Bench } from './bench.ts'

const grants = { capabilities: { git: ['read'] as const }, permissions: { git: ['read'] as const } }
const actions = { default: { effects: 'read' as const } }

test('a guest waits for many answers at once, of which few are worked on at a time', async () => {
  let open = 0
  let most = 0
  await using bench = new Bench({
    operations: {
      call: async (_, args) => {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setImmediate(resolve))
        open--
        return args
      },
    },
  })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities },
    'export default async (n, ctx) => (await Promise.all(Array.from({ length: n }, (_, i) => ctx.git.read({ i })))).map((a) => a.i)',
  )
  const result = await bench.call(unit, 200, { permissions: grants.permissions })
  expect(result).toEqual({ ok: true, output: Array.from({ length: 200 }, (_, i) => i) })
  expect(most).toBe(limits.hostCallsInFlightMax)
})

test('the time of the host is not the time of the guest', async () => {
  await using bench = new Bench({
    operations: {
      call: async () => {
        await new Promise((resolve) => setTimeout(resolve, 700))
        return 'late'
      },
    },
  })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities, limits: { time: '500ms' } },
    `export default async (_, ctx) => {
       const answer = await ctx.git.read()
       if (answer !== 'late') for (;;);
       return answer
     }`,
  )
  expect(await bench.call(unit, null, { permissions: grants.permissions })).toEqual({
    ok: true,
    output: 'late',
  })
})

test('a guest that stalls after an answer is ended all the same', async () => {
  await using bench = new Bench({ operations: { call: async () => 'now' } })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities, limits: { time: '150ms' } },
    `export default async (_, ctx) => {
       await ctx.git.read()
       const other = ctx.git.read()
       Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)
       return other
     }`,
  )
  const result = await bench.call(unit, null, { permissions: grants.permissions })
  expect(result).toMatchObject({ error: { code: 'SANDBOX_TIME_EXCEEDED' } })
})

test('an operation hears that its call was called off', async () => {
  const heard: boolean[] = []
  const stop = new AbortController()
  await using bench = new Bench({
    operations: {
      call: async (_, __, { signal }) =>
        await new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            heard.push(true)
            resolve(null)
          })
          stop.abort()
        }),
    },
  })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities },
    'export default (_, ctx) => ctx.git.read()',
  )
  const result = await bench.call(unit, null, {
    permissions: grants.permissions,
    signal: stop.signal,
  })
  expect(result).toMatchObject({ error: { code: 'RUN_CANCELLED' } })
  expect(heard).toEqual([true])
})

test('an answer that is too large is a failure the guest can name', async () => {
  await using bench = new Bench({
    operations: { call: async () => 'x'.repeat(limits.hostAnswerCharsMax) },
  })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities },
    'export default (_, ctx) => ctx.git.read().catch((e) => e.code)',
  )
  expect(await bench.call(unit, null, { permissions: grants.permissions })).toEqual({
    ok: true,
    output: 'SANDBOX_SIZE_EXCEEDED',
  })
})

test('a guest that keeps all the memory while an answer comes is ended, not corrupted', async () => {
  await using bench = new Bench({ operations: { call: async () => 'x'.repeat(12_000_000) } })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities, limits: { memory: '32mb' } },
    'export default async (_, ctx) => { const kept = []; for (;;) kept.push(await ctx.git.read()) }',
  )
  expect(await bench.call(unit, null, { permissions: grants.permissions })).toMatchObject({
    error: { code: 'SANDBOX_MEMORY_EXCEEDED' },
  })
})

test('a failure of the host without a code tells the guest nothing of the machine', async () => {
  await using bench = new Bench({
    operations: {
      call: async () => {
        throw new Error('ENOENT: /home/ada/.secret')
      },
    },
  })
  const unit = await bench.plugin(
    { actions, capabilities: grants.capabilities },
    'export default (_, ctx) => ctx.git.read().catch((e) => [e.code, e.message])',
  )
  expect(await bench.call(unit, null, { permissions: grants.permissions })).toEqual({
    ok: true,
    output: ['RUN_STEP_FAILED', 'The host could not do "git.read".'],
  })
})

test('a sandbox that is closed calls off what comes', async () => {
  const bench = new Bench()
  const unit = await bench.transform('export default () => 1')
  await bench.caller.close()
  expect(await bench.call(unit)).toMatchObject({ error: { code: 'RUN_CANCELLED' } })
})
