/**
 * Goal: a schema or a value that somebody hostile wrote cannot hang or crash the process.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'
import { compileSchema } from '#engine/core/schema.ts'
import { cpuMs } from '#test/unit/cpu.ts'
import { expect, test } from 'vitest'

const nested = (depth: number): Json => {
  let value: Json = []
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

test('a violation says where, which word, and what was wanted', () => {
  const validate = compileSchema({
    type: 'object',
    required: ['to'],
    properties: { to: { type: 'string' }, n: { type: 'integer', maximum: 3 } },
  })
  expect(validate({ to: 'a', n: 3 })).toBeUndefined()
  expect(validate({})).toMatchObject({ at: '', keyword: 'required', message: 'must have "to".' })
  expect(validate({ to: 1 })).toMatchObject({
    at: '/to',
    keyword: 'type',
    message: 'must be text.',
  })
  expect(validate({ to: '', n: 4 })).toMatchObject({ at: '/n', message: 'must be at most 3.' })
})

test('two patterns in one schema are two patterns', () => {
  const validate = compileSchema({
    patternProperties: { '^a': { type: 'string' }, '^b': { type: 'number' } },
  })
  expect(validate({ a: 'x', b: 1 })).toBeUndefined()
  expect(validate({ b: 'x' })).toMatchObject({ at: '/b', keyword: 'type' })
})

test.each<[string, JsonObject, Json]>([
  ['a pattern that backtracks', { pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`],
  [
    'unique items that are objects',
    { uniqueItems: true },
    Array.from({ length: 20_000 }, (_, i) => ({ i })).concat([{ i: 0 }]),
  ],
  [
    'data that nests too deep',
    { $ref: '#/$defs/a', $defs: { a: { items: { $ref: '#/$defs/a' } } } },
    nested(20_000),
  ],
  ['references that double at each level', { $ref: '#/$defs/a0', $defs: doubling(40) }, 1],
])('%s is refused in time', (_, schema, data) => {
  const validate = compileSchema(schema)
  const start = cpuMs()
  expect(validate(data)).toBeDefined()
  expect(cpuMs() - start).toBeLessThan(1500)
})

test('the budget of calls is what stops references that double', () => {
  const validate = compileSchema({ $ref: '#/$defs/a0', $defs: doubling(40) })
  expect(validate(1)).toMatchObject({ keyword: 'limit' })
  expect(compileSchema({ $ref: '#/$defs/a0', $defs: doubling(4) })(1)).toMatchObject({
    keyword: 'type',
  })
})

test('names that objects inherit are not there', () => {
  const validate = compileSchema({
    required: ['constructor'],
    properties: { toString: { type: 'null' } },
  })
  expect(validate({})).toMatchObject({ keyword: 'required' })
})

test.each<[string, JsonObject, string]>([
  ['another document', { $ref: 'https://example.com/a.json' }, '/$ref'],
  ['a file', { $ref: './a.json' }, '/$ref'],
  ['a place that is not there', { items: { $ref: '#/$defs/a' } }, '/items/$ref'],
  ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema'],
  ['a pattern that is none', { pattern: '(' }, '/pattern'],
  ['a pattern that looks behind', { pattern: '(?<=a)b' }, '/pattern'],
  ['a type that is none', { properties: { a: { type: 'text' } } }, '/properties/a/type'],
  ['a required that is no list', { required: 'a' }, '/required'],
  ['a count below zero', { minLength: -1 }, '/minLength'],
  ['a list where a schema stands', { items: [] }, '/items'],
])('a schema with %s is refused with its place', (_, schema, at) => {
  expect(() => compileSchema(schema)).toThrow(
    expect.objectContaining({ code: 'DSL_SCHEMA_MALFORMED', data: { at } }) as Error,
  )
})

/** Each definition tries the next one twice. */
function doubling(depth: number): JsonObject {
  const defs: Record<string, JsonObject> = { [`a${depth}`]: { type: 'null' } }
  for (let i = 0; i < depth; i++) {
    const next = { $ref: `#/$defs/a${i + 1}` }
    defs[`a${i}`] = { anyOf: [next, { ...next, title: 'again' }] }
  }
  return defs
}
