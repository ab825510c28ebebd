/**
 * Goal: what is no request never becomes one. Method: questions that a guest could put to
 * the host without the prelude, as data, and a server that would see what is sent.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { HttpDoor } from '#engine/connection/http.ts'
import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import type { Json } from '#engine/core/json.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'
import { openFakeServer, type FakeServer } from '#test/fake/server.ts'

const book = new SecretBook([environmentSecrets({ IONFLUX_SECRET_TOKEN: 'long-secret-value' })])
const door = new HttpDoor()
let server: FakeServer
beforeAll(async () => {
  server = await openFakeServer()
})
afterAll(async () => {
  await door[Symbol.asyncDispose]()
  server.close()
})

const secret = { $secret: 'TOKEN' }
test.each<[string, Json]>([
  ['nothing', null],
  ['no url', {}],
  ['a url that is none', { url: 1 }],
  ['a method that is none', { url: '', method: 1 }],
  ['headers that are none', { url: '', headers: { a: 'b' } }],
  ['a header of a number', { url: '', headers: [['a', 1]] }],
  ['a header without a value', { url: '', headers: [['a']] }],
  ['a header of half a secret', { url: '', headers: [['a', { $secret: 1 }]] }],
  ['two places for one secret', { url: '', headers: [['a', { ...secret, template: '{}{}' }]] }],
  ['no place for a secret', { url: '', headers: [['a', { ...secret, template: 'x' }]] }],
  ['a user that is none', { url: '', headers: [['a', { ...secret, basic: 1 }]] }],
  ['too many headers', { url: '', headers: Array.from({ length: 101 }, () => ['a', 'b']) }],
  ['too many secrets', { url: '', headers: Array.from({ length: 21 }, () => ['a', secret]) }],
  ['a place that the body has not', { url: '', body: { json: [] }, secrets: { '/0': secret } }],
  ['a place inside a text', { url: '', body: { json: 'x' }, secrets: { '/a': secret } }],
  ['a place that is no pointer', { url: '', body: { json: {} }, secrets: { a: secret } }],
  [
    'a place that is too deep',
    { url: '', body: { json: {} }, secrets: { ['/a'.repeat(30)]: secret } },
  ],
  ['a secret in a body of text', { url: '', body: { text: '' }, secrets: { '/0': secret } }],
  ['a mark without a secret', { url: '', body: { json: {} }, secrets: { '/0': 'TOKEN' } }],
  ['an endless timeout', { url: '', timeout: 1e9 }],
  ['a timeout before now', { url: '', timeout: -1 }],
  ['an odd redirect', { url: '', redirect: 'always' }],
  ['an odd body', { url: '', body: 1 }],
  ['a form of numbers', { url: '', body: { form: [['a', 1]] } }],
  ['a header of the connection', { url: '', headers: [['host', 'evil']] }],
  ['a header in two lines', { url: '', headers: [['a', 'b\r\nc: d']] }],
])('a request with %s is refused before anything is sent', async (_, args) => {
  const before = server.arrived.length
  const isRead = typeof args === 'object' && args !== null && 'url' in args && args['url'] === ''
  const whole = isRead ? { ...args, url: server.origin } : args
  const powers = { net: [server.origin], secrets: ['TOKEN'] }
  const context = {
    ...({} as CallContext),
    asker: { name: 'test/it', capabilities: powers },
    granted: powers,
    signal: new AbortController().signal,
  }
  const operations = httpOperations({ door: async () => door, secrets: () => book })
  await expect(operations.call('http.fetch', whole as Json, context)).rejects.toMatchObject({
    code: 'CONN_REQUEST_REFUSED',
  })
  await expect(operations.call('http.other', whole as Json, context)).rejects.toMatchObject({
    code: 'CAP_NOT_GRANTED',
  })
  expect(server.arrived.length).toBe(before)
})
