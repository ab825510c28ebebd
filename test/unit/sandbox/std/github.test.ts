/**
 * Goal: what `std/github` does to a repository, and that it does it once. Method: every
 * action against a stateful emulator, with each request held to GitHub's own document.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { digestOfText, type Digest } from '#engine/core/digest.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { openGitHub, token, type FakeGitHub } from '#test/fake/github.ts'

import { openStd, type Std } from './open.ts'

let github: FakeGitHub
let plugin: Std
let common: JsonObject
beforeAll(async () => {
  github = await openGitHub()
  const permissions = { net: [github.origin] }
  plugin = await openStd('github', { permissions, secrets: { TOKEN: token } })
  common = { repo: 'ada/shop', api: github.origin, token: { $secret: 'TOKEN' } }
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  await github[Symbol.asyncDispose]()
})
beforeEach(() => github.reset())

const call = async <Output = JsonObject>(
  action: string,
  input: JsonObject,
  key = 'one',
): Promise<Output> =>
  await plugin.call<Output>(action, { ...common, ...input }, { key: digestOfText(key) })
const fails = async (action: string, input: JsonObject): Promise<JsonObject> =>
  (await plugin.failure(action, { ...common, ...input })) as unknown as JsonObject

interface Items {
  readonly issues: readonly JsonObject[]
  readonly comments: readonly JsonObject[]
  readonly pulls: readonly JsonObject[]
  readonly is_truncated: boolean
}

async function headOf(branch: string): Promise<string> {
  const response = await fetch(`${github.origin}/repos/ada/shop/git/ref/heads/${branch}`)
  return ((await response.json()) as { object: { sha: string } }).object.sha
}

async function put(method: string, path: string, body: JsonObject): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const url = `${github.origin}/repos/ada/shop/${path}`
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
}

/** A branch with one more file. */
async function branch(name: string): Promise<void> {
  await put('POST', 'git/refs', { ref: `refs/heads/${name}`, sha: await headOf('main') })
  const content = Buffer.from('hello').toString('base64')
  await put('PUT', `contents/${name}.txt`, { message: 'a file', content, branch: name })
}

describe('issues', () => {
  test('are opened once for each key, however often they are tried', async () => {
    const input = { title: 'Stock is low', body: 'Order more.', labels: ['stock'] }
    const first = await call('create-issue', input)
    expect(first).toMatchObject({ number: 1, state: 'open', labels: ['stock'], author: 'ada' })
    expect(await call('create-issue', input)).toMatchObject({ number: 1 })
    expect(await call('create-issue', input, 'two')).toMatchObject({ number: 2 })
    const { issues } = await call<Items>('list-issues', {})
    expect(issues).toHaveLength(2)
  })

  test('are opened once for a key of the author, whatever it says', async () => {
    const rest = { key: 'one --> "two"' as Digest }
    const input = { ...common, title: 'One' }
    await plugin.call('create-issue', input, rest)
    expect(await plugin.call('create-issue', input, rest)).toMatchObject({ number: 1 })
  })

  test('are read page by page, as many as are wanted', async () => {
    for (let i = 0; i < 3; i++) await put('POST', 'issues', { title: `issue ${i}` })
    const all = await call<Items>('list-issues', { sort: 'created', order: 'asc' })
    expect(all).toMatchObject({ is_truncated: false })
    expect(all.issues.map(({ title }) => title)).toEqual(['issue 0', 'issue 1', 'issue 2'])
    const two = await call<Items>('list-issues', { max_items: 2 })
    expect(two.issues).toHaveLength(2)
    expect(two.is_truncated).toBe(true)
  })

  test('leave pull requests out unless they are wanted', async () => {
    await branch('work')
    await call('create-pull', { head: 'work', base: 'main', title: 'Work' })
    expect(
      (await call<Items>('list-issues', {})).issues.every((one) => one['is_pull'] === false),
    ).toBe(true)
  })

  test('are changed and closed', async () => {
    await call('create-issue', { title: 'a' })
    const input = { number: 1, title: 'b', state: 'closed', reason: 'completed' }
    expect(await call('update-issue', input)).toMatchObject({ title: 'b', state: 'closed' })
    expect(github.requests.at(-1)?.body).toEqual({
      title: 'b',
      state: 'closed',
      state_reason: 'completed',
    })
  })

  test('get labels and lose them', async () => {
    await call('create-issue', { title: 'a', labels: ['x'] })
    expect(await call('add-labels', { number: 1, labels: ['y'] })).toEqual({ labels: ['x', 'y'] })
    expect(await call('remove-label', { number: 1, label: 'y' })).toEqual({ was_there: true })
    expect(await call('remove-label', { number: 1, label: 'y' })).toEqual({ was_there: false })
  })
})

