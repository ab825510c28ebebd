/**
 * Goal: a guest reads the files that a grant names at the run's commit, and writes below
 * the folder of its run, whatever path it thinks of. Method: guests in the real sandbox,
 * a real repository, real folders with traps in them.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { SecretBook } from '#engine/connection/secret.ts'
import { isRunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { isArtifactPath } from '#engine/durable/artifacts.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { openOperations } from '#engine/host/operations.ts'
import type { Capabilities } from '#engine/dsl/manifest.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { CallResult } from '#engine/runtime/ports.ts'
import { folder } from '#test/fake/disk.ts'
import { repository } from '#test/fake/repository.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const fixture = repository([
  {
    message: 'first',
    files: [
      { path: 'docs/a.md', content: 'grüße' },
      { path: 'docs/deep/b.md', content: 'b' },
      { path: 'src/secret.ts', content: 'key' },
      { path: 'docs/link.md', content: '../src/secret.ts', mode: '120000' },
    ],
  },
  { message: 'later', files: [{ path: 'docs/a.md', content: 'changed' }] },
])
afterAll(() => fixture.remove())

const run = '01JCX0000000000000000000RN'
const everything = { files: ['read', 'write'], blob: ['read' as const, 'write' as const] }

interface Guest {
  readonly asks?: Capabilities
  readonly allows?: Permissions
  readonly effects?: 'read' | 'idempotent'
}

/** One sandbox for all tests: what the host does is another thing in each. */
let operations: HostOperations
const bench = new Bench({
  operations: { call: async (...asked) => await operations.call(...asked) },
  workers: 1,
})
afterAll(async () => await bench[Symbol.asyncDispose]())

async function call(
  directory: string,
  code: string,
  { asks = everything, allows = everything, effects = 'idempotent' }: Guest = {},
): Promise<CallResult> {
  operations = openOperations({
    secrets: async () => new SecretBook([]),
    states: openMemory().states,
    directory,
    withoutRepository: 'There is none.',
  })
  const unit = await bench.plugin(
    { capabilities: asks, actions: { default: { effects } } },
    `export default async (input, { files, blob, model }) => { ${code} }`,
  )
  const source = { repository: fixture.dir, commit: fixture.ids[0] ?? '' }
  const action = { name: 'test/it', unit, export: 'default', effects }
  return await bench.call(unit, null, { permissions: allows, source, action })
}

const outputOf = (result: CallResult): Json => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.output
}

test('reads the files of the commit of its run', async () => {
  using disk = folder()
  const code = `return [await files.text('docs/a.md'), [...await files.read('docs/deep/b.md')], await files.list('docs/')]`
  expect(outputOf(await call(disk.path, code))).toEqual([
    'grüße',
    [98],
    [
      { path: 'docs/a.md', bytes: 7 },
      { path: 'docs/deep/b.md', bytes: 1 },
    ],
  ])
})

const docs = { files: ['read:docs/*'] }

test('a list has no more than a grant names', async () => {
  using disk = folder()
  const code = `return (await files.list()).map((file) => file.path)`
  expect(outputOf(await call(disk.path, code, { allows: docs }))).toEqual(['docs/a.md'])
  expect(outputOf(await call(disk.path, code, { asks: docs }))).toEqual(['docs/a.md'])
  expect(await call(disk.path, code, { allows: { files: ['write'] } })).toMatchObject({
    error: { code: 'CAP_NOT_GRANTED', data: { capability: 'files: read', by: 'flow' } },
  })
})

test.each([
  ['another folder', 'src/secret.ts', 'CAP_NOT_GRANTED'],
  ['a deeper folder', 'docs/deep/b.md', 'CAP_NOT_GRANTED'],
  ['a way round', 'docs/../src/secret.ts', 'RUN_INPUT_REFUSED'],
  ['the top', '/docs/a.md', 'RUN_INPUT_REFUSED'],
  ['a doubled slash', 'docs//a.md', 'RUN_INPUT_REFUSED'],
  ['a link', 'docs/link.md', 'MIRROR_OBJECT_REFUSED'],
  ['nothing', 'docs/none.md', 'MIRROR_PATH_UNKNOWN'],
])('reads nothing by %s', async (_, path, code) => {
  using disk = folder()
  const result = await call(disk.path, `return await files.text('${path}')`, { allows: docs })
  expect(result).toMatchObject({ error: { code } })
})

