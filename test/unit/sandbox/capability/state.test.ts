/**
 * Goal: a plugin reads and writes what its flow remembers, and nothing of another flow,
 * whatever it says. Method: guests in the real sandbox over the memory host.
 */
import { afterAll, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { openMemory } from '#engine/durable/memory.ts'
import type { Capabilities } from '#engine/dsl/manifest.ts'
import type { CallRequest, CallResult } from '#engine/runtime/ports.ts'
import { stateOperations } from '#engine/sandbox/capability/state.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const all = { state: ['read' as const, 'write' as const] }

/** One sandbox for all tests: what the host does is another thing in each. */
let operations: HostOperations
const bench = new Bench({
  operations: { call: async (...asked) => await operations.call(...asked) },
  workers: 1,
})
afterAll(async () => await bench[Symbol.asyncDispose]())

async function call(
  code: string,
  { asks = all, states = openMemory().states, effects = 'idempotent', ...rest }: Guest = {},
): Promise<CallResult> {
  operations = stateOperations(states)
  const manifest = { capabilities: asks, actions: { default: { effects } } }
  const unit = await bench.plugin(
    manifest,
    `export default async (input, { state }) => { ${code} }`,
  )
  const action = { name: 'test/it', unit, export: 'default', effects }
  return await bench.call(unit, null, { permissions: all, action, ...rest })
}

interface Guest extends Partial<CallRequest> {
  readonly asks?: Capabilities
  readonly states?: ReturnType<typeof openMemory>['states']
  readonly effects?: 'read' | 'idempotent' | 'pure'
}

const outputOf = (result: CallResult): Json => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.output
}

test('a guest keeps values and finds them again', async () => {
  const code = `
    const none = await state.get('a')
    const first = await state.set('a', { n: 1 })
    await state.set('b', 'x')
    const second = await state.set('a', { n: 2 }, { expected: first.version })
    const list = await state.list({ prefix: 'a' })
    await state.delete('b', { expected: 1 })
    return [none, first, second, list, await state.get('b'), await state.list()]`
  const a = { key: 'a', value: { n: 2 }, version: 2 }
  expect(outputOf(await call(code))).toEqual([null, { version: 1 }, { version: 2 }, [a], null, [a]])
})

test('a late writer is told, with a code that it can catch', async () => {
  const code = `
    await state.set('a', 1)
    try { await state.set('a', 2, { expected: 0 }) } catch (e) { return [e.code, await state.get('a')] }`
  const a = { key: 'a', value: 1, version: 1 }
  expect(outputOf(await call(code))).toEqual(['RUN_STATE_CONFLICT', a])
})

test('every flow has its own keys, and a guest cannot name another flow', async () => {
  const { states } = openMemory()
  await call(`await state.set('a', 'theirs')`, { states, flow: 'theirs' })
  expect(outputOf(await call(`return await state.get('a')`, { states, flow: 'mine' }))).toBeNull()
  const other = { states, flow: 'theirs', source: { mirror: 'm1' } }
  expect(outputOf(await call(`return await state.get('a')`, other))).toBeNull()
  const lie = await call(`return await state.list({ flow: 'theirs' })`, { states, flow: 'mine' })
  expect(lie).toMatchObject({ ok: false, error: { code: 'RUN_INPUT_REFUSED' } })
  const forged = await call(`return await state.list({ prefix: '\\n' })`, { states, flow: 'mine' })
  expect(outputOf(forged)).toEqual([])
})

test.each([
  ['the plugin does not ask', { asks: { state: ['read' as const] } }, 'plugin'],
  ['the flow does not allow it', { permissions: { state: ['read'] } }, 'flow'],
  ['the action is declared to read only', { effects: 'read' as const }, 'plugin'],
])('nothing is written where %s', async (_, guest, by) => {
  const { states } = openMemory()
  const result = await call(`await state.set('a', 1)`, { states, ...guest })
  const data = { capability: 'state: write', op: 'state.set', unit: 'test/it', by }
  expect(result).toMatchObject({ error: { code: 'CAP_NOT_GRANTED', data } })
  expect(states.list('table', { prefix: '', limit: 1 })).toEqual([])
})

test('a guest hears of a value only once it is durable', async () => {
  const host = openMemory(undefined, { commit: 'manual' })
  void host.states.change([{ flow: 'table', key: 'a', value: 1 }])
  let isDone = false
  const result = call(`return await state.get('a')`, { states: host.states }).then((found) => {
    isDone = true
    return found
  })
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(isDone).toBe(false)
  host.flush()
  expect(outputOf(await result)).toMatchObject({ value: 1 })
})

test.each([
  ['a key that is none', `state.set('', 1)`, 'RUN_INPUT_REFUSED'],
  ['no value', `state.set('a')`, 'RUN_INPUT_REFUSED'],
  ['a version that is none', `state.set('a', 1, { expected: -1 })`, 'RUN_INPUT_REFUSED'],
  ['a value that is too large', `state.set('a', 'x'.repeat(300000))`, 'RUN_LIMIT_EXCEEDED'],
])('refuses %s', async (_, code, expected) => {
  expect(await call(`await ${code}`)).toMatchObject({ error: { code: expected } })
})