describe('a comment', () => {
  beforeEach(async () => void (await call('create-issue', { title: 'a' })))
  const comments = async (): Promise<Items['comments']> =>
    (await call<Items>('list-comments', { number: 1 })).comments

  test('is written once for each key', async () => {
    const input = { number: 1, body: 'Hello' }
    expect(await call('comment', input)).toMatchObject({ outcome: 'created', author: 'ada' })
    expect(await call('comment', input)).toMatchObject({ outcome: 'unchanged' })
    expect(await call('comment', input, 'two')).toMatchObject({ outcome: 'created' })
    expect(await comments()).toHaveLength(2)
  })

  test('with a marker is kept and changed by every run', async () => {
    await call('comment', { number: 1, body: 'one', marker: 'report' })
    const second = { number: 1, body: 'two', marker: 'report' }
    expect(await call('comment', second, 'two')).toMatchObject({ outcome: 'updated' })
    expect((await comments()).map(({ body }) => body)).toEqual([
      'two\n\n<!-- ionflux:comment report -->',
    ])
  })

  test('of somebody else is let alone', async () => {
    await call('comment', { number: 1, body: 'one', marker: 'report' })
    const mine = { number: 1, body: 'two', marker: 'report', author: 'robot' }
    expect(await call('comment', mine)).toMatchObject({ outcome: 'created' })
    expect(await comments()).toHaveLength(2)
  })
})

describe('a pull request', () => {
  beforeEach(async () => await branch('work'))
  const wish = { head: 'work', base: 'main', title: 'Work', body: 'Some work.' }

  test('is opened once for its branch', async () => {
    const made = await call('create-pull', wish)
    expect(made).toMatchObject({ head: 'work', base: 'main', state: 'open', outcome: 'created' })
    expect(await call('create-pull', wish, 'two')).toMatchObject({
      number: made['number'],
      outcome: 'existing',
    })
    expect((await call<Items>('list-pulls', { head: 'work' })).pulls).toHaveLength(1)
  })

  test('that somebody opened at the same moment is the one that is given', async () => {
    const lost = {
      message: 'Validation Failed',
      errors: [{ message: 'A pull request already exists for ada:work.' }],
    }
    await call('create-pull', wish)
    github.next.push({ status: 200, body: [] }, { status: 422, body: lost })
    expect(await call('create-pull', wish)).toMatchObject({ outcome: 'existing' })
    const other = { ...wish, head: 'gone' }
    github.next.push({ status: 200, body: [] }, { status: 422, body: lost })
    expect(await fails('create-pull', other)).toMatchObject({ code: 'refused' })
  })

  test('is merged once', async () => {
    const { number = 0 } = await call('create-pull', wish)
    const merged = await call('merge-pull', { number, method: 'squash' })
    expect(merged).toMatchObject({ outcome: 'merged' })
    expect(await call('merge-pull', { number })).toMatchObject({ outcome: 'unchanged' })
  })

  test('that has conflicts says so', async () => {
    const { number = 0 } = await call('create-pull', wish)
    const pull = { number, state: 'open', merged_at: null }
    const body = { message: 'Pull Request is not mergeable' }
    github.next.push({ status: 200, body: pull }, { status: 405, body })
    expect(await fails('merge-pull', { number })).toMatchObject({ code: 'not_mergeable' })
  })
})

