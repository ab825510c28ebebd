/**
 * Goal: a flow can tell what went wrong on GitHub, and the token stays where it belongs.
 * Method: answers that GitHub is known to give, in place of the emulator's.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

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

const fails = async (action: string, input: JsonObject): Promise<JsonObject> =>
  (await plugin.failure(action, { ...common, ...input })) as unknown as JsonObject

const limited = { message: 'API rate limit exceeded for user.' }
test.each([
  [
    'a limit that says so in its headers',
    {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1700000000' },
      body: {},
    },
    'rate_limited',
  ],
  [
    'a limit that says when to come again',
    { status: 403, headers: { 'retry-after': '60' }, body: {} },
    'rate_limited',
  ],
  ['a limit that says so in words', { status: 403, body: limited }, 'rate_limited'],
  ['429', { status: 429, body: {} }, 'rate_limited'],
  [
    'a token that may not',
    { status: 403, body: { message: 'Resource not accessible.' } },
    'forbidden',
  ],
  ['a token that is none', { status: 401, body: { message: 'Bad credentials' } }, 'unauthorized'],
  ['a fault of the other side', { status: 502, body: 'no' }, 'unavailable'],
  ['a place that is not there', { status: 404, body: {} }, 'not_found'],
  ['another state than was thought', { status: 409, body: {} }, 'conflict'],
  ['a request that is not liked', { status: 422, body: { errors: ['no'] } }, 'refused'],
  ['a riddle', { status: 418, body: {} }, 'unexpected_status'],
])('gives %s a word', async (_, canned, code) => {
  github.next.push(canned)
  expect(await fails('list-issues', {})).toMatchObject({ code, data: { status: canned.status } })
})

test('says when a limit ends', async () => {
  const headers = { 'retry-after': '7', 'x-ratelimit-reset': '1700000000' }
  github.next.push({ status: 429, headers, body: limited })
  expect(await fails('list-issues', {})).toMatchObject({
    data: { retry_after: 7, reset_at: '2023-11-14T22:13:20.000Z', said: limited.message },
  })
})

test('takes the token to no other host', async () => {
  const headers = { link: '<http://127.0.0.1:1/steal>; rel="next"' }
  github.next.push({ status: 200, headers, body: [] })
  expect(await fails('list-releases', {})).toMatchObject({ code: 'unexpected_answer' })
})

test('shows the token to GitHub and to nobody else', async () => {
  await plugin.call('list-issues', common)
  expect(github.requests.at(-1)?.headers).toMatchObject({
    authorization: `Bearer ${token}`,
    'x-github-api-version': '2022-11-28',
  })
  github.next.push({ status: 404, body: { message: `no ${token}` } })
  expect(JSON.stringify(await fails('list-issues', {}))).not.toContain(token)
})
