import { describe, expect, test } from 'vitest'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { parseTemplate } from '#engine/dsl/template.ts'
import { schemaOfType, typeOfSchema, typeOfTemplate } from '#engine/dsl/typing/schema.ts'

const inputs: JsonObject = {
  type: 'object',
  required: ['n', 'tags', 'who'],
  properties: {
    n: { type: 'integer' },
    ratio: { type: 'number' },
    name: { type: 'string' },
    note: { type: ['string', 'null'] },
    tags: { type: 'array', items: { type: 'string' } },
    who: { $ref: '#/$defs/person' },
    kind: { enum: ['a', 'b'] },
    either: {
      anyOf: [{ type: 'string' }, { type: 'object', properties: { x: { type: 'integer' } } }],
    },
    open: { type: 'object', properties: { k: { type: 'boolean' } }, additionalProperties: true },
    counts: { type: 'object', additionalProperties: { type: 'integer' } },
    free: {},
  },
  $defs: {
    person: {
      type: 'object',
      properties: { first: { type: 'string' }, boss: { $ref: '#/$defs/person' } },
    },
  },
}
const env = { variables: new Map([['inputs', typeOfSchema(inputs)]]) }

function typed(value: Json) {
  const { template, expressions, problems } = parseTemplate(value, '/let')
  expect(problems).toEqual([])
  return typeOfTemplate(template, env, expressions)
}

describe('the schema of a template', () => {
  test.each<[Json, JsonObject]>([
    ['${{ inputs.n }}', { type: 'integer' }],
    ['${{ inputs.n + 1 }}', { type: 'integer' }],
    ['${{ inputs.n / 2 }}', { type: 'number' }],
    ['${{ size(inputs.tags) / 2 }}', { type: 'integer' }],
    ['${{ inputs.n + inputs.ratio }}', { type: 'number' }],
    ['${{ inputs.n > 3 || inputs.kind == "a" }}', { type: 'boolean' }],
    ['n ${{ inputs.n }}', { type: 'string' }],
    ['${{ inputs.tags[0] }}', { type: 'string' }],
    ['${{ inputs.tags.map(t, size(t)) }}', { type: 'array', items: { type: 'integer' } }],
    ['${{ inputs.tags.filter(t, t != "") }}', { type: 'array', items: { type: 'string' } }],
    ['${{ inputs.who.boss.boss.first }}', { type: 'string' }],
    ['${{ inputs.counts.anything }}', { type: 'integer' }],
    ['${{ inputs.counts["a b"] }}', { type: 'integer' }],
    ['${{ inputs.open.k }}', { type: 'boolean' }],
    ['${{ inputs.open.other }}', {}],
    ['${{ inputs.free.a.b[0].c }}', {}],
    ['${{ inputs.either.x }}', { type: 'integer' }],
    ['${{ default(inputs.note, "-") }}', { type: 'string' }],
    ['${{ default(inputs.note, 1) }}', { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['${{ inputs.n > 1 ? "a" : null }}', { anyOf: [{ type: 'string' }, { type: 'null' }] }],
    ['${{ timestamp("2026-01-01T00:00:00Z") }}', { type: 'string', format: 'date-time' }],
    ['${{ keys(inputs) }}', { type: 'array' }],
    ['${{ values(inputs.counts) }}', { type: 'array', items: { type: 'integer' } }],
    ['${{ [1].exists(x, x == inputs.n) }}', { type: 'boolean' }],
    ['${{ cel.bind(x, inputs.tags, x[0] + "a") }}', { type: 'string' }],
    ['${{ sort(inputs.tags) }}', { type: 'array', items: { type: 'string' } }],
    ['${{ dyn(inputs.n) }}', { type: 'integer' }],
    [1.5, { type: 'number' }],
    [{ secret: 'T' }, {}],
    [
      { a: '${{ inputs.n }}', b: [1, 2] },
      {
        type: 'object',
        properties: {
          a: { type: 'integer' },
          b: { type: 'array', items: { type: 'integer' } },
        },
        required: ['a', 'b'],
        additionalProperties: false,
      },
    ],
    [
      '${{ merge({"a": 1}, {"b": "x"}) }}',
      {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'string' } },
        required: ['a', 'b'],
        additionalProperties: false,
      },
    ],
  ])('of %j is %j', (value, schema) => {
    const { problems, ...rest } = typed(value)
    expect(problems).toEqual([])
    expect(rest.schema).toEqual(schema)
  })
})