test('leaves files behind, in the folder of its run and nowhere else', async () => {
  using disk = folder()
  const code = `
    const one = await files.write('reports/day.txt', 'first')
    await files.write('reports/day.txt', 'second')
    const two = await files.write('data.bin', await blob.write(new Uint8Array([1, 2, 3])))
    return [one.path, one.bytes, two.bytes, two.digest.slice(0, 7)]`
  expect(outputOf(await call(disk.path, code))).toEqual(['reports/day.txt', 5, 3, 'sha256:'])
  expect(isRunId(run)).toBe(true)
  const root = join(disk.path, 'artifacts', run)
  expect(readFileSync(join(root, 'reports/day.txt'), 'utf8')).toBe('second')
  expect([...readFileSync(join(root, 'data.bin'))]).toEqual([1, 2, 3])
})

test.each([
  ['../../escaped'],
  ['a/../../escaped'],
  ['/tmp/escaped'],
  ['a\\\\..\\\\escaped'],
  ['C:/escaped'],
  ['a\\u0000b'],
  ['a/./b'],
  ['a/'],
  [''],
  ['name.'],
  ['x'.repeat(600)],
])('writes nothing at %j', async (path) => {
  using disk = folder()
  const result = await call(disk.path, `await files.write('${path}', 'x')`)
  expect(result).toMatchObject({ error: { code: 'RUN_INPUT_REFUSED' } })
  expect(existsSync(join(disk.path, 'escaped'))).toBe(false)
})

test('follows no link that somebody put in its way', async () => {
  using disk = folder()
  using elsewhere = folder()
  const root = join(disk.path, 'artifacts', run)
  mkdirSync(root, { recursive: true })
  symlinkSync(elsewhere.path, join(root, 'out'))
  writeFileSync(join(elsewhere.path, 'target'), 'mine')
  symlinkSync(join(elsewhere.path, 'target'), join(root, 'file'))
  expect(await call(disk.path, `await files.write('out/x', 'x')`)).toMatchObject({
    error: { code: 'RUN_INPUT_REFUSED' },
  })
  outputOf(await call(disk.path, `await files.write('file', 'theirs')`))
  expect(existsSync(join(elsewhere.path, 'x'))).toBe(false)
  expect(readFileSync(join(elsewhere.path, 'target'), 'utf8')).toBe('mine')
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('theirs')
})

test('a folder is not written over, and many writes at once end in whole files', async () => {
  using disk = folder()
  const code = `
    const size = 300000
    await Promise.all(Array.from({ length: 12 }, (_, i) => files.write('same', String.fromCharCode(97 + i).repeat(size))))
    await files.write('folder/x', '1')
    try { await files.write('folder', '2') } catch (e) { return e.code }`
  expect(outputOf(await call(disk.path, code))).toBe('RUN_INPUT_REFUSED')
  const text = readFileSync(join(disk.path, 'artifacts', run, 'same'), 'utf8')
  expect([text.length, new Set(text).size]).toEqual([300_000, 1])
})

test.each([
  ['the flow names another place', { allows: { files: ['write:reports/*'] } }, 'flow'],
  ['the plugin asks for another place', { asks: { files: ['write:reports/*'] } }, 'plugin'],
  ['the action only reads', { effects: 'read' as const }, 'plugin'],
])('writes nothing where %s', async (_, guest, by) => {
  using disk = folder()
  const result = await call(disk.path, `await files.write('other/x', 'x')`, guest)
  const data = { capability: 'files: write:other/x', by }
  expect(result).toMatchObject({ error: { code: 'CAP_NOT_GRANTED', data } })
  expect(existsSync(join(disk.path, 'artifacts'))).toBe(false)
})

const asking = `await model.ask({ class: 'large', prompt: '?' })`
test.each([
  ['no grant', {}, 'CAP_NOT_GRANTED'],
  ['another class', { allows: { model: ['small'] } }, 'CAP_NOT_GRANTED'],
  ['the grant', { allows: { model: ['large'] } }, 'CAP_NOT_SERVED'],
])('a model is asked with %s', async (_, guest, code) => {
  using disk = folder()
  const result = await call(disk.path, asking, { asks: { model: ['*'] }, ...guest })
  expect(result).toMatchObject({ error: { code } })
})

test('a name is judged by itself', () => {
  for (const path of ['a', 'a/b.txt', '.hidden', 'ü/名']) expect(isArtifactPath(path)).toBe(true)
  for (const path of ['..', 'a/..', 'con:', 'a|b', '\ud800', `${'ü'.repeat(200)}`])
    expect(isArtifactPath(path)).toBe(false)
})
