/**
 * Goal: the forge is asked no more than it bears, told what it describes, and believed only
 * as far as its answers have the shape that it describes.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { openGitHub as openForge } from '#engine/forge/github.ts'
import type { Forge } from '#engine/forge/port.ts'
import { type CannedAnswer, type FakeGitHub, openGitHub, token } from '#test/fake/github.ts'

let github: FakeGitHub
let forge: Forge
beforeAll(async () => {
  github = await openGitHub()
})
beforeEach(() => {
  github.reset()
  forge = openForge({ apiUrl: github.origin, token })
})
afterAll(async () => {
  await github[Symbol.asyncDispose]()
})

const repository = (n: number, more: JsonObject = {}): JsonObject => ({
  id: n,
  full_name: `acme/flows-${n}`,
  clone_url: `https://github.com/acme/flows-${n}.git`,
  default_branch: 'main',
  topics: n % 2 === 0 ? ['ionflux'] : [],
  archived: false,
  ...more,
})
const answers = (...list: readonly Partial<CannedAnswer>[]): void => {
  for (const one of list) github.next.push({ status: 200, body: [], ...one })
}
const page = (from: number, count: number): JsonObject[] =>
  Array.from({ length: count }, (_, i) => repository(from + i))

test('all pages are read, and a topic is asked of each repository', async () => {
  answers({ body: page(0, 100) }, { body: page(100, 3) })
  const all = await forge.repositories({ organisation: 'acme', topic: 'ionflux' })
  expect(all).toHaveLength(52)
  expect(all[0]).toEqual({
    id: 0,
    name: 'acme/flows-0',
    url: 'https://github.com/acme/flows-0.git',
    branch: 'main',
    topics: ['ionflux'],
    isArchived: false,
  })
  expect(
    github.requests.map(({ url }) => new URL(url, 'http://x').searchParams.get('page')),
  ).toEqual(['1', '2'])
})

test('a page that fails is an error, never a shorter list', async () => {
  answers({ body: page(0, 100) }, { status: 502, body: { message: 'Bad gateway' } })
  await expect(forge.repositories({ organisation: 'acme' })).rejects.toMatchObject({
    code: 'CONN_REQUEST_REFUSED',
  })
})

test('what is as before is asked with its ETag and costs nothing', async () => {
  answers({ body: page(0, 2), headers: { etag: '"one"' } }, { status: 304, body: null })
  const first = await forge.repositories({ organisation: 'acme' })
  expect(await forge.repositories({ organisation: 'acme' })).toEqual(first)
  expect(github.requests[1]?.headers['if-none-match']).toBe('"one"')
})

test.each([
  ['Retry-After', { status: 429, headers: { 'retry-after': '30' } }, 30_000],
  ['a secondary limit', { status: 403, headers: { 'retry-after': '7' } }, 7_000],
  [
    'a budget that is used up',
    {
      status: 403,
      headers: {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 600),
      },
    },
    500_000,
  ],
])('after %s nothing is asked for a while', async (_, answer, atLeast) => {
  answers({ ...answer, body: { message: 'slow down' } })
  const asked = async (): Promise<unknown> =>
    await forge.pulls('acme/flows').catch((e: unknown) => e)
  const refusal = (await asked()) as { readonly data: { readonly retryAfterMs: number } }
  expect(refusal).toMatchObject({ code: 'CONN_REQUEST_REFUSED' })
  expect(refusal.data.retryAfterMs).toBeGreaterThanOrEqual(atLeast)
  expect(await asked()).toMatchObject({ data: { retryAfterMs: expect.any(Number) } })
  expect(github.requests).toHaveLength(1)
})

test('a comment waits for the end of a rest, too, and asks for one where it is refused', async () => {
  const place = { repository: 'acme/flows', number: 1 }
  const comment = async (): Promise<unknown> =>
    await forge.comment({ ...place, marker: '<!-- plan -->', body: 'b' }).catch((e: unknown) => e)
  const resting = { data: { retryAfterMs: expect.any(Number) } }
  const slower = { status: 429, headers: { 'retry-after': '30' }, body: { message: 'slow down' } }
  answers({ body: [] }, slower)
  expect(await comment()).toMatchObject(resting)
  expect(github.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
  expect(await comment()).toMatchObject(resting)
  expect(await forge.pulls('acme/flows').catch((e: unknown) => e)).toMatchObject(resting)
  expect(github.requests).toHaveLength(2)
})

test('a token that may not is told which permission is missing, and asked for no rest', async () => {
  answers({ status: 403, body: { message: 'Resource not accessible' } })
  const status = {
    repository: 'acme/flows',
    commit: 'a'.repeat(40),
    context: 'ionflux/plan',
    state: 'pending',
    description: 'Waits.',
  } as const
  await expect(forge.status(status)).rejects.toThrow('statuses: write')
  answers({ status: 201, body: {} })
  await forge.status({ ...status, description: 'x'.repeat(500) })
  expect(github.requests.at(-1)?.body?.['description']).toHaveLength(140)
})

test('pull requests are those that have the shape of one', async () => {
  const pull = (number: number, sha: string): JsonObject => ({
    number,
    head: { sha, ref: 'work' },
    base: { sha: 'b'.repeat(40), ref: 'main' },
  })
  answers({ body: [pull(3, 'a'.repeat(40)), pull(2, '--upload-pack=evil'), { number: 1 }] })
  expect(await forge.pulls('acme/flows')).toEqual([
    { number: 3, head: 'a'.repeat(40), base: 'main' },
  ])
})

describe('a pull request from a branch', () => {
  const wish = { repository: 'ada/shop', branch: 'up', base: 'main', title: 'Up', body: 'A plan.' }
  const open = (more: JsonObject = {}): JsonObject => ({
    number: 7,
    html_url: 'https://forge.example/pull/7',
    head: { ref: 'up', repo: { full_name: 'ada/shop' } },
    base: { ref: 'main' },
    ...more,
  })

  test('is opened, with a text that is cut to what the forge takes', async () => {
    answers({}, { status: 201, body: open() })
    const made = await forge.propose({ ...wish, body: 'x'.repeat(70_000) })
    expect(made).toEqual({ number: 7, url: 'https://forge.example/pull/7', isNew: true })
    const { method, body } = github.requests.at(-1) ?? {}
    expect([method, body?.['head'], body?.['base']]).toEqual(['POST', 'up', 'main'])
    expect(body?.['body']).toHaveLength(65_536)
  })

  test('is edited in place where it is open', async () => {
    answers({ body: [open()] }, { body: open() })
    expect(await forge.propose(wish)).toMatchObject({ number: 7, isNew: false })
    expect(github.requests.at(-1)).toMatchObject({
      method: 'PATCH',
      url: '/repos/ada/shop/pulls/7',
      body: { title: 'Up', body: 'A plan.' },
    })
  })

  test.each([
    ['of a fork', { head: { ref: 'up', repo: { full_name: 'eve/shop' } } }],
    ['of a fork that is gone', { head: { ref: 'up', repo: null } }],
    ['into another branch', { base: { ref: 'next' } }],
  ])('is never one %s', async (_, other) => {
    answers({ body: [open(other)] }, { status: 201, body: open({ number: 8 }) })
    expect(await forge.propose(wish)).toMatchObject({ number: 8, isNew: true })
  })

  test('that is none is an error', async () => {
    answers({}, { status: 201, body: { message: 'hello' } })
    await expect(forge.propose(wish)).rejects.toMatchObject({ code: 'CONN_PROTOCOL' })
  })

  test('says which permission is missing', async () => {
    answers({}, { status: 403, body: { message: 'Resource not accessible' } })
    await expect(forge.propose(wish)).rejects.toThrow('pull-requests: write')
  })
})

test('an answer that is no list is an error', async () => {
  answers({ body: { message: 'hello' } })
  await expect(forge.pulls('acme/flows')).rejects.toMatchObject({ code: 'CONN_PROTOCOL' })
})

test('everything that was asked is as the forge describes it', () => {
  expect(github.strays).toEqual([])
})
