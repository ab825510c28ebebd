import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { world } from '#test/unit/dsl/world.ts'
import { describe, expect, test } from 'vitest'

const agent = `dsl: flux/1
id: x
instructions: Do it.
tools: [std/git/log@^1]
inputs: { type: object, required: [text], additionalProperties: false, properties: { text: { type: string } } }
output: { type: object, required: [total], properties: { total: { type: number } } }
`

function codes(step: string, file = agent, may = '{ git: [read] }'): readonly string[] {
  const text = `dsl: flux/1\nid: f\npermissions: ${may}\nsteps:\n  - { id: a, agent: ./x.agent.yaml, ${step} }\n  - { id: b, let: "\${{ steps.a.output.total }}" }\n`
  const found = {
    ...world,
    readText: (path: string) => (path === 'flows/x.agent.yaml' ? file : undefined),
  }
  const { problems } = checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), found)
  return problems.map((one) => `${one.code} ${one.file?.slice(6, 7)}`)
}

test('what it is given and what it answers have types', () => {
  expect(codes('with: { text: y }, limits: { turns: 3, time: 2m }')).toEqual([])
  expect(codes('with: { text: y }', agent.replaceAll('total', 'sum'))).toEqual([
    'DSL_FIELD_UNKNOWN f',
  ])
})

test('its tools and its model stay below the permissions of the flow', () => {
  const step = 'with: { text: y }'
  expect(codes(step, agent, '{}')).toEqual(['PLAN_PERMISSION_MISSING f'])
  expect(codes(step, agent, '{ git: [read], model: [small] }')).toEqual([
    'PLAN_PERMISSION_MISSING f',
  ])
  expect(codes(step, agent, '{ git: [read], model: [medium] }')).toEqual([])
})

describe('refuses', () => {
  test.each([
    ['an input that is missing', 'with: {}', agent, 'DSL_KEY_MISSING f'],
    ['a limit of nothing', 'with: { text: y }, limits: { turns: 0 }', agent, 'DSL_VALUE_FORMAT f'],
    [
      'a file without instructions',
      'with: { text: y }',
      agent.replace('instructions: Do it.\n', ''),
      'DSL_KEY_MISSING x',
    ],
    [
      'a tool that is not there',
      'with: { text: y }',
      agent.replace('git/log', 'git/logs'),
      'DSL_REFERENCE_UNKNOWN x',
    ],
    [
      'a schema that is none',
      'with: { text: y }',
      agent.replace('type: number', 'type: numbers'),
      'DSL_SCHEMA_MALFORMED x',
    ],
    [
      'a model of another class',
      'with: { text: y }',
      `${agent}model: huge\n`,
      'DSL_VALUE_UNKNOWN x',
    ],
  ])('%s', (_, step, file, code) => {
    expect(codes(step, file)).toContain(code)
  })
})
