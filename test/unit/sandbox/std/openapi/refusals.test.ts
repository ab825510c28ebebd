/**
 * Goal: what a document does not allow is not sent, and the failure says why. Method:
 * documents as data, and a server that must hear nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Json, JsonObject } from '#engine/core/json.ts'

import { openApiBench, type OpenApiBench } from './bench.ts'

let bench: OpenApiBench
beforeAll(async () => {
  bench = await openApiBench()
})
afterAll(async () => await bench[Symbol.asyncDispose]())

describe('what the document does not allow is not sent', () => {
  const pet = {
    type: 'object',
    required: ['id', 'name'],
    properties: {
      id: { type: 'integer', readOnly: true },
      name: { type: 'string' },
      age: { type: 'integer', nullable: true, minimum: 0, exclusiveMinimum: true },
      child: { $ref: '#/components/schemas/pet' },
    },
  }
  const spec = {
    parameters: [
      { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 10 } },
      { name: 'must', in: 'query', required: true },
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/pet' } } },
    },
  }
  const document = (): JsonObject =>
    bench.documentOf(spec, { openapi: '3.0.3', components: { schemas: { pet } } })
  const good = {
    parameters: { must: 1 },
    body: { name: 'Rex', age: null, child: { name: 'Rexi' } },
  }

  test('and what it allows is', async () => {
    expect(JSON.parse((await bench.call(document(), good)).body)).toEqual(good.body)
  })

  test.each<[string, JsonObject, string]>([
    ['a parameter that is too large', { parameters: { must: 1, limit: 11 } }, 'parameter_invalid'],
    ['a parameter that nobody knows', { parameters: { must: 1, limt: 1 } }, 'parameter_unknown'],
    ['a parameter that is missing', { parameters: {} }, 'parameter_missing'],
    ['a body that is missing', { body: undefined as unknown as Json }, 'body_missing'],
    ['a body of another type', { content_type: 'text/csv' }, 'body_unknown'],
    ['a body without a name', { body: { age: 1 } }, 'body_invalid'],
    ['a bound that is left out', { body: { name: 'Rex', age: 0 } }, 'body_invalid'],
    ['a fault far inside', { body: { name: 'Rex', child: { name: 1 } } }, 'body_invalid'],
  ])('%s', async (_, input, code) => {
    const before = bench.server.arrived.length
    const merged = JSON.parse(JSON.stringify({ ...good, ...input })) as JsonObject
    expect(await bench.failure(document(), merged)).toMatchObject({ code })
    expect(bench.server.arrived).toHaveLength(before)
  })

  test('unless that is wanted', async () => {
    const input = { parameters: { must: 1, limit: 11 }, body: {}, check: false }
    expect((await bench.call(document(), input)).url).toBe('/echo?must=1&limit=11')
  })

  test('with the nearest name beside one that nobody knows', async () => {
    const input = { parameters: { must: 1, limt: 1 } }
    expect(await bench.failure(document(), input)).toMatchObject({
      data: { suggestions: ['limit'] },
    })
    expect(
      await bench.plugin.failure('call', { document: document(), operation: 'dp' }),
    ).toMatchObject({
      code: 'operation_unknown',
      data: { suggestions: ['do'] },
    })
    const operation = 'POST /ecko'
    expect(await bench.plugin.failure('call', { document: document(), operation })).toMatchObject({
      data: { suggestions: ['POST /echo'] },
    })
  })
})

describe('a server', () => {
  const url = '{scheme}://127.0.0.1:{port}/base/'
  const port = (): string => new URL(bench.server.origin).port

  test('may have places of its own', async () => {
    const variables = { scheme: { default: 'http' }, port: {} }
    const servers = [{ url, variables }]
    const document = bench.documentOf({ servers }, { path: '/x', method: 'get' })
    const input = { server_variables: { port: port() } }
    expect(await bench.failure(document, input)).toMatchObject({ code: 'not_found' })
    expect(bench.server.arrived.at(-1)?.url).toBe('/base/x')
    expect(await bench.failure(document)).toMatchObject({ code: 'server_missing' })
  })

  test('may be another one, and must be one', async () => {
    const document = bench.documentOf({}, { servers: [{ url: '/v1' }] })
    expect(await bench.failure(document)).toMatchObject({ code: 'server_missing' })
    expect((await bench.call(document, { server: bench.server.origin })).url).toBe('/echo')
  })
})

test.each<[string, JsonObject]>([
  ['Swagger 2.0', { swagger: '2.0', paths: {} }],
  ['no document at all', { paths: {} }],
  ['a ring of references', { openapi: '3.0.0', paths: { '/a': { $ref: '#/paths/~1a' } } }],
  ['a reference to elsewhere', { openapi: '3.0.0', paths: { '/a': { $ref: 'other.json#/a' } } }],
])('%s is no document', async (_, document) => {
  expect(await bench.failure(document)).toMatchObject({ code: 'document_malformed' })
})

test('what a document says of an answer is in the failure', async () => {
  const document = bench.documentOf({}, { path: '/status/404' })
  expect(await bench.failure(document)).toMatchObject({
    code: 'not_found',
    message: '"do" answered 404: There is none.',
  })
})

test('a step that only reads calls nothing that may change something', async () => {
  const input = { document: bench.documentOf({}), operation: 'do' }
  expect(await bench.plugin.failure('read', input)).toMatchObject({ code: 'operation_unsafe' })
  const reading = { document: bench.documentOf({}, { method: 'get' }), operation: 'get /echo' }
  expect(await bench.plugin.call('read', reading)).toMatchObject({ operation: 'do', status: 200 })
})
