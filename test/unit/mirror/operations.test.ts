/** What a guest may ask of Git: arguments are checked, answers are bounded and say what they left out. */
import { expect, test } from 'vitest'

import type { IonError } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { openNative } from '#engine/mirror/native.ts'
import { gitOperations } from '#engine/mirror/operations.ts'

import { built, code, plain } from './histories.ts'

const operations = gitOperations({ git: () => openNative(plain.dir) })
const ask = async (op: string, args: Json, commit?: string): Promise<JsonObject> =>
  (await operations.call(op, args, {
    source: commit === undefined ? {} : { commit },
  })) as JsonObject

test("the run's own commit is meant where no ref is given", async () => {
  const first = plain.ids[0]!
  expect(await ask('git.log', {}, first)).toMatchObject({
    to: first,
    from: null,
    is_truncated: false,
  })
  expect(await ask('git.tree', { at: '' }, first)).toMatchObject({
    at: first,
    entries: [{ path: 'a.txt' }],
  })
  expect(await ask('git.diff', { from: 'main' }, first)).toMatchObject({ to: first })
  expect(await ask('git.log', { to: null })).toMatchObject({ to: plain.ids[4] })
})

test('a log that was cut says so, and bodies can be left out', async () => {
  const log = await ask('git.log', { limit: 2, body: false })
  expect(log).toMatchObject({ is_truncated: true, commits: [{ footers: [] }, {}] })
  expect((log['commits'] as readonly JsonObject[])[0]).not.toHaveProperty('body')
  const [first] = (await ask('git.log', { to: 'v1' }))['commits'] as readonly JsonObject[]
  expect(first).toMatchObject({ footers: [{ token: 'Reviewed-by', value: 'Z' }] })
})

test('reachable tags come nearest first', async () => {
  const { tags } = await ask('git.tags', { reachable: true })
  expect(tags).toMatchObject([{ name: 'v2' }, { name: 'not-last' }, { name: 'v1' }])
  expect(await ask('git.tags', { at: 'v1', reachable: true, limit: 1 })).toMatchObject({
    is_truncated: true,
    tags: [{ name: 'not-last' }],
  })
})

test('text, bytes and cuts are told apart', async () => {
  const fixture = built([
    {
      message: 'bytes',
      files: [
        { path: 'nul', content: Buffer.from([65, 0, 66]) },
        { path: 'latin', content: Buffer.from([0x63, 0xe9]) },
        { path: 'wide', content: 'aé💡' },
        { path: 'mark', content: '\ufeffa' },
      ],
    },
  ])
  const { call } = gitOperations({ git: () => openNative(fixture.dir) })
  const paths = ['nul', 'latin', 'wide', 'mark', 'ghost']
  expect(await call('git.read', { paths, bytes_max: 4 }, { source: {} })).toMatchObject({
    files: [
      { path: 'nul', is_binary: true, text: null },
      { path: 'latin', is_binary: true, text: null },
      { path: 'wide', is_binary: false, is_truncated: true, text: 'aé', size: 7 },
      { path: 'mark', text: '\ufeffa', is_truncated: false },
      { path: 'ghost', error: { code: 'MIRROR_PATH_UNKNOWN' } },
    ],
  })
  expect(
    await call('git.read', { paths: ['nul'], encoding: 'base64' }, { source: {} }),
  ).toMatchObject({
    files: [{ base64: 'QQBC', is_binary: true }],
  })
})

test.each([
  ['an operation that is not there', 'git.push', {}],
  ['a name of every object', 'toString', {}],
  ['an unknown argument', 'git.log', { since: 'x' }],
  ['arguments that are no object', 'git.log', []],
  ['a number for a ref', 'git.log', { to: 1 }],
  ['a limit of nothing', 'git.log', { limit: 0 }],
  ['a limit that is no whole number', 'git.log', { limit: 1.5 }],
  ['neither paths nor ids', 'git.read', {}],
  ['paths and ids', 'git.read', { paths: [], oids: [] }],
  ['paths that are no texts', 'git.read', { paths: [1] }],
  ['an encoding nobody has', 'git.read', { paths: [], encoding: 'rot13' }],
  ['a comparison with nothing', 'git.diff', {}],
  ['too long a text', 'git.tree', { path: 'x'.repeat(5_000) }],
])('refuses %s', async (_, op, args) => {
  await expect(ask(op, args)).rejects.toEqual(code('RUN_INPUT_REFUSED'))
})

test.each(['--upload-pack=touch x', '-c', 'a..b', ':/x', 'main:a.txt', '@{u}'])(
  'a guest cannot smuggle %s into git',
  async (ref) => {
    const error = await ask('git.log', { to: ref }).catch((thrown: unknown) => thrown)
    expect((error as IonError).code).toBe('MIRROR_REF_UNKNOWN')
  },
)
