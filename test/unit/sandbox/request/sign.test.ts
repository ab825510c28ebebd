/**
 * Goal: a signature is made of what a guest asks for, and nothing else comes of it. Method:
 * questions that a guest could put to the host without the prelude, as data.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { HttpDoor } from '#engine/connection/http.ts'
import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import { signAws4 } from '#engine/connection/signing/aws4.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'
import { openFakeServer, type FakeServer } from '#test/fake/server.ts'

const values = { IONFLUX_SECRET_KEY_OF: 'secret-access-key', IONFLUX_SECRET_ID_OF: 'AKIAEXAMPLE' }
const book = new SecretBook([environmentSecrets(values)])
const door = new HttpDoor()
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const { call } = httpOperations({ door: async () => door, secrets: () => book, now: () => nowMs })
let server: FakeServer
beforeAll(async () => {
  server = await openFakeServer()
})
afterAll(async () => {
  await door[Symbol.asyncDispose]()
  server.close()
})

const key = { $secret: 'KEY_OF' }
const context = (): CallContext =>
  ({
    asker: { name: 'test/it', capabilities: { net: ['*'], secrets: ['KEY_OF', 'ID_OF'] } },
    granted: { net: [server.origin], secrets: ['KEY_OF', 'ID_OF'] },
    signal: new AbortController().signal,
  }) as Partial<CallContext> as CallContext
const aws = { scheme: 'aws4', id: 'AKIA', secret: key, region: 'eu-west-1', service: 's3' }

test.each<[string, Json]>([
  ['no object', 'standard'],
  ['no secret', { scheme: 'standard', id: 'a' }],
  ['no scheme', { secret: key }],
  ['a scheme that nobody knows', { scheme: 'rot13', secret: key }],
  ['no id', { scheme: 'standard', secret: key }],
  ['an id with a dot, which parts what is signed', { scheme: 'standard', secret: key, id: 'a.b' }],
  ['an id with a line break', { scheme: 'standard', secret: key, id: 'a\nb' }],
  ['no header', { scheme: 'hmac', secret: key }],
  ['a hash that is none', { scheme: 'hmac', secret: key, header: 'a', hash: 'md5' }],
  ['a spelling that is none', { scheme: 'hmac', secret: key, header: 'a', spelling: 'morse' }],
  ['a template without a place', { scheme: 'hmac', secret: key, header: 'a', template: 'x' }],
  ['a header that belongs to the connection', { scheme: 'hmac', secret: key, header: 'host' }],
  ['a key without an id', { ...aws, id: 1 }],
  ['an id that could end the header', { ...aws, id: 'A, B' }],
  ['a region that is a path', { ...aws, region: 'a/b' }],
  ['no service', { ...aws, service: '' }],
])('%s is no signature', async (_, sign) => {
  const asked = call('http.fetch', { url: `${server.origin}/echo`, sign }, context())
  await expect(asked).rejects.toMatchObject({ code: 'CONN_REQUEST_REFUSED' })
  expect(server.arrived).toEqual([])
})

test.each([
  'https://{}',
  'https://x.{}/a',
  'https://{}@host/a',
  'https://host?{}',
  'https://host\\{}',
  '{}.example.com',
])('a secret does not become the host of %j', async (template) => {
  const asked = call('http.fetch', { url: { ...key, template } }, context())
  await expect(asked).rejects.toMatchObject({ code: 'CONN_REQUEST_REFUSED' })
})

test('a secret may stand in the path, and stays out of what the guest is told', async () => {
  const url = { ...key, template: `${server.origin}/redirect/{}?to=/echo/secret-access-key` }
  const { url: told, body } = (await call('http.fetch', { url }, context())) as JsonObject
  expect(told).toBe(server.origin)
  expect(JSON.stringify(body)).toContain('/echo/[secret KEY_OF]')
  expect(server.arrived.at(-2)?.url).toBe('/redirect/secret-access-key?to=/echo/secret-access-key')
})

test('a request for AWS is signed as it is sent, with the id of the key from a secret, too', async () => {
  const url = `${server.origin}/echo?b=2&a=1`
  const headers = [['x-own', 'one']]
  const sign = { ...aws, id: { $secret: 'ID_OF' } }
  const asked = { url, method: 'PUT', headers, body: { text: 'hello' }, sign }
  await call('http.fetch', asked, context())
  const body = new TextEncoder().encode('hello')
  const wanted = signAws4(
    {
      url: new URL(url),
      method: 'PUT',
      headers: [
        ['x-own', 'one'],
        ['content-type', 'text/plain;charset=UTF-8'],
      ],
      body,
      nowMs,
      region: 'eu-west-1',
      service: 's3',
    },
    { id: 'AKIAEXAMPLE', secret: 'secret-access-key' },
  )
  expect(server.arrived.at(-1)?.headers).toMatchObject(Object.fromEntries(wanted))
})

test('a secret that is not granted signs nothing', async () => {
  const sign = { scheme: 'standard', secret: { $secret: 'OTHER' }, id: 'a' }
  const asked = call('http.fetch', { url: `${server.origin}/echo`, sign }, context())
  await expect(asked).rejects.toMatchObject({ code: 'CAP_NOT_GRANTED' })
})

test.each<[string, JsonObject]>([
  ['no url', { sign: aws }],
  ['another method', { url: 'https://a.example/', method: 'POST', sign: aws }],
  ['no time', { url: 'https://a.example/', seconds: 0, sign: aws }],
  ['more than a week', { url: 'https://a.example/', seconds: 604_801, sign: aws }],
  ['no key', { url: 'https://a.example/' }],
  [
    'a session, whose token would be seen',
    { url: 'https://a.example/', sign: { ...aws, session: key } },
  ],
  ['an id that would be taken out of it', { url: 'https://a.example/', sign: { ...aws, id: key } }],
])('no URL is signed with %s', async (_, asked) => {
  const signed = call('http.presign', asked, context())
  await expect(signed).rejects.toMatchObject({ code: 'CONN_REQUEST_REFUSED' })
})
