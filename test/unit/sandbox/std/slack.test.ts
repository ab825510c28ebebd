/** Goal: messages arrive in Slack. Method: an emulator of it on loopback, with its own state. */
import { createEmulator, type Emulator } from 'emulate'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'

import { openStd, type Std } from './open.ts'

const token = 'xoxb-token-of-a-bot'
const path = 'services/T000000001/B000000001/secret-part-of-the-url'
let slack: Emulator
let plugin: Std
let common: JsonObject
beforeAll(async () => {
  const tokens = { [token]: { login: 'bot', scopes: ['chat:write'] } }
  slack = await createEmulator({ service: 'slack', port: 0, seed: { tokens } })
  const secrets = { TOKEN: token, HOOK: `${slack.url}/${path}`, NONE: 'this is no address' }
  plugin = await openStd('slack', { permissions: { net: [slack.url] }, secrets })
  common = { api: `${slack.url}/api`, channel: 'general', token: { $secret: 'TOKEN' } }
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  await slack.close()
})

interface Message {
  readonly text: string
  readonly thread_ts?: string
}

async function history(channel: string): Promise<readonly Message[]> {
  const response = await fetch(`${slack.url}/api/conversations.history`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel }),
  })
  return ((await response.json()) as { messages: readonly Message[] }).messages
}

test('a message is posted, answered and changed', async () => {
  const input = { ...common, text: 'v1 is out' }
  const first = await plugin.call<{ channel: string; ts: string }>('post', input)
  expect(await history(first.channel)).toContainEqual(
    expect.objectContaining({ text: 'v1 is out' }),
  )
  const answer = { ...common, text: 'Good.', thread: first.ts }
  expect(await plugin.call('post', answer)).toMatchObject({ channel: first.channel })
  const change = { ...common, ...first, text: 'v1.0 is out' }
  expect(await plugin.call('update', change)).toEqual(first)
  expect((await history(first.channel)).map(({ text }) => text)).toContain('v1.0 is out')
})

test('a webhook needs nothing but its URL, which nobody sees', async () => {
  const input = { url: { $secret: 'HOOK' }, text: 'by a webhook' }
  expect(await plugin.call('webhook', input)).toEqual({ posted: true })
  expect((await history('C000000001')).map(({ text }) => text)).toContain('by a webhook')
})

test('what Slack refuses has a word', async () => {
  const nowhere = { ...common, channel: 'nowhere', text: 'hi' }
  expect(await plugin.failure('post', nowhere)).toMatchObject({
    code: 'not_found',
    data: { said: 'channel_not_found' },
  })
})

test('a secret that is no URL is not shown when that is said', async () => {
  const failure = await plugin.failure('webhook', { url: { $secret: 'NONE' }, text: 'hi' })
  expect(failure).toMatchObject({ code: 'CONN_SECRET_REFUSED' })
  expect(JSON.stringify(failure)).not.toContain('address')
})

test('a webhook on a host that the flow does not allow is not called', async () => {
  const input = { url: { $secret: 'HOOK' }, text: 'hi' }
  const permissions = { net: ['hooks.slack.com'], secrets: ['HOOK'] }
  const failure = await plugin.failure('webhook', input, { permissions })
  expect(failure).toMatchObject({ code: 'CAP_NOT_GRANTED', data: { by: 'flow' } })
  expect(JSON.stringify(failure)).not.toContain('secret-part')
})
