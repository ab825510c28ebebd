/**
 * What a flow says that it returns: outputs and `return` are held to it, callers are typed by it.
 */
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { world } from '#test/unit/dsl/world.ts'
import { describe, expect, test } from 'vitest'

const returns =
  'returns: { type: object, required: [id], additionalProperties: false, properties: { id: { type: string }, n: { type: integer } } }'

function found(rest: string, head = returns): readonly string[] {
  const text = `dsl: flux/1\nid: f\n${head}\nsteps:\n${rest}`
  const { problems } = checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), {
    ...world,
    findFlow: (id) => ({
      id,
      file: 'flows/child.flow.yaml',
      returns: { type: 'object', properties: { total: { type: 'number' } } },
    }),
  })
  return problems.map(({ code, at }) => `${code} ${at}`)
}

const one = '  - { id: a, let: x }\n'

test.each([
  ['outputs that fit', `${one}outputs: { id: "\${{ steps.a.output }}" }\n`, []],
  ['outputs without a name', `${one}outputs: { n: 1 }\n`, ['DSL_KEY_MISSING /outputs']],
  ['outputs of another type', `${one}outputs: { id: 1 }\n`, ['DSL_EXPRESSION_TYPE /outputs/id']],
  ['one too many', `${one}outputs: { id: x, m: 1 }\n`, ['DSL_KEY_UNKNOWN /outputs/m']],
  ['the output of the last step', one, ['DSL_EXPRESSION_TYPE /steps/0']],
  ['a flow that fails at its end', '  - { id: a, fail: { message: No. } }\n', []],
  ['a return that fits', '  - { id: a, return: { id: x } }\n', []],
  ['a return of a text', '  - { id: a, return: x }\n', ['DSL_EXPRESSION_TYPE /steps/0/return']],
])('%s', (_, rest, problems) => {
  expect(found(rest)).toEqual(problems)
})

describe('the schema itself', () => {
  test('is checked', () => {
    expect(found(one, 'returns: { type: strin }')).toEqual(['DSL_SCHEMA_MALFORMED /returns/type'])
    expect(found(one, 'returns: { $ref: ./no.json }')).toEqual([
      'DSL_REFERENCE_UNKNOWN /returns/$ref',
    ])
  })

  test('may be in a file, and is closed in the flow', () => {
    const text =
      'dsl: flux/1\nid: f\nreturns: { $ref: ../schemas/line.json }\nsteps:\n  - { id: a, let: [1] }\n'
    const { flow, problems } = checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), world)
    expect(problems).toEqual([])
    expect(JSON.stringify(flow?.returns)).toContain('$defs')
  })
})

test('a detached call yields the id of a run, and has no time of its own', () => {
  const call = (name: string, more = ''): string =>
    `  - { id: c, flow: child, detach: true${more} }\n  - { id: d, let: "\${{ steps.c.output.${name} }}" }\n`
  expect(found(call('run'), '')).toEqual([])
  expect(found(call('total'), '')).toEqual(['DSL_FIELD_UNKNOWN /steps/1/let'])
  expect(found(call('run', ', timeout: 1h'), '')).toEqual(['DSL_VALUE_FORMAT /steps/0/timeout'])
})

test('what only looks like an expression is told, and stays the text that it is', () => {
  expect(found('  - { id: a, let: "$ {{ inputs.x }}" }\n', '')).toEqual([
    'DSL_EXPRESSION_SYNTAX /steps/0/let',
  ])
  expect(found('  - { id: a, let: "{{ mustache }} costs $ 3" }\n', '')).toEqual([])
})

test('a flow whose end is to start this one is there, or that is told', () => {
  const text = 'dsl: flux/1\nid: f\non: { flow: { flow: chidl } }\nsteps:\n  - { id: a, let: 1 }\n'
  const { problems, flow } = checkFlow(parseDocument({ file: 'f.flow.yaml', text }), world)
  expect(problems).toMatchObject([{ code: 'DSL_REFERENCE_UNKNOWN', severity: 'warning' }])
  expect(flow).toBeDefined()
})

test('a caller sees what the called flow returns', () => {
  const call = (name: string): string =>
    `  - { id: c, flow: child }\n  - { id: d, let: "\${{ steps.c.output.${name} }}" }\n`
  expect(found(call('total'), '')).toEqual([])
  expect(found(call('totl'), '')).toEqual(['DSL_FIELD_UNKNOWN /steps/1/let'])
})
