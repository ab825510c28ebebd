/**
 * Goal: a guest commits to the branches that a grant names and to no other, once for each
 * run, whatever it says. Method: guests in the real sandbox on a real repository.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { SecretBook } from '#engine/connection/secret.ts'
import type { Json } from '#engine/core/json.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { openOperations, type OpenOperations } from '#engine/host/operations.ts'
import type { Capabilities } from '#engine/dsl/manifest.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { CallRequest, CallResult } from '#engine/runtime/ports.ts'
import { folder } from '#test/fake/disk.ts'
import { repository } from '#test/fake/repository.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const disk = folder()
const fixture = repository([
  { message: 'first', files: [{ path: 'a', content: '1' }] },
  { message: 'second', files: [{ path: 'a', content: '2' }] },
])
let operations: OpenOperations
let bench: Bench
beforeAll(() => {
  operations = openOperations({
    secrets: async () => new SecretBook([]),
    states: openMemory().states,
    directory: disk.path,
    withoutRepository: 'There is none.',
  })
  bench = new Bench({ operations, workers: 1 })
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await operations.close()
  fixture.remove()
  disk[Symbol.dispose]()
})

const asksAll = { git: ['read', 'write', 'tag'], blob: ['read' as const, 'write' as const] }
const allowed = { git: ['write:ionflux/**', 'tag:v*'], blob: ['read', 'write'] }

interface Guest extends Partial<CallRequest> {
  readonly asks?: Capabilities
  readonly allows?: Permissions
  readonly effects?: 'read' | 'idempotent'
}

async function call(
  code: string,
  { asks = asksAll, allows = allowed, effects = 'idempotent', ...rest }: Guest = {},
): Promise<CallResult> {
  const manifest = { capabilities: asks, actions: { default: { effects } } }
  const unit = await bench.plugin(
    manifest,
    `export default async (_, { git, blob }) => { ${code} }`,
  )
  const source = { repository: fixture.dir, commit: fixture.ids[0] ?? '' }
  const action = { name: 'test/it', unit, export: 'default', effects }
  return await bench.call(unit, null, { permissions: allows, source, action, ...rest })
}

const outputOf = (result: CallResult): Record<string, Json> => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.output as Record<string, Json>
}

test('a guest commits beside the commit of its run, and says who', async () => {
  const code = `return await git.commit({ branch: 'ionflux/notes', message: 'Notes', files: [
    { path: 'notes/one.md', text: 'grüße' }, { path: 'data', base64: 'AP8=' },
    { path: 'large', blob: await blob.write('x'.repeat(2000000)), executable: true },
    { path: 'a', delete: true } ] })`
  const made = outputOf(await call(code))
  expect(made).toMatchObject({ branch: 'ionflux/notes', parent: fixture.ids[0], is_new: true })
  expect(fixture.git('show', 'ionflux/notes:notes/one.md')).toBe('grüße')
  expect(fixture.git('cat-file', '-s', 'ionflux/notes:large')).toBe('2000000')
  expect(fixture.git('log', '-1', '--format=%an <%ae> %cI', 'ionflux/notes')).toMatch(
    /^table <table@ionflux\.invalid> 2024-/,
  )
  expect(outputOf(await call(code))).toMatchObject({ commit: made['commit'], is_new: false })
})

test('what guests wrote passes the strictest check of Git', () => {
  expect(fixture.git('fsck', '--strict')).toBe('')
})

test('a guest tags, and no tag moves', async () => {
  const code = `return await git.tag({ name: 'v1.0.0', message: 'First' })`
  expect(outputOf(await call(code))).toEqual({
    tag: 'v1.0.0',
    commit: fixture.ids[0],
    is_new: true,
  })
  const other = `return await git.tag({ name: 'v1.0.0', at: 'main' })`
  expect(await call(other)).toMatchObject({ error: { code: 'MIRROR_REF_MOVED' } })
})

const files = `files: [{ path: 'x', text: 'x' }]`
test.each([
  ['another branch', `git.commit({ branch: 'main', ${files} })`, {}, 'write:main', 'flow'],
  [
    'a branch by its ref',
    `git.commit({ branch: 'refs/heads/main', ${files} })`,
    {},
    'write:refs/heads/main',
    'flow',
  ],
  ['no branch', `git.commit({ ${files} })`, {}, 'write:', 'flow'],
  ['another tag', `git.tag({ name: 'release' })`, {}, 'tag:release', 'flow'],
  [
    'a branch the plugin does not ask for',
    `git.commit({ branch: 'ionflux/x', ${files} })`,
    { asks: { git: ['write:other/*'] } },
    'write:ionflux/x',
    'plugin',
  ],
  [
    'a branch with a grant to read',
    `git.commit({ branch: 'ionflux/x', ${files} })`,
    { allows: { git: ['read'] } },
    'write:ionflux/x',
    'flow',
  ],
  [
    'a branch by an action that only reads',
    `git.commit({ branch: 'ionflux/x', ${files} })`,
    { effects: 'read' as const },
    'write:ionflux/x',
    'plugin',
  ],
])('a guest does not write %s', async (_, code, guest, value, by) => {
  const before = fixture.git('for-each-ref')
  expect(await call(`return await ${code}`, guest)).toMatchObject({
    error: { code: 'CAP_NOT_GRANTED', data: { capability: `git: ${value}`, by } },
  })
  expect(fixture.git('for-each-ref')).toBe(before)
})

test.each([
  ['the plugin', { asks: { git: ['write'] } }, 'plugin'],
  ['the flow', { allows: { git: ['write:ionflux/**'] } }, 'flow'],
] satisfies (readonly [string, Guest, string])[])(
  'a file of a commit is a blob only where %s says that blobs may be read',
  async (_, guest, by) => {
    const { $blob } = outputOf(await call(`return await blob.write('kept')`)) as { $blob: string }
    const file = `{ path: 'x', blob: { $blob: '${$blob}', bytes: 4 } }`
    const code = `return await git.commit({ branch: 'ionflux/blob', files: [{ path: 'y', text: 'y' }, ${file}] })`
    const before = fixture.git('for-each-ref')
    expect(await call(code, guest)).toMatchObject({
      error: { code: 'CAP_NOT_GRANTED', data: { capability: 'blob: read', by } },
    })
    expect(fixture.git('for-each-ref')).toBe(before)
    expect(outputOf(await call(code))).toMatchObject({ branch: 'ionflux/blob' })
    fixture.git('update-ref', '-d', 'refs/heads/ionflux/blob')
  },
)

test.each([
  ['a branch that leads out', `{ branch: 'ionflux/../main', ${files} }`, 'MIRROR_REF_REFUSED'],
  [
    'a path that leads out',
    `{ branch: 'ionflux/y', files: [{ path: '../x', text: '' }] }`,
    'MIRROR_REF_REFUSED',
  ],
  ['a file of nothing', `{ branch: 'ionflux/y', files: [{ path: 'x' }] }`, 'RUN_INPUT_REFUSED'],
  ['no list', `{ branch: 'ionflux/y', files: 'x' }`, 'RUN_INPUT_REFUSED'],
  ['half an id', `{ branch: 'ionflux/y', ${files}, expected: 'abc' }`, 'RUN_INPUT_REFUSED'],
  [
    'another place',
    `{ branch: 'ionflux/y', ${files}, expected: '${'0'.repeat(40)}' }`,
    'MIRROR_READ_FAILED',
  ],
  ['an unknown wish', `{ branch: 'ionflux/y', ${files}, force: true }`, 'RUN_INPUT_REFUSED'],
])('a guest is refused with %s', async (_, wish, code) => {
  expect(await call(`return await git.commit(${wish})`)).toMatchObject({ error: { code } })
})
