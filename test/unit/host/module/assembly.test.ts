/**
 * Goal: the module of a plugin is what its source gives, on every machine and every time.
 * Method: compile the standard library's own in a folder of its own, and break it.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { compileFolder, type Compiled } from '#engine/host/module/assembly.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const own = join(import.meta.dirname, '../../../../plugins/std/fuzzy')
const committed = readFileSync(join(own, 'main.wasm'))
let top: string
beforeAll(() => void (top = mkdtempSync(join(tmpdir(), 'ionflux-module-'))))
afterAll(() => rmSync(top, { recursive: true }))

function copy(name: string, files: Readonly<Record<string, string>> = {}): string {
  const path = join(top, name)
  mkdirSync(path, { recursive: true })
  cpSync(own, path, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

const compile = async (path: string, write: boolean): Promise<Compiled> =>
  await compileFolder(openPlugin(path), { write })

const module = (path: string): Buffer => readFileSync(join(path, 'main.wasm'))

test('the module of std/fuzzy is what its source gives, wherever and however often', async () => {
  expect(await compile(own, false)).toEqual({ state: 'current', problems: [] })
  const path = copy('again')
  rmSync(join(path, 'main.wasm'))
  expect(await compile(path, false)).toEqual({ state: 'written', problems: [] })
  expect(Buffer.compare(module(path), committed)).toBe(0)
  expect(await compile(path, true)).toEqual({ state: 'current', problems: [] })
}, 60_000)

test('a source that gives another module is told, and written when that is wanted', async () => {
  const path = copy('other', { 'asconfig.json': '{ "options": { "transform": ["./evil.js"] } }' })
  const main = join(path, 'assembly/main.ts')
  writeFileSync(main, readFileSync(main, 'utf8').replace('let limit = 5', 'let limit = 6'))
  expect(await compile(path, false)).toMatchObject({ state: 'stale' })
  expect(Buffer.compare(module(path), committed)).toBe(0)
  expect(await compile(path, true)).toMatchObject({ state: 'written' })
  expect(Buffer.compare(module(path), committed)).not.toBe(0)
}, 60_000)

test('a mistake in the source has its place, and leaves the module alone', async () => {
  const path = copy('wrong', { 'assembly/main.ts': 'export const a: i32 = "text"\n' })
  expect(await compile(path, true)).toMatchObject({
    problems: [
      {
        code: 'PLAN_CODE_MALFORMED',
        message: expect.stringContaining('(assembly/main.ts:1:'),
        file: expect.stringMatching(/assembly\/main\.ts$/),
      },
    ],
  })
  expect(Buffer.compare(module(path), committed)).toBe(0)
}, 60_000)

const broken = `export function alloc(length: i32): usize {
  return heap.alloc(length)
}
export function distance(at: usize, length: i32): u64 {
  assert(length < 5, 'too long')
  return 0
}
export function best(at: usize, length: i32): u64 {
  const value = load<i32>(at)
  return u64(length / (value - value))
}
`

test('an assertion and a trap lead to their lines in the source', async () => {
  const path = copy('broken', { 'assembly/main.ts': broken })
  expect(await compile(path, true)).toMatchObject({ state: 'written' })
  const { built } = await buildFolder(openPlugin(path))
  if (built === undefined) throw new Error('not built')
  await using bench = new Bench({ workers: 1 })
  const unit = bench.keep(built)
  expect(await bench.call(unit, { a: 'one', b: 'two' }, { export: 'distance' })).toMatchObject({
    error: {
      code: 'SANDBOX_GUEST_THREW',
      message: 'Abort: too long',
      data: { stack: [expect.stringMatching(/^distance \(assembly\/main\.ts:5:\d+\)$/)] },
    },
  })
  expect(await bench.call(unit, { text: '', among: [] }, { export: 'best' })).toMatchObject({
    error: {
      message: 'Trap: divide by zero',
      data: { stack: [expect.stringMatching(/^best \(assembly\/main\.ts:10:\d+\)$/)] },
    },
  })
}, 60_000)

test('what an installation has brought is left as it is', async () => {
  const path = copy('node_modules/it', { 'assembly/main.ts': 'broken(' })
  expect(await compile(path, true)).toEqual({ state: 'none', problems: [] })
})