describe('a template that cannot work', () => {
  test.each([
    ['inputs.nme', 'DSL_FIELD_UNKNOWN', 'nme'],
    ['inputs["nme"]', 'DSL_FIELD_UNKNOWN', '"nme"'],
    ['inputs.who.boss.frist', 'DSL_FIELD_UNKNOWN', 'frist'],
    ['inputs.either.y', 'DSL_FIELD_UNKNOWN', 'y'],
    ['has(inputs.whom.first)', 'DSL_FIELD_UNKNOWN', 'whom'],
    ['input.n', 'DSL_NAME_UNKNOWN', 'input'],
    ['inputs.tags.first', 'DSL_EXPRESSION_TYPE', 'first'],
    ['inputs.n.x', 'DSL_EXPRESSION_TYPE', 'x'],
    ['inputs.n["x"]', 'DSL_EXPRESSION_TYPE', '"x"'],
    ['inputs.tags["0" + "1"]', 'DSL_EXPRESSION_TYPE', 'inputs.tags["0" + "1"]'],
    ['inputs.name + 1', 'DSL_EXPRESSION_TYPE', 'inputs.name + 1'],
    ['inputs.name - "a"', 'DSL_EXPRESSION_TYPE', 'inputs.name - "a"'],
    ['-inputs.name', 'DSL_EXPRESSION_TYPE', 'inputs.name'],
    ['inputs.n == "5"', 'DSL_EXPRESSION_TYPE', 'inputs.n == "5"'],
    ['inputs.n < "5"', 'DSL_EXPRESSION_TYPE', 'inputs.n < "5"'],
    ['inputs.n && true', 'DSL_EXPRESSION_TYPE', 'inputs.n'],
    ['!inputs.name', 'DSL_EXPRESSION_TYPE', 'inputs.name'],
    ['inputs.n ? 1 : 2', 'DSL_EXPRESSION_TYPE', 'inputs.n'],
    ['1 in inputs.n', 'DSL_EXPRESSION_TYPE', '1 in inputs.n'],
    ['size(inputs.n)', 'DSL_EXPRESSION_TYPE', 'inputs.n'],
    ['inputs.tags.join(1)', 'DSL_EXPRESSION_TYPE', '1'],
    ['inputs.n.map(x, x)', 'DSL_EXPRESSION_TYPE', 'inputs.n'],
    ['inputs.tags.filter(t, t)', 'DSL_EXPRESSION_TYPE', 't'],
    ['inputs.tags.map(t, t + 1)', 'DSL_EXPRESSION_TYPE', 't + 1'],
    ['has(inputs.n.x)', 'DSL_EXPRESSION_TYPE', 'inputs.n'],
  ])('says of %s: %s at %s', (source, code, place) => {
    const text = `a \${{ ${source} }}`
    const { problems } = typed(text)
    expect(problems).toMatchObject([{ code, at: '/let' }])
    const [problem] = problems
    expect(text.slice(problem?.within?.start, problem?.within?.end)).toBe(place)
  })

  test('is mended by a fix where the right name is sure', () => {
    for (const [wrong, right] of [
      ['${{ inputs.nme }}', '${{ inputs.name }}'],
      ['x ${{ inputs["nmae"] }}', 'x ${{ inputs["name"] }}'],
      ['${{ 1 + input.n }}', '${{ 1 + inputs.n }}'],
    ] as const) {
      const edit = typed(wrong).problems[0]?.fix?.edits[0]
      const mended = wrong.slice(0, edit?.span.start) + edit?.text + wrong.slice(edit?.span.end)
      expect(mended).toBe(right)
    }
  })

  test('is told once, not again for everything around it', () => {
    expect(typed('${{ (inputs.nme + 1) * 2 > 3 && inputs.n > 1 }}').problems).toHaveLength(1)
  })
})

describe('typeOfSchema', () => {
  test.each<[string, Json]>([
    ['anything', true],
    ['a reference to nowhere', { $ref: '#/$defs/none' }],
    ['a reference to a file', { $ref: './x.json' }],
    ['a ring of references', { $ref: '#' }],
    ['conditions', { allOf: [{ type: 'string' }], if: {} }],
    ['no schema', 7],
  ])('knows nothing of %s', (_, schema) => expect(schemaOfType(typeOfSchema(schema))).toEqual({}))

  test('ends for a schema that holds itself', () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' } } }
    const type = typeOfSchema(schema)
    expect(type.kind).toBe('map')
  })

  test('takes a name that a prototype has for a name', () => {
    const open = typeOfSchema({ type: 'object', properties: { a: { type: 'string' } } })
    const { template, expressions } = parseTemplate('${{ x.constructor }}', '')
    const found = typeOfTemplate(template, { variables: new Map([['x', open]]) }, expressions)
    expect(found.problems).toMatchObject([{ code: 'DSL_FIELD_UNKNOWN' }])
  })
})
