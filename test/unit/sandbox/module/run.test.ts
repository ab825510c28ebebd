/**
 * Goal: a module is called as the page about modules says, and a call leaves nothing for
 * the next one. Method: modules in text format, through the sandbox as a run uses it.
 */
import binaryen from 'binaryen'
import { afterAll, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import type { CallLimits, Manifest } from '#engine/dsl/manifest.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'

import { Bench } from '#test/unit/sandbox/bench.ts'

const bench = new Bench({ workers: 1 })
afterAll(async () => await bench.caller.close())

/** A module with these fields besides `alloc`; each function of `actions` is an action. */
async function module(
  fields: string,
  { actions = ['default'], ...more }: { actions?: readonly string[]; limits?: CallLimits },
): Promise<Digest> {
  const text = `(module ${fields} (memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 1024)))`
  const parsed = binaryen.parseText(text)
  const bytes = parsed.emitBinary()
  parsed.dispose()
  const manifest: Manifest = {
    plugin: 'test/it',
    version: '1.0.0',
    entry: './main.wasm',
    actions: Object.fromEntries(actions.map((name) => [name, { effects: 'pure' }])),
    ...more,
  }
  return bench.keep(await buildPlugin(manifest, new Map([['main.wasm', bytes]])))
}

const action = (name: string, body: string): string =>
  `(func (export "${name}") (param $at i32) (param $len i32) (result i64) ${body})`

const digit = '(i64.const 1)'

test('every call begins from the same memory, globals and tables', async () => {
  const unit = await module(
    `(global $n (mut i32) (i32.const 49)) (table $t 1 funcref) ${action(
      'default',
      `(i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0))
         (i32.add (global.get $n) (i32.sub (table.size $t) (i32.const 1)))))
       (global.set $n (i32.const 50)) (i32.store8 (i32.const 8) (i32.const 7))
       (drop (table.grow $t (ref.null func) (i32.const 1))) ${digit}`,
    )}`,
    {},
  )
  const outputs = new Set<string>()
  for (let i = 0; i < 2_000; i++) outputs.add(JSON.stringify(await bench.call(unit)))
  expect([...outputs]).toEqual(['{"ok":true,"output":1}'])
})

test('an action in words is an export in camel case, and each has its own check', async () => {
  const unit = await module(
    action('readFile', `(i32.store8 (i32.const 0) (i32.const 53)) ${digit}`),
    {
      actions: ['read-file'],
    },
  )
  expect(await bench.call(unit, null, { export: 'read-file' })).toEqual({ ok: true, output: 5 })
  expect(await bench.call(unit, null, { export: 'gone' })).toMatchObject({
    error: { code: 'SANDBOX_CODE_REFUSED' },
  })
})

test('a log line, a failure with a word of its own, and a trap with its functions', async () => {
  bench.logs.length = 0
  const unit = await module(
    `(import "ionflux" "log" (func $log (param i32 i32 i32)))
     (import "ionflux" "fail" (func $fail (param i32 i32)))
     (data (i32.const 0) "hallo") (data (i32.const 16) "{\\22code\\22:\\22rate_limited\\22,\\22message\\22:\\22wait\\22,\\22data\\22:[1]}")
     (func $deep (unreachable))
     ${action('log', '(call $log (i32.const 2) (i32.const 0) (i32.const 5)) (i64.const 0)')}
     ${action('fail', '(call $fail (i32.const 16) (i32.const 51)) (unreachable)')}
     ${action('trap', '(call $deep) (i64.const 0)')}`,
    { actions: ['log', 'fail', 'trap'] },
  )
  expect(await bench.call(unit, null, { export: 'log' })).toEqual({ ok: true, output: null })
  expect(bench.logs).toEqual([{ at: 42, level: 'warn', text: 'hallo' }])
  expect(await bench.call(unit, null, { export: 'fail' })).toEqual({
    ok: false,
    error: { code: 'rate_limited', message: 'wait', data: [1] },
  })
  expect(await bench.call(unit, null, { export: 'trap' })).toMatchObject({
    error: {
      code: 'SANDBOX_GUEST_THREW',
      message: 'Trap: unreachable',
      data: { stack: [expect.stringMatching(/wasm-function\[2\]/), expect.any(String)] },
    },
  })
})

test('log lines are as bounded as those of a script', async () => {
  bench.logs.length = 0
  const unit = await module(
    `(import "ionflux" "log" (func $log (param i32 i32 i32))) ${action(
      'default',
      `(local $i i32) (loop $l (call $log (i32.const 1) (i32.const 0) (i32.const 65536))
       (local.set $i (i32.add (local.get $i) (i32.const 1)))
       (br_if $l (i32.lt_u (local.get $i) (i32.const 1500)))) (i64.const 0)`,
    )}`,
    {},
  )
  expect(await bench.call(unit)).toEqual({ ok: true, output: null })
  expect(bench.logs.length).toBe(limits.logsPerCallMax)
  expect(Math.max(...bench.logs.map(({ text }) => text.length))).toBe(limits.logCharsMax)
})

test('a seed is equal in every attempt, and another one in another step', async () => {
  const unit = await module(
    `(import "env" "seed" (func $seed (result f64))) ${action(
      'default',
      `(i64.store (i32.const 0) (i64.or (i64.const 0x3030303030303030) (i64.and (i64.reinterpret_f64 (call $seed)) (i64.const 0x0707070707070707))))
       (i32.store8 (i32.const 0) (i32.const 49)) (i64.const 8)`,
    )}`,
    {},
  )
  const first = await bench.call(unit)
  expect(await bench.call(unit, null, { attempt: 2 })).toEqual(first)
  const other = await bench.call(unit, null, { key: `sha256:${'5'.repeat(64)}` as Digest })
  expect(other).not.toEqual(first)
  // What a seed went into does not follow from the input, and is never kept for another run.
  expect((await bench.measured(unit)).isOfInput).toBeUndefined()
  const plain = await module(action('default', '(i64.const 0)'), {})
  expect((await bench.measured(plain)).isOfInput).toBe(true)
})

test('memory is what the limits say, whatever the module hopes for', async () => {
  const grow = `(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.div_u (memory.size) (i32.const 4)))) ${digit}`
  const unit = await module(action('default', grow), { limits: { memory: '1mb' } })
  const result = await bench.measured(unit)
  expect(result).toMatchObject({ ok: true, output: 4, usage: { peakBytes: 1024 * 1024 } })
})

test('a module that does not end is over at its deadline', async () => {
  const unit = await module(action('default', '(loop $l (br $l)) (unreachable)'), {
    limits: { time: '200ms' },
  })
  const healthy = await module(action('default', '(i64.const 0)'), {})
  await bench.call(healthy)
  const start = performance.now()
  expect(await bench.call(unit)).toMatchObject({ error: { code: 'SANDBOX_TIME_EXCEEDED' } })
  const tookMs = performance.now() - start
  expect(tookMs).toBeGreaterThan(195)
  expect(tookMs).toBeLessThan(900)
  expect(await bench.call(healthy)).toEqual({ ok: true, output: null })
})

test('a manifest that promises what a module cannot do is refused', async () => {
  const bytes = Buffer.from('0061736d01000000', 'hex')
  const built = await buildPlugin(
    {
      plugin: 'test/it',
      version: '1.0.0',
      entry: 'main.wasm',
      capabilities: { git: ['read'] },
      actions: { default: { effects: 'read' } },
    },
    new Map([['main.wasm', bytes]]),
  )
  expect(built).toMatchObject({
    ok: false,
    problems: [{ at: '/capabilities' }, { at: '/actions/default/effects' }, { file: 'main.wasm' }],
  })
})
