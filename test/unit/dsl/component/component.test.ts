/**
 * Goal: a component is a piece of its own: it sees its parameters and its steps, and whoever
 * uses it sees its output. Method: small components in a world of files, and what is said.
 */
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { world } from '#test/unit/dsl/world.ts'
import { describe, expect, test } from 'vitest'

const add = `dsl: flux/1
id: add
inputs:
  type: object
  required: [n]
  additionalProperties: false
  properties: { n: { type: integer }, by: { type: integer, default: 1 } }
steps:
  - id: sum
    let: \${{ inputs.n + inputs.by }}
output: { sum: "\${{ steps.sum.output }}" }
`

function check(
  steps: string,
  files: Readonly<Record<string, string>> = { 'flows/add.component.yaml': add },
) {
  const text = `dsl: flux/1\nid: f\ninputs: { type: object, properties: { own: { type: integer } } }\nsteps:\n  - { id: first, let: 1 }\n${steps}`
  const found = { ...world, readText: (path: string) => files[path] ?? world.readText(path) }
  return checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), found)
}
const use = (more = 'with: { n: 1 }'): string =>
  `  - { id: a, component: ./add.component.yaml, ${more} }\n`
const withAdd = (text: string) => check(use(), { 'flows/add.component.yaml': text })

test('its output has the type that its steps give', () => {
  expect(check(`${use()}  - { id: b, let: "\${{ steps.a.output.sum + 1 }}" }\n`).problems).toEqual(
    [],
  )
  expect(
    check(`${use()}  - { id: b, let: "\${{ steps.a.output.total }}" }\n`).problems,
  ).toMatchObject([{ code: 'DSL_FIELD_UNKNOWN', file: 'flows/f.flow.yaml' }])
})

describe('what is passed must fit', () => {
  test.each([
    ['a parameter too few', 'with: {}', 'DSL_KEY_MISSING'],
    ['nothing at all', 'description: none', 'DSL_KEY_MISSING'],
    ['a parameter too much', 'with: { n: 1, m: 2 }', 'DSL_KEY_UNKNOWN'],
    ['another type', 'with: { n: text }', 'DSL_EXPRESSION_TYPE'],
  ])('%s', (_, given, code) => {
    expect(check(use(given)).problems).toMatchObject([{ code, file: 'flows/f.flow.yaml' }])
  })
})

describe('a mistake in it is told in its file, with the place that uses it', () => {
  test.each([
    ['a step of the flow', 'steps.first.output', 'DSL_NAME_UNKNOWN'],
    ['an input of the flow', 'inputs.own', 'DSL_FIELD_UNKNOWN'],
    ['the event', 'event.body', 'DSL_NAME_UNKNOWN'],
  ])('%s is not seen', (_, expression, code) => {
    const { problems, flow } = withAdd(add.replace('inputs.n + inputs.by', expression))
    expect(flow).toBeUndefined()
    expect(problems[0]).toMatchObject({
      code,
      file: 'flows/add.component.yaml',
      related: expect.arrayContaining([expect.objectContaining({ file: 'flows/f.flow.yaml' })]),
    })
  })

  test.each([
    ['an unknown key', add.replace('output:', 'outputs:'), 'DSL_KEY_UNKNOWN'],
    [
      'a step twice',
      add.replace('output:', '  - { id: sum, let: 1 }\noutput:'),
      'DSL_STEP_DUPLICATE',
    ],
    ['a schema that is none', add.replace('type: object', 'type: list'), 'DSL_SCHEMA_MALFORMED'],
    ['broken text', 'id: [', 'DSL_YAML_SYNTAX'],
    [
      'a power that the flow does not allow',
      add.replace('let: ${{ inputs.n + inputs.by }}', 'use: acme/pay@^2'),
      'PLAN_PERMISSION_MISSING',
    ],
  ])('%s', (_, text, code) => {
    const codes = withAdd(text).problems.map((one) => ({ code: one.code, file: one.file }))
    expect(codes).toContainEqual({ code, file: 'flows/add.component.yaml' })
  })
})

test('an effect that a loop of the flow repeats is found inside it', () => {
  const pay = add.replace('let: ${{ inputs.n + inputs.by }}', 'use: acme/pay@^2')
  const loop =
    '  - id: l\n    each: { in: [1, 2] }\n    steps:\n      - { id: a, component: ./add.component.yaml, with: { n: 1 } }\n'
  const { problems } = check(loop, { 'flows/add.component.yaml': pay })
  expect(problems.map(({ code }) => code)).toContain('PLAN_EFFECT_UNGUARDED')
})

test('a file that is not there, and one that is no component, are told', () => {
  expect(check('  - { id: a, component: ./no.component.yaml }\n').problems).toMatchObject([
    { code: 'DSL_REFERENCE_UNKNOWN', at: '/steps/1/component' },
  ])
  expect(check('  - { id: a, component: ./add.yaml }\n').problems).toMatchObject([
    { code: 'DSL_VALUE_FORMAT' },
    { code: 'DSL_REFERENCE_UNKNOWN' },
  ])
})

test('a ring of components is refused, and so is a tower of them', () => {
  const nest = (to: string): string =>
    `dsl: flux/1\nid: x\nsteps: [{ id: n, component: ./${to}.component.yaml }]\n`
  const ring = { 'flows/a.component.yaml': nest('b'), 'flows/b.component.yaml': nest('a') }
  const start = '  - { id: a, component: ./a.component.yaml }\n'
  expect(check(start, ring).problems).toMatchObject([
    { code: 'PLAN_COMPONENT_CYCLE', file: 'flows/b.component.yaml' },
  ])
  const tower = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [
      `flows/${i === 0 ? 'a' : `c${i}`}.component.yaml`,
      nest(`c${i + 1}`),
    ]),
  )
  expect(check(start, tower).problems.map(({ code }) => code)).toContain('DSL_LIMIT_EXCEEDED')
})
