/** Goal: an action has no more of its plugin's powers than it says it needs. */
import { afterAll, expect, test } from 'vitest'

import { Bench } from '#test/unit/sandbox/bench.ts'

const bench = new Bench({ operations: { call: async (op) => op }, workers: 1 })
afterAll(async () => await bench[Symbol.asyncDispose]())

test('an action that does not need a power has it not', async () => {
  const code = `
    export const read = async (_, ctx) => await ctx.git.log()
    export const count = read
    export const all = read`
  const actions = {
    read: { effects: 'read', needs: ['git'] },
    count: { effects: 'read', needs: [] },
    all: { effects: 'read' },
  } as const
  const unit = await bench.plugin({ capabilities: { git: ['read'] }, actions }, code)
  const permissions = { git: ['read'] }
  const call = async (action: string): Promise<unknown> =>
    await bench.call(unit, null, { export: action, permissions })
  expect(await call('read')).toEqual({ ok: true, output: 'git.log' })
  expect(await call('all')).toEqual({ ok: true, output: 'git.log' })
  expect(await call('count')).toMatchObject({
    error: { code: 'CAP_NOT_GRANTED', data: { by: 'plugin', capability: 'git: read' } },
  })
})

test('an action may need one word of a power', async () => {
  const code = `
    export const read = async (_, ctx) => await ctx.git.log()
    export const write = async (_, ctx) => await ctx.git.commit({ branch: 'a', files: [] })`
  const actions = {
    read: { effects: 'read', needs: ['git:read'] },
    write: { effects: 'idempotent', needs: ['git:read'] },
  } as const
  const unit = await bench.plugin({ capabilities: { git: ['read', 'write'] }, actions }, code)
  const permissions = { git: ['read', 'write'] }
  const call = async (action: string): Promise<unknown> =>
    await bench.call(unit, null, { export: action, permissions })
  expect(await call('read')).toEqual({ ok: true, output: 'git.log' })
  expect(await call('write')).toMatchObject({
    error: { code: 'CAP_NOT_GRANTED', data: { by: 'plugin' } },
  })
})
