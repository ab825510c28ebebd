/**
 * Goal: an operation of a document becomes the request that the document means. Method:
 * documents as data, and a server that echoes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Json, JsonObject } from '#engine/core/json.ts'

import { openApiBench, secret, type OpenApiBench } from './bench.ts'

let bench: OpenApiBench
beforeAll(async () => {
  bench = await openApiBench()
})
afterAll(async () => await bench[Symbol.asyncDispose]())

describe('a parameter goes where the document says', () => {
  test.each<[string, JsonObject, Json, string]>([
    ['a text of the query', { in: 'query' }, 'a b&c', '/echo?p=a%20b%26c'],
    ['a list', { in: 'query' }, [1, 'b'], '/echo?p=1&p=b'],
    ['a list with commas', { in: 'query', explode: false }, [1, 'b'], '/echo?p=1%2Cb'],
    ['a list with pipes', { in: 'query', style: 'pipeDelimited' }, [1, 2], '/echo?p=1%7C2'],
    ['a list with spaces', { in: 'query', style: 'spaceDelimited' }, [1, 2], '/echo?p=1%202'],
    ['an object', { in: 'query' }, { a: 1, b: true }, '/echo?a=1&b=true'],
    ['an object in one', { in: 'query', explode: false }, { a: 1 }, '/echo?p=a%2C1'],
    ['a deep object', { in: 'query', style: 'deepObject' }, { a: 1 }, '/echo?p%5Ba%5D=1'],
    [
      'JSON',
      { in: 'query', content: { 'application/json': {} } },
      { a: 1 },
      '/echo?p=%7B%22a%22%3A1%7D',
    ],
    ['null, which is nothing', { in: 'query' }, null, '/echo'],
  ])('%s', async (_, parameter, value, url) => {
    const document = bench.documentOf({ parameters: [{ name: 'p', ...parameter }] })
    expect((await bench.call(document, { parameters: { p: value } })).url).toBe(url)
  })

  test.each<[string, JsonObject, Json, string]>([
    ['a text of the path', {}, 'a/b ?', '/echo/a%2Fb%20%3F'],
    ['a list', {}, [1, 2], '/echo/1,2'],
    ['an object', {}, { a: 1 }, '/echo/a,1'],
    ['an exploded object', { explode: true }, { a: 1 }, '/echo/a=1'],
    ['a label', { style: 'label' }, 5, '/echo/.5'],
    ['a matrix', { style: 'matrix' }, 5, '/echo/;p=5'],
  ])('%s', async (_, parameter, value, url) => {
    const parameters = [{ name: 'p', in: 'path', required: true, ...parameter }]
    const document = bench.documentOf({ parameters }, { path: '/echo/{p}' })
    expect((await bench.call(document, { parameters: { p: value } })).url).toBe(url)
  })

  test('headers and cookies', async () => {
    const parameters = [
      { name: 'X-List', in: 'header' },
      { name: 'sort', in: 'cookie' },
      { $ref: '#/components/parameters/shared' },
    ]
    const shared = { name: 'same', in: 'query' }
    const components = { parameters: { shared } }
    const document = bench.documentOf({ parameters }, { components })
    const values = { 'X-List': ['a', 'b'], sort: 'up', 'query/same': 1 }
    const { headers, url } = await bench.call(document, { parameters: values })
    expect(headers).toMatchObject({ 'x-list': 'a,b', cookie: 'sort=up' })
    expect(url).toBe('/echo?same=1')
  })

  test.each(['..', '.', ''])('%j of the path would be another path', async (value) => {
    const parameters = [{ name: 'p', in: 'path', required: true }]
    const document = bench.documentOf({ parameters }, { path: '/echo/{p}/x' })
    expect(await bench.failure(document, { parameters: { p: value } })).toMatchObject({
      code: 'parameter_invalid',
    })
  })
})

describe('a body is written as the document wants it', () => {
  const content = (type: string, more: JsonObject = {}): JsonObject =>
    bench.documentOf({ requestBody: { required: true, content: { [type]: more } } })

  test('as JSON, with the key of the step', async () => {
    const { headers, body } = await bench.call(content('application/vnd.api+json'), {
      body: { a: 1 },
    })
    expect(headers).toMatchObject({ 'content-type': 'application/vnd.api+json' })
    expect(headers['idempotency-key']).toMatch(/^sha256:/)
    expect(body).toBe('{"a":1}')
  })

  test('as a form', async () => {
    const type = 'application/x-www-form-urlencoded'
    const more = { encoding: { b: { style: 'deepObject' } } }
    const { headers, body } = await bench.call(content(type, more), {
      body: { a: [1, 2], b: { c: 3 } },
    })
    expect(headers).toMatchObject({ 'content-type': type })
    expect(body).toBe('a=1&a=2&b%5Bc%5D=3')
  })

  test('as text', async () => {
    expect((await bench.call(content('text/csv'), { body: 'a,b' })).body).toBe('a,b')
    expect(await bench.failure(content('text/csv'), { body: { a: 1 } })).toMatchObject({
      code: 'body_invalid',
    })
  })
})

describe('a secret goes where its scheme says', () => {
  test.each<[string, JsonObject, object]>([
    ['bearer', { bearer: secret }, { headers: { authorization: 'Bearer [secret TOKEN]' } }],
    [
      'basic',
      { basic: { user: 'ada', password: secret } },
      { headers: { authorization: 'Basic YWRhOm[secret TOKEN]' } },
    ],
    ['a header', { header: secret }, { headers: { 'x-key': '[secret TOKEN]' } }],
    ['a cookie', { cookie: secret }, { headers: { cookie: 'session=[secret TOKEN]' } }],
    ['the query', { query: secret }, { url: '/echo?a=%7B%7D&key=[secret TOKEN]' }],
  ])('%s', async (_, auth, wanted) => {
    const document = bench.documentOf({ parameters: [{ name: 'a', in: 'query' }] })
    expect(await bench.call(document, { auth, parameters: { a: '{}' } })).toMatchObject(wanted)
  })

  test('a token takes the scheme that the operation asks for', async () => {
    const document = bench.documentOf({ security: [{ basic: [], bearer: [] }, { header: [] }] })
    const { headers } = await bench.call(document, { token: secret })
    expect(headers).toMatchObject({ 'x-key': '[secret TOKEN]' })
    const plain = bench.documentOf({}, { components: {} })
    expect((await bench.call(plain, { token: secret })).headers).toMatchObject({
      authorization: 'Bearer [secret TOKEN]',
    })
  })

  test.each<[string, JsonObject]>([
    ['a scheme that is not there', { auth: { baerer: secret } }],
    ['a user for a token', { auth: { bearer: { user: 'a', password: secret } } }],
    ['a token for a user', { auth: { basic: secret } }],
    ['a certificate', { auth: { mutual: secret } }],
    ['a token where two are needed', { token: secret }],
  ])('not %s', async (_, input) => {
    const document = bench.documentOf({ security: [{ basic: [], bearer: [] }] })
    expect(await bench.failure(document, input)).toMatchObject({ code: 'auth_unknown' })
  })
})
