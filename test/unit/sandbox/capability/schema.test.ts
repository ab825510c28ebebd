/** Goal: a guest has values compared with schemas, whatever either of them is. */
import { afterAll, expect, test } from 'vitest'

import { schemaOperations } from '#engine/sandbox/capability/schema.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const bench = new Bench({ operations: schemaOperations(), workers: 1 })
afterAll(async () => await bench[Symbol.asyncDispose]())

async function check(schema: unknown, value: unknown): Promise<unknown> {
  const code = `export default async ([schema, value], ctx) => await ctx.schema.check(schema, value)`
  const unit = await bench.plugin({ actions: { default: { effects: 'pure' } } }, code)
  const result = await bench.call(unit, [schema, value] as never)
  return result.ok ? result.output : result.error
}

test('a value that fits, and one that does not', async () => {
  const schema = { properties: { a: { type: 'integer' } } }
  expect(await check(schema, { a: 1 })).toEqual({ ok: true })
  expect(await check(schema, { a: 'x' })).toMatchObject({ ok: false, at: '/a', keyword: 'type' })
  expect(await check(false, 1)).toMatchObject({ ok: false, at: '' })
})

test.each([
  [{ $ref: 'https://example.com/a.json' }, 'DSL_SCHEMA_MALFORMED'],
  [{ pattern: '(' }, 'DSL_SCHEMA_MALFORMED'],
  ['text', 'RUN_INPUT_REFUSED'],
])('%j is refused', async (schema, code) => {
  expect(await check(schema, 1)).toMatchObject({ code })
})

test('a schema that would take for ever is given up', async () => {
  const list = { type: 'array', items: { $ref: '#/$defs/list' } }
  const schema = { $defs: { list: { anyOf: [list, list] } }, $ref: '#/$defs/list' }
  let value: unknown = 1
  for (let depth = 0; depth < 60; depth++) value = [value]
  expect(await check(schema, value)).toMatchObject({ ok: false, keyword: 'limit' })
})
