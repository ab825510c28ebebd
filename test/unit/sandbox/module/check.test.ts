/**
 * Goal: what is read of a module is what is in it, and what is changed is its bounds alone.
 * Method: real modules of real compilers, and damaged ones.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Reader } from '#engine/sandbox/module/bytes.ts'
import { checkModule } from '#engine/sandbox/module/check.ts'
import { walkCode } from '#engine/sandbox/module/code.ts'
import { readModule } from '#engine/sandbox/module/read.ts'

const root = join(import.meta.dirname, '../../../..')
const fuzzy = readFileSync(join(root, 'plugins/std/fuzzy/main.wasm'))
const wanted = { actions: ['best', 'distance'], memoryBytesMax: 8 * 1024 * 1024 }

/** Walks all functions of a module that is not for here, and counts them. */
function walkAll(bytes: Uint8Array): number {
  const reader = new Reader(bytes, 8)
  for (;;) {
    const id = reader.byte()
    const section = reader.part(reader.u32())
    if (id !== 10) continue
    const count = section.u32()
    for (let i = 0; i < count; i++) {
      const body = section.part(section.u32())
      for (let locals = body.u32(); locals > 0; locals--) body.skip((body.u32(), 1))
      walkCode(body)
    }
    return count
  }
}

test.each(globSync('node_modules/@jitl/*/dist/*.wasm', { cwd: root }))(
  'knows every instruction of %s',
  (file) => {
    expect(walkAll(readFileSync(join(root, file)))).toBeGreaterThan(1_000)
  },
)

test('the bounds of a memory are lowered, and nothing else changes', () => {
  const checked = checkModule(fuzzy, wanted)
  if (!checked.ok) throw new Error(checked.reason)
  const before = readModule(fuzzy)
  const after = readModule(checked.bytes)
  expect(after.memory).toEqual({ initial: before.memory?.initial, maximum: 128 })
  expect(checked.memoryBytesMax).toBe(wanted.memoryBytesMax)
  expect([...after.exports]).toEqual([...before.exports])
  expect(after.imports).toEqual(before.imports)
  const again = checkModule(checked.bytes, wanted)
  expect(again).toEqual(checked)
  expect(new WebAssembly.Module(checked.bytes)).toBeInstanceOf(WebAssembly.Module)
})

test('a smaller maximum of its own stays', () => {
  const checked = checkModule(fuzzy, wanted)
  if (!checked.ok) throw new Error(checked.reason)
  const wider = checkModule(checked.bytes, { ...wanted, memoryBytesMax: 64 * 1024 * 1024 })
  expect(wider).toMatchObject({ ok: true, memoryBytesMax: wanted.memoryBytesMax })
})

test('a damaged module is refused or compiled, and never more', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(fuzzy.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(fuzzy.length)),
      (changes, end) => {
        const bytes = Uint8Array.from(fuzzy)
        for (const [at, byte] of changes) bytes[at] = byte
        const checked = checkModule(bytes.subarray(0, end ?? bytes.length), wanted)
        const maximum = checked.ok ? (readModule(checked.bytes).memory?.maximum ?? Infinity) : 0
        expect(maximum).toBeLessThanOrEqual(128)
      },
    ),
    { numRuns: process.env['IONFLUX_DEEP'] === undefined ? 500 : 20_000 },
  )
})
