import fc from 'fast-check'
import { expect, test } from 'vitest'

import { compileSchema } from '#engine/core/schema.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { checkInput } from '#engine/host/inputs.ts'

const schema: JsonObject = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    to: { type: 'string', default: 'HEAD' },
    deep: { type: 'object', properties: { n: { type: 'integer', default: 3 } } },
    list: { type: 'array', items: { type: 'integer' } },
    level: { enum: ['low', 'high'] },
  },
}

test('fills in defaults at any depth and keeps what is there', async () => {
  expect(await checkInput(schema, { name: 'a', deep: {} })).toEqual({
    ok: true,
    input: { name: 'a', to: 'HEAD', deep: { n: 3 } },
  })
  expect(await checkInput(schema, { name: 'a', to: 'v1' })).toMatchObject({ input: { to: 'v1' } })
})

test.each([
  ['a missing name', {}, ''],
  ['another type', { name: 1 }, '/name'],
  ['a name that is not there', { name: 'a', more: 1 }, ''],
  ['an item of another type', { name: 'a', list: [1, 'x'] }, '/list/1'],
  ['a value that is not listed', { name: 'a', level: 'mid' }, '/level'],
  ['no object', 'text', ''],
])('refuses %s', async (_, input, at) => {
  const checked = await checkInput(schema, input)
  expect(checked).toMatchObject({ ok: false, error: { code: 'RUN_INPUT_REFUSED', data: { at } } })
})

test('a schema that says more goes to the schema compiler', async () => {
  const more = { type: 'object', properties: { n: { type: 'integer', minimum: 5 } } }
  expect(await checkInput(more, { n: 5 })).toMatchObject({ ok: true })
  expect(await checkInput(more, { n: 4 })).toMatchObject({
    ok: false,
    error: { code: 'RUN_INPUT_REFUSED' },
  })
})

test('says yes and no exactly as the schema compiler does', async () => {
  const validate = compileSchema(schema)
  const value = fc.record(
    {
      name: fc.oneof(fc.string(), fc.integer()),
      list: fc.oneof(
        fc.array(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))),
        fc.string(),
      ),
      level: fc.constantFrom('low', 'high', 'mid', 1),
      deep: fc.oneof(fc.record({ n: fc.oneof(fc.integer(), fc.string()) }), fc.constant(null)),
      to: fc.oneof(fc.string(), fc.boolean()),
      more: fc.integer(),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(value, async (input) => {
      const checked = await checkInput(schema, input as Json)
      expect(checked.ok).toBe(validate(input as Json) === undefined)
    }),
  )
})

test('refuses a number that JSON cannot hold', async () => {
  const numbers = { type: 'object', properties: { n: { type: 'number' } } }
  for (const n of [Infinity, NaN]) {
    expect(await checkInput(numbers, { n })).toMatchObject({
      ok: false,
      error: { code: 'RUN_INPUT_REFUSED', data: { at: '/n' } },
    })
  }
})
