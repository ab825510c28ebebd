/**
 * Goal: whatever a WebAssembly module is or does, it is refused before it runs or its call
 * ends with the right code, and who runs beside it gets an answer. Method: modules as data
 * (`test/cases/hostile-modules`), each built as an author builds, then put into the store
 * as nobody could build it, with a healthy neighbour in the same threads.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import binaryen from 'binaryen'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { canonical } from '#engine/core/canonical.ts'
import { digestOfBytes, digestOfText, type Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { Unit } from '#engine/plan/plan.ts'
import { u32Bytes } from '#engine/sandbox/module/bytes.ts'
import { buildPlugin, type BuiltUnit } from '#engine/sandbox/unit.ts'

import { Bench } from '#test/unit/sandbox/bench.ts'

interface Case {
  readonly name: string
  readonly run?: string
  readonly alloc?: string
  readonly more?: string
  readonly memory?: string
  readonly wat?: string
  readonly hex?: string
  /** The text of a map at its end. */
  readonly map?: string
  readonly refused?: boolean
  readonly code?: string
  readonly output?: Json
}

const file = join(import.meta.dirname, '../../../cases/hostile-modules/modules.yaml')
const document = parseDocument({ file, text: readFileSync(file, 'utf8') })
if (document.problems.length > 0) throw new Error(JSON.stringify(document.problems))
const cases = document.value as unknown as readonly Case[]

function bytesOf({ hex, wat, more = '', run = '', ...rest }: Case): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  const { alloc = '(i32.const 1024)', memory = '1 16' } = rest
  const module = binaryen.parseText(
    wat ??
      `(module ${more} (memory (export "memory") ${memory})
        (func (export "alloc") (param i32) (result i32) ${alloc})
        (func (export "default") (param $at i32) (param $len i32) (result i64) ${run}))`,
  )
  try {
    return withText(module.emitBinary(), rest.map)
  } finally {
    module.dispose()
  }
}

/** `module` with `text` where a build puts a map, whatever it is. */
function withText(module: Uint8Array, text: string | undefined): Uint8Array {
  if (text === undefined) return module
  const name = Buffer.from('ionflux.map')
  const head = u32Bytes(name.length)
  const content = Buffer.from(text)
  const size = u32Bytes(head.length + name.length + content.length)
  return Buffer.concat([module, Uint8Array.from([0, ...size, ...head]), name, content])
}

const manifest: Manifest = {
  plugin: 'test/it',
  version: '1.0.0',
  entry: 'main.wasm',
  limits: { memory: '32mb' },
  actions: { default: { effects: 'pure' } },
}

/** Short for what must run out of time, long for what must meet another end. */
const timeOf = ({ code }: Case): number => (code === 'SANDBOX_TIME_EXCEEDED' ? 150 : 5_000)

/** A unit that no build has looked at. */
function unitOf(code: Uint8Array, timeMsMax: number): BuiltUnit {
  const unit: Unit = {
    $type: 'ionflux.unit/v1',
    name: 'test/it',
    kind: 'plugin',
    format: 'wasm',
    code: digestOfBytes(code),
    actions: { default: { effects: 'pure' } },
    capabilities: {},
    memoryBytesMax: 32 * 1024 * 1024,
    timeMsMax,
  }
  const text = canonical(unit as unknown as Json)
  const unitBytes = new TextEncoder().encode(text)
  return { ok: true, unit, digest: digestOfText(text), unitBytes, code }
}

const bench = new Bench({ workers: 2 })
let healthy: Digest
beforeAll(async () => {
  healthy = await bench.transform('export default (n) => n * 2')
})
afterAll(async () => await bench.caller.close())

test.each(cases)('$name', async (one) => {
  const code = bytesOf(one)
  const built = await buildPlugin(manifest, new Map([['main.wasm', code]]))
  const problems = built.ok ? [] : built.problems.map((problem) => problem.code)
  expect(problems).toEqual(one.refused === true ? ['PLAN_CODE_MALFORMED'] : [])
  const called = bench.call(bench.keep(unitOf(code, timeOf(one))), { text: 'ä' })
  expect(await bench.call(healthy, 21)).toEqual({ ok: true, output: 42 })
  const wanted =
    'output' in one
      ? { ok: true, output: one.output }
      : { ok: false, error: { code: one.code ?? 'SANDBOX_CODE_REFUSED' } }
  expect(await called).toMatchObject(wanted)
  expect(await bench.call(healthy, 4)).toEqual({ ok: true, output: 8 })
})

test('the corpus has its size, and no two cases have one name', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  expect(cases.length).toBeGreaterThanOrEqual(80)
})
