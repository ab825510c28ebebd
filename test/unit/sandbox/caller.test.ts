import { afterAll, describe, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'

import { Bench } from './bench.ts'

const asked: { op: string; args: Json }[] = []
const bench = new Bench({
  operations: {
    call: async (op, args) => {
      asked.push({ op, args })
      if (op === 'git.read') throw new IonError('MIRROR_PATH_UNKNOWN', 'There is no "x".')
      return { op, args }
    },
  },
})
afterAll(async () => await bench.caller.close())

describe('a transform', () => {
  test.each([
    ['gives what it returns', 'export default (i: { n: number }) => i.n + 1', { n: 1 }, 2],
    ['may be asynchronous', 'export default async (i) => { await null; return [i] }', 'a', ['a']],
    ['gives null for nothing', 'export default () => {}', null, null],
    ['sees no context', 'export default (...args) => args.length', null, 1],
    [
      'sees no global of the host',
      'export default () => ["process", "require", "fetch"].map((name) => typeof globalThis[name])',
      null,
      ['undefined', 'undefined', 'undefined'],
    ],
    [
      'has what a module expects',
      'export default () => [new TextDecoder().decode(new TextEncoder().encode("é😀")), structuredClone(new Map([[1, { a: [1] }]])).get(1)]',
      null,
      ['é😀', { a: [1] }],
    ],
    [
      'keeps __proto__ as a name',
      'export default (i) => ({ out: i, polluted: ({}).x })',
      JSON.parse('{"__proto__":{"x":1}}') as Json,
      JSON.parse('{"out":{"__proto__":{"x":1}}}') as Json,
    ],
  ])('%s', async (_, text, input, output) => {
    expect(await bench.call(await bench.transform(text), input)).toEqual({ ok: true, output })
  })

  test.each([
    ['throws', 'export default (i) => i.a.b', 'SANDBOX_GUEST_THREW'],
    ['gives a function', 'export default () => () => 1', 'SANDBOX_OUTPUT_REFUSED'],
    [
      'gives a ring',
      'export default () => { const a = {}; a.a = a; return a }',
      'SANDBOX_OUTPUT_REFUSED',
    ],
    ['gives a big integer', 'export default () => 1n', 'SANDBOX_OUTPUT_REFUSED'],
    ['gives half a character', 'export default () => "\\ud83d"', 'SANDBOX_OUTPUT_REFUSED'],
    [
      'gives what nests too deeply for anything after it',
      'export default () => { let a = []; for (let i = 0; i < 300; i++) a = [a]; return a }',
      'SANDBOX_OUTPUT_REFUSED',
    ],
    ['waits for ever', 'export default () => new Promise(() => {})', 'SANDBOX_GUEST_THREW'],
    [
      'throws while it is loaded',
      'throw new Error("no")\nexport default () => 1',
      'SANDBOX_CODE_REFUSED',
    ],
    ['is called by a name it has not', 'export default () => 1', 'SANDBOX_CODE_REFUSED', 'other'],
  ])('fails when it %s', async (_, text, code, name = 'default') => {
    const result = await bench.call(await bench.transform(text), {}, { export: name })
    expect(result).toMatchObject({ ok: false, error: { code } })
  })

  test('knows neither the day nor chance, only its run', async () => {
    const unit = await bench.transform(
      'export default () => [Date.now(), new Date().getTimezoneOffset(), Math.random(), Math.random()]',
    )
    const first = await bench.call(unit)
    expect(await bench.call(unit, null, { attempt: 2 })).toEqual(first)
    const other = await bench.call(unit, null, { key: 'another' })
    expect(other).toMatchObject({
      ok: true,
      output: [1_731_844_898_816, 0, expect.any(Number), expect.any(Number)],
    })
    expect(other).not.toEqual(first)
  })

  test('begins every call from the same state', async () => {
    const unit = await bench.transform(`
      const zeros = new Uint8Array(1 << 20)
      let calls = 0
      export default () => {
        const seen = [calls++, zeros[77777]++, {}.polluted ?? null, globalThis.left ?? null]
        Object.prototype.polluted = true
        globalThis.left = 'behind'
        return seen
      }`)
    for (let round = 0; round < 20; round++) {
      expect(await bench.call(unit)).toEqual({ ok: true, output: [0, 0, null, null] })
    }
  })

  test("says where in the author's file it threw", async () => {
    const unit = await bench.transform(
      'type T = { a: string }\n\nexport default (input: T | null) => {\n  return (input as T).a.length\n}',
    )
    expect(await bench.call(unit, null)).toMatchObject({
      error: {
        message: expect.stringContaining('TypeError') as string,
        data: { name: 'TypeError', stack: [expect.stringContaining('transform.ts:4:') as string] },
      },
    })
  })
})

describe('an action', () => {
  test('is given the defaults of its input schema, those of inner objects too', async () => {
    const input = {
      type: 'object',
      required: ['to'],
      properties: {
        to: { type: 'string', default: 'HEAD' },
        options: { type: 'object', properties: { dry: { type: 'boolean', default: true } } },
      },
    }
    const unit = await bench.plugin(
      { actions: { default: { effects: 'pure', input } } },
      'export default (input) => input',
    )
    expect(await bench.call(unit, {})).toEqual({ ok: true, output: { to: 'HEAD' } })
    expect(await bench.call(unit, { to: 'v1', options: {} })).toEqual({
      ok: true,
      output: { to: 'v1', options: { dry: true } },
    })
  })

  const log = { log: { effects: 'read' as const } }
  const code = 'export const log = async (input, ctx) => await ctx.git.log(input)'

  test('asks the host for what plugin and flow name', async () => {
    const unit = await bench.plugin({ actions: log, capabilities: { git: ['read'] } }, code)
    const result = await bench.call(
      unit,
      { a: 1 },
      { export: 'log', permissions: { git: ['read'] } },
    )
    expect(result).toEqual({ ok: true, output: { op: 'git.log', args: { a: 1 } } })
  })

  test.each([
    ['the plugin does not ask for', {}, { git: ['read'] as const }, 'plugin'],
    ['the flow does not allow', { git: ['read'] as const }, {}, 'flow'],
  ])('gets nothing that %s', async (_, capabilities, permissions, by) => {
    asked.length = 0
    const unit = await bench.plugin({ actions: log, capabilities }, code)
    const result = await bench.call(unit, {}, { export: 'log', permissions })
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'CAP_NOT_GRANTED', data: { capability: 'git: read', by } },
    })
    expect(asked).toEqual([])
  })

  test('may take a failure of the host, and cannot make one up', async () => {
    const unit = await bench.plugin(
      {
        actions: { pass: { effects: 'read' }, take: { effects: 'read' }, lie: { effects: 'read' } },
        capabilities: { git: ['read'] },
      },
      `export const pass = (_, ctx) => ctx.git.read({ path: 'x' })
       export const take = (_, ctx) => ctx.git.read({ path: 'x' }).catch((e) => e.code)
       export const lie = () => { throw Object.assign(new Error('no'), { code: 'RUN_CANCELLED' }) }`,
    )
    const permissions = { git: ['read'] as const }
    expect(await bench.call(unit, {}, { export: 'pass', permissions })).toMatchObject({
      error: { code: 'MIRROR_PATH_UNKNOWN' },
    })
    expect(await bench.call(unit, {}, { export: 'take', permissions })).toEqual({
      ok: true,
      output: 'MIRROR_PATH_UNKNOWN',
    })
    expect(await bench.call(unit, {}, { export: 'lie', permissions })).toMatchObject({
      error: { code: 'SANDBOX_GUEST_THREW' },
    })
  })

  test('fails with a word and data of its own', async () => {
    const unit = await bench.plugin(
      { actions: { default: { effects: 'pure' } } },
      'export default (_, ctx) => ctx.fail("rate_limited", "Too fast.", { after: 3 })',
    )
    expect(await bench.call(unit)).toEqual({
      ok: false,
      error: { code: 'rate_limited', message: 'Too fast.', data: { after: 3 } },
    })
  })

  test.each([
    ['half of a character', '{ a: "\\ud800" }'],
    ['half of a character in a key', '{ ["\\udc00"]: 1 }'],
    [
      'lists in lists',
      '[1].reduce((all) => { for (let i = 0; i < 300; i++) all = [all]; return all }, [])',
    ],
  ])('fails without data that is %s', async (_name, data) => {
    const unit = await bench.plugin(
      { actions: { default: { effects: 'pure' } } },
      `export default (_, ctx) => ctx.fail("too_bad", "No.", ${data})`,
    )
    expect(await bench.call(unit)).toEqual({
      ok: false,
      error: { code: 'too_bad', message: 'No. (its data is nothing that can be kept)' },
    })
  })

  test('is told its run, and writes to its log', async () => {
    bench.logs.length = 0
    const unit = await bench.plugin(
      { actions: { default: { effects: 'pure' } } },
      'export default (_, ctx) => { ctx.log.warn("a", { b: 1 }); console.log("c"); return ctx.run.attempt }',
    )
    expect(await bench.call(unit, null, { attempt: 3 })).toEqual({ ok: true, output: 3 })
    expect(bench.logs).toEqual([
      { at: 42, level: 'warn', text: 'a {"b":1}' },
      { at: 42, level: 'info', text: 'c' },
    ])
  })

  test('is held to its schemas', async () => {
    const unit = await bench.plugin(
      {
        actions: {
          default: {
            effects: 'pure',
            input: { type: 'object', properties: { n: { type: 'integer' } } },
            output: { type: 'string' },
          },
        },
      },
      'export default (i) => i.n === 1 ? "one" : { n: i.n }',
    )
    expect(await bench.call(unit, { n: 1 })).toEqual({ ok: true, output: 'one' })
    expect(await bench.call(unit, { n: 'x' })).toMatchObject({
      error: { code: 'RUN_INPUT_REFUSED', data: { at: '/n' } },
    })
    expect(await bench.call(unit, { n: 2 })).toMatchObject({
      error: { code: 'SANDBOX_OUTPUT_REFUSED', data: { at: '' } },
    })
  })
})

test('a call that is called off ends at once, before and while it runs', async () => {
  const unit = await bench.transform('export default () => { for (;;); }')
  const early = await bench.call(unit, null, { signal: AbortSignal.abort() })
  expect(early).toMatchObject({ error: { code: 'RUN_CANCELLED' } })
  const stop = new AbortController()
  const running = bench.call(unit, null, { signal: stop.signal })
  const sign = await bench.transform('export default () => 1')
  await bench.call(sign)
  stop.abort()
  expect(await running).toMatchObject({ error: { code: 'RUN_CANCELLED' } })
})