describe('a check', () => {
  test('is made once for each key, and changed', async () => {
    const sha = await headOf('main')
    const first = await call('create-check', { name: 'lint', sha, status: 'in_progress' })
    expect(first).toMatchObject({ name: 'lint', status: 'in_progress', conclusion: null })
    const again = { name: 'lint', sha, conclusion: 'success', title: 'Fine', summary: 'All well.' }
    expect(await call('create-check', again)).toMatchObject({
      id: first['id'],
      conclusion: 'success',
    })
    const changed = await call('update-check', { id: first['id'] ?? 0, conclusion: 'failure' })
    expect(changed).toMatchObject({ conclusion: 'failure', status: 'completed' })
  })

  test('sends its annotations fifty at a time', async () => {
    const annotations = Array.from({ length: 120 }, (_, i) => ({
      path: 'a.ts',
      line: i + 1,
      level: 'warning',
      message: `line ${i + 1}`,
    }))
    const input = { name: 'lint', sha: await headOf('main'), conclusion: 'neutral', annotations }
    await call('create-check', input)
    const sent = github.requests.flatMap(({ body }) => {
      const { annotations: some } = (body?.['output'] ?? {}) as { annotations?: JsonObject[] }
      return some === undefined ? [] : [some.length]
    })
    expect(sent).toEqual([50, 50, 20])
  })

  test('has a smaller sibling, the status', async () => {
    const answer = { state: 'success', context: 'ionflux', description: 'Done' }
    github.next.push({ status: 201, body: answer })
    const sha = 'a'.repeat(40)
    expect(await call('set-status', { sha, state: 'success', description: 'Done' })).toEqual({
      state: 'success',
      name: 'ionflux',
      description: 'Done',
    })
    expect(github.requests.at(-1)?.url).toBe(`/repos/ada/shop/statuses/${sha}`)
  })
})

describe('a release', () => {
  test('is made, and made equal when it is there', async () => {
    const made = await call('create-release', { tag: 'v1', name: 'One', body: 'First.' })
    expect(made).toMatchObject({ tag: 'v1', outcome: 'created', is_draft: false })
    expect(await call('create-release', { tag: 'v1', name: 'Uno' }, 'two')).toMatchObject({
      id: made['id'],
      name: 'Uno',
      outcome: 'updated',
    })
    expect(await call('list-releases', {})).toMatchObject({ releases: [{ tag: 'v1' }] })
  })

  test('has notes that GitHub writes', async () => {
    expect(await call('release-notes', { tag: 'v1' })).toMatchObject({ name: 'Release v1' })
  })
})

describe('a path', () => {
  test('is a file or a folder', async () => {
    await branch('work')
    expect(await call('read-path', { path: 'work.txt', ref: 'work' })).toMatchObject({
      kind: 'file',
      text: 'hello',
      size: 5,
    })
    const folder = await call('read-path', { path: '' })
    expect(folder).toMatchObject({ kind: 'folder', entries: [{ path: 'README.md' }] })
  })

  test('that is no text comes as Base64', async () => {
    const content = Buffer.from([0xff, 0xfe]).toString('base64')
    await put('PUT', 'contents/a.bin', { message: 'bytes', content, branch: 'main' })
    const found = await call('read-path', { path: 'a.bin' })
    expect(found).toMatchObject({ text: null, base64: '//4=' })
  })

  test('cannot climb out of its repository', async () => {
    expect(await fails('read-path', { path: '../../other' })).toMatchObject({
      code: 'path_refused',
    })
    expect(await fails('read-path', { repo: 'ada/..', path: '' })).toMatchObject({
      code: 'path_refused',
    })
    expect(github.requests).toEqual([])
  })
})

test('asks for nothing that GitHub does not describe', () => {
  expect(github.strays).toEqual([])
})
