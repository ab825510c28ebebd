/** Goal: a file of any size goes through a flow without being in it. Method: a server that echoes. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { openFakeServer, type FakeServer } from '#test/fake/server.ts'

import { openStd, type Std } from './open.ts'

let server: FakeServer
let plugin: Std
beforeAll(async () => {
  server = await openFakeServer()
  const permissions = { net: [server.origin], blob: ['read', 'write'] as const }
  plugin = await openStd('http', { permissions, secrets: { TOKEN: 'long-secret-value' } })
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  server.close()
})

test('what is downloaded can be uploaded', async () => {
  const { blob = null } = await plugin.call<JsonObject>('download', {
    url: `${server.origin}/text`,
  })
  expect(blob).toMatchObject({ bytes: 6, mediaType: 'text/plain' })
  const auth = { bearer: { $secret: 'TOKEN' } }
  const input = { url: `${server.origin}/echo`, method: 'POST', blob, auth }
  const { body } = await plugin.call<{ body: { headers: JsonObject; body: string } }>(
    'upload',
    input,
  )
  expect(body).toMatchObject({
    body: 'hällo',
    headers: { 'content-type': 'text/plain', authorization: 'Bearer [secret TOKEN]' },
  })
})

test('what is no success is not kept', async () => {
  const input = { url: `${server.origin}/status/503` }
  expect(await plugin.failure('download', input)).toMatchObject({ code: 'unavailable' })
  const odd = { url: `${server.origin}/status/404`, expect: [404] }
  expect(await plugin.failure('download', odd)).toMatchObject({ code: 'unexpected_status' })
})

test('a flow that only reads grants no blobs', async () => {
  const permissions = { net: [server.origin] }
  const input = { url: `${server.origin}/text` }
  expect(await plugin.call('get', input, { permissions })).toMatchObject({ body: 'hällo' })
  expect(await plugin.failure('download', input, { permissions })).toMatchObject({
    code: 'CAP_NOT_GRANTED',
    data: { capability: 'blob: write', by: 'flow' },
  })
})
