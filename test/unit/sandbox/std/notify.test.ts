/**
 * Goal: a receiver can tell that an event is ours, and takes it once. Method: a receiver on
 * loopback that checks signatures in its own way.
 */
import { createHmac } from 'node:crypto'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { openFakeServer, type Arrived, type FakeServer } from '#test/fake/server.ts'

import { openStd, type Std } from './open.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
let server: FakeServer
let plugin: Std
beforeAll(async () => {
  server = await openFakeServer()
  const secrets = { HOOK: secret, PLAIN: 'a-plain-password', URL: `${server.origin}/echo/hidden` }
  plugin = await openStd('notify', { permissions: { net: [server.origin] }, secrets })
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  server.close()
})
beforeEach(() => void (server.arrived as Arrived[]).splice(0))

const hmac = (key: Buffer | string, text: string, spelling: 'hex' | 'base64'): string =>
  createHmac('sha256', key).update(text).digest(spelling)

test('an event is signed by Standard Webhooks at the time of its attempt', async () => {
  const began = Math.floor(Date.now() / 1000)
  const input = { url: `${server.origin}/echo`, event: { a: 'ä' }, secret: { $secret: 'HOOK' } }
  const { id } = await plugin.call<{ id: string }>('webhook', input)
  const { headers, body } = server.arrived[0] as Arrived
  const at = Number(headers['webhook-timestamp'])
  expect(at - began).toBeGreaterThanOrEqual(0)
  expect(at - began).toBeLessThan(60)
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-signature': `v1,${hmac(key, `${id}.${at}.${body}`, 'base64')}`,
  })
  expect(JSON.parse(body)).toEqual({ a: 'ä' })
})

test('every attempt of a step has one id, and another step another', async () => {
  const input = { url: `${server.origin}/echo`, event: 1, secret: { $secret: 'HOOK' } }
  const id = async (key: string): Promise<string> =>
    (await plugin.call<{ id: string }>('webhook', input, { key: digestOfText(key) })).id
  expect(await id('one')).toBe(await id('one'))
  expect(await id('one')).not.toBe(await id('two'))
})

test.each([
  ['github', 'x-hub-signature-256', 'sha256='],
  ['hex', 'x-signature', ''],
])('a receiver may want it as %s', async (signature, header, prefix) => {
  const input = {
    url: `${server.origin}/echo`,
    event: [1],
    secret: { $secret: 'PLAIN' },
    signature,
  }
  await plugin.call('webhook', input)
  expect(server.arrived[0]?.headers).toMatchObject({
    [header]: prefix + hmac('a-plain-password', '[1]', 'hex'),
    'webhook-id': expect.stringMatching(/^msg_/) as string,
  })
})

test('a secret that is none of Standard Webhooks is refused', async () => {
  const input = { url: `${server.origin}/echo`, event: 1, secret: { $secret: 'PLAIN' } }
  expect(await plugin.failure('webhook', input)).toMatchObject({ code: 'CONN_SECRET_REFUSED' })
  expect(server.arrived).toEqual([])
})

test('the URL may be the secret', async () => {
  const input = { url: { $secret: 'URL' }, event: 1 }
  expect(await plugin.call('webhook', input)).toMatchObject({ status: 200 })
  expect(server.arrived[0]?.url).toBe('/echo/hidden')
})

test.each([
  [429, 'rate_limited'],
  [503, 'unavailable'],
  [403, 'unauthorized'],
  [410, 'not_found'],
  [400, 'refused'],
])('the answer %i is %s', async (status, code) => {
  const input = { url: `${server.origin}/status/${status}`, event: 1 }
  expect(await plugin.failure('webhook', input)).toMatchObject({ code, data: { status } })
})
