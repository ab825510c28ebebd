/**
 * Goal: objects go to a store and come back, and the key stays with the host. Method: a
 * store on loopback that takes no request without a signature which another implementation
 * makes, too.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { openS3, s3Key, type FakeS3 } from '#test/fake/s3.ts'

import { openStd, type Std } from './open.ts'

let store: FakeS3
let plugin: Std
let common: JsonObject
beforeAll(async () => {
  store = await openS3()
  const permissions = { net: [store.origin], blob: ['read', 'write'] as const }
  const secrets = { KEY: s3Key.secret, WRONG: 'another-secret', ID: s3Key.id }
  plugin = await openStd('s3', { permissions, secrets })
  const { id, region } = s3Key
  common = {
    bucket: 'data',
    endpoint: store.origin,
    region,
    key_id: id,
    secret: { $secret: 'KEY' },
  }
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  store.close()
})
beforeEach(() => {
  store.objects.clear()
  store.requests.length = 0
})

const call = async (action: string, input: JsonObject): Promise<JsonObject> =>
  await plugin.call<JsonObject>(action, { ...common, ...input })
const fails = async (action: string, input: JsonObject): Promise<Json> =>
  (await plugin.failure(action, { ...common, ...input })) as unknown as Json

describe('an object', () => {
  test('is put, read, looked at and deleted', async () => {
    const facts = { content_type: 'text/plain', metadata: { by: 'ada' }, cache_control: 'no-store' }
    const kept = await call('put', { key: 'a/b c.txt', text: 'hällo', ...facts })
    expect(kept).toEqual({ etag: expect.stringMatching(/^[0-9a-f]{32}$/) as string, size: 6 })
    expect(store.objects.get('data/a/b c.txt')?.headers).toMatchObject({
      'cache-control': 'no-store',
    })
    expect(await call('get', { key: 'a/b c.txt' })).toMatchObject({
      text: 'hällo',
      size: 6,
      content_type: 'text/plain',
      metadata: { by: 'ada' },
    })
    expect(await call('stat', { key: 'a/b c.txt' })).toMatchObject({ exists: true, size: 6 })
    expect(await call('remove', { key: 'a/b c.txt' })).toEqual({ deleted: true })
    expect(await call('stat', { key: 'a/b c.txt' })).toEqual({ exists: false })
    expect(await fails('get', { key: 'a/b c.txt' })).toMatchObject({
      code: 'not_found',
      data: { code: 'NoSuchKey', said: 'The <store> says no.' },
    })
  })

  test('may be bytes', async () => {
    await call('put', { key: 'bytes', base64: '//4AAQ==' })
    expect(await call('get', { key: 'bytes' })).toMatchObject({ text: null, base64: '//4AAQ==' })
    expect(await fails('put', { key: 'bytes', base64: '?' })).toMatchObject({ code: 'no_base64' })
  })

  test.each(["it's (a) *star*!", 'ä/ö?&=#+', 'a//b', '100%', '%41', '~tilde_', '日本'])(
    'is found again by the name %j',
    async (key) => {
      await call('put', { key, text: key })
      expect([...store.objects.keys()]).toEqual([`data/${key}`])
      expect(await call('get', { key })).toMatchObject({ text: key })
      expect(await call('list', {})).toMatchObject({ objects: [{ key }] })
    },
  )

  test.each(['../other/secret', 'a/./b', '..'])('is not called %j', async (key) => {
    expect(await fails('get', { key })).toMatchObject({ code: 'key_refused' })
  })

  test('that must be new is not written over', async () => {
    const input = { key: 'once', text: 'a', only_new: true }
    await call('put', input)
    expect(await fails('put', input)).toMatchObject({ code: 'conflict' })
  })
})

test('a blob becomes an object, and an object a blob', async () => {
  store.objects.set('data/in', { body: Buffer.alloc(3_000_000, 'x'), headers: {} })
  const { blob = null, size } = await call('download', { key: 'in' })
  expect(size).toBe(3_000_000)
  expect(await call('upload', { key: 'out', blob })).toMatchObject({ size: 3_000_000 })
  expect(store.objects.get('data/out')?.body.byteLength).toBe(3_000_000)
})

describe('a list', () => {
  beforeEach(async () => {
    for (const key of ['a', 'b/1', 'b/2', 'c d', 'e']) {
      store.objects.set(`data/${key}`, { body: Buffer.from(key), headers: {} })
    }
  })
  const keysOf = ({ objects }: JsonObject): unknown =>
    (objects as readonly { readonly key: string }[]).map(({ key }) => key)

  test('comes in pages', async () => {
    const found = await call('list', {})
    expect(keysOf(found)).toEqual(['a', 'b/1', 'b/2', 'c d', 'e'])
    expect(found).toMatchObject({ is_truncated: false, prefixes: [] })
    expect(store.requests).toHaveLength(3)
  })

  test('is as long as is wanted', async () => {
    const found = await call('list', { max_items: 3 })
    expect(keysOf(found)).toEqual(['a', 'b/1', 'b/2'])
    expect(found).toMatchObject({ is_truncated: true })
  })

  test('may be of one folder', async () => {
    expect(await call('list', { delimiter: '/' })).toMatchObject({ prefixes: ['b/'] })
    expect(keysOf(await call('list', { prefix: 'b/' }))).toEqual(['b/1', 'b/2'])
  })
})

describe('a signed URL', () => {
  test('serves who has no key', async () => {
    await call('put', { key: 'a b', text: 'hello' })
    const { url = '' } = await call('presign', { key: 'a b', seconds: 60 })
    expect(await (await fetch(String(url as string))).text()).toBe('hello')
    const put = await call('presign', { key: 'new', method: 'PUT' })
    await fetch(String(put['url'] as string), { method: 'PUT', body: 'sent' })
    expect(store.objects.get('data/new')?.body.toString()).toBe('sent')
  })

  test('is good for what it was made for', async () => {
    await call('put', { key: 'a', text: 'hello' })
    const { url } = await call('presign', { key: 'a' })
    expect((await fetch(String(url as string), { method: 'DELETE' })).status).toBe(403)
    expect((await fetch(String(url as string).replace('/a?', '/b?'))).status).toBe(403)
  })

  test('is made only where a request might go', async () => {
    const permissions = { net: ['GET example.com'], secrets: ['KEY'] }
    const input = { ...common, key: 'a' }
    expect(await plugin.failure('presign', input, { permissions })).toMatchObject({
      code: 'CAP_NOT_GRANTED',
    })
  })
})

test.each([
  ['another key', { secret: { $secret: 'WRONG' } }, 'unauthorized'],
  ['a bucket that is not there', { bucket: 'none' }, 'not_found'],
])('%s has a word', async (_, input, code) => {
  expect(await fails('get', { key: 'a', ...input })).toMatchObject({ code })
})

test.each([
  [503, '<Error><Code>SlowDown</Code></Error>', 'rate_limited'],
  [500, '<Error><Code>InternalError</Code></Error>', 'unavailable'],
  [301, '<Error><Code>PermanentRedirect</Code></Error>', 'other_region'],
  [
    400,
    '<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>',
    'other_region',
  ],
  [400, 'no XML at all', 'refused'],
])('the answer %i %s is %s', async (status, body, code) => {
  store.next.push({ status, body })
  expect(await fails('list', {})).toMatchObject({ code })
})

test('the id of the key may be a secret, except where it would be shown', async () => {
  const input = { key: 'a', text: 'x', key_id: { $secret: 'ID' } }
  expect(await call('put', input)).toMatchObject({ size: 1 })
  expect(await fails('presign', { key: 'a', key_id: { $secret: 'ID' } })).toMatchObject({
    code: 'RUN_INPUT_REFUSED',
  })
})
