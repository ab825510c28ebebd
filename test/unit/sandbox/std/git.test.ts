/**
 * Goal: `std/git` writes what a step says, where its flow allows it, and asks for no more
 * than each action needs. Method: a real repository.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { repository } from '#test/fake/repository.ts'

import { openStd, type Std } from './open.ts'

const fixture = repository([{ message: 'first', files: [{ path: 'a', content: '1' }] }])
const source = { repository: fixture.dir, commit: fixture.ids[0] ?? '' }
let plugin: Std
beforeAll(async () => {
  const git = ['read', 'write:ionflux/*', 'tag:v*']
  plugin = await openStd('git', { permissions: { git, blob: ['read'] } })
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  fixture.remove()
})

const files = [
  { path: 'notes/one.md', text: 'grüße' },
  { path: 'a', delete: true },
]
const wish: JsonObject = { branch: 'ionflux/notes', message: 'docs: notes', files }

test('a commit is made once, and read again', async () => {
  const made = await plugin.call<JsonObject>('commit', wish, { source })
  expect(made).toMatchObject({ branch: 'ionflux/notes', parent: source.commit, is_new: true })
  expect(await plugin.call('commit', wish, { source })).toMatchObject({
    commit: made['commit'],
    is_new: false,
  })
  const read = await plugin.call('tree', { at: 'ionflux/notes' }, { source })
  expect(JSON.stringify(read)).toContain('notes/one.md')
  expect(fixture.git('show', 'ionflux/notes:notes/one.md')).toBe('grüße')
})

test('a tag is made once and never moved', async () => {
  const input = { name: 'v1', message: 'One' }
  expect(await plugin.call('tag', input, { source })).toMatchObject({ tag: 'v1', is_new: true })
  expect(await plugin.call('tag', input, { source })).toMatchObject({ is_new: false })
})

test('a branch that the flow does not name is not written', async () => {
  const input = { ...wish, branch: 'main' }
  expect(await plugin.failure('commit', input, { source })).toMatchObject({
    code: 'CAP_NOT_GRANTED',
    data: { by: 'flow', capability: 'git: write:main' },
  })
})

test('an action that reads could not write if it wanted to', async () => {
  const permissions = { git: ['read'] }
  expect(await plugin.call('log', {}, { source, permissions })).toMatchObject({
    commits: [{ subject: 'first' }],
  })
  const tagging = await plugin.failure('tag', { name: 'v2' }, { source, permissions })
  expect(tagging).toMatchObject({ code: 'CAP_NOT_GRANTED' })
})
