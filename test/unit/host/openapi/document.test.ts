/** Goal: a document that cannot be used is told why, and one that is made to hurt does not. */
import { expect, test } from 'vitest'

import { readOpenApi } from '#engine/host/openapi/document.ts'
import { generatePlugin } from '#engine/host/openapi/generate.ts'

test.each([
  ['another document', '{ "swagger": "2.0" }', 'is no OpenAPI document'],
  ['what is no JSON', '{ "openapi": ', 'is no JSON'],
  ['what is no YAML', 'openapi: [', 'cannot be read as YAML'],
  ['a document of nothing', '{ "openapi": "3.0.0", "paths": {} }', 'describes no operation'],
])('%s is refused', (_, text, words) => {
  expect(() => readOpenApi('a', text)).toThrow(words)
})

test('references that lead nowhere or round in circles do no harm', () => {
  const text = JSON.stringify({
    openapi: '3.0.0',
    servers: [{ url: 'https://a.test' }],
    paths: {
      '/a': {
        get: {
          operationId: '__proto__',
          parameters: [
            { $ref: '#/components/parameters/gone' },
            { name: 'constructor', in: 'query', schema: { $ref: '#/components/schemas/ring' } },
          ],
          responses: {
            200: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/ring' } } },
            },
          },
        },
      },
    },
    components: { schemas: { ring: { $ref: '#/components/schemas/ring' } } },
  })
  const generated = generatePlugin({ api: readOpenApi('a', text), name: 'my/a', operations: [] })
  expect(generated.actions).toEqual(['proto'])
})
