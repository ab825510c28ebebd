/** Goal: what no case takes is counted and named, over all cases and files of a flow. */
import { expect, test } from 'vitest'

import { testFolder } from '#test/fake/tests.ts'

const flow = `
dsl: flux/1
id: a
inputs: { type: object, properties: { kind: { type: string }, n: { type: integer, default: 0 } } }
steps:
  - id: pick
    switch: "\${{ inputs.kind }}"
    cases: { red: [{ id: red, let: 1 }], "blue/green": [{ id: blue, let: 2 }] }
    default: []
  - { id: gate, if: "\${{ inputs.n > 0 }}", then: [{ id: positive, let: 1 }] }
  - { id: both, if: "\${{ inputs.n > 0 }}", then: [{ id: then, let: 1 }], else: [{ id: else, let: 1 }] }
  - id: safe
    try: [{ id: risky, assert: "\${{ inputs.n < 5 }}" }]
    catch:
      - { on: [other], steps: [{ id: other, let: 1 }] }
      - { steps: [{ id: any, let: 1 }] }
  - id: bare
    try: [{ id: calm, let: 1 }]
    catch: [{ id: never, let: 1 }]
`
const cases = (...rows: readonly string[]): string =>
  `dsl: test/1\nflow: ./a.flow.yaml\ncases:\n${rows.map((inputs, i) => `  - { name: c${i}, inputs: ${inputs} }\n`).join('')}`

async function coverage(tests: Readonly<Record<string, string>>) {
  using folder = testFolder({ 'a.flow.yaml': flow, ...tests })
  const { coverage: found, problems } = await folder.run()
  expect(problems).toEqual([])
  expect(found).toHaveLength(1)
  return found[0]
}

test('names the steps and ways that no case takes', async () => {
  const found = await coverage({ 'a.test.yaml': cases('{ kind: red, n: 1 }') })
  expect(found?.steps).toEqual({ covered: 10, all: 15 })
  expect(found?.missedSteps.map(({ id }) => id)).toEqual(['blue', 'else', 'other', 'any', 'never'])
  expect(found?.branches).toEqual({ covered: 3, all: 10 })
  expect(found?.missedBranches.map(({ step, name, at }) => `${step} ${name} ${at}`)).toEqual([
    'pick case:blue/green /steps/0/cases/blue~1green',
    'pick default /steps/0/default',
    'gate none /steps/1/if',
    'both else /steps/2/else',
    'safe catch:0 /steps/3/catch/0',
    'safe catch:1 /steps/3/catch/1',
    'bare catch:0 /steps/4/catch',
  ])
})

test('adds up the cases of several files', async () => {
  const found = await coverage({
    'a.test.yaml': cases('{ kind: red, n: 1 }', '{ kind: blue/green, n: 9 }'),
    'more/b.test.yaml': cases('{ kind: none }').replace('./a', '../a'),
  })
  expect(found?.missedSteps.map(({ id }) => id)).toEqual(['other', 'never'])
  expect(found?.missedBranches.map(({ step, name }) => `${step} ${name}`)).toEqual([
    'safe catch:0',
    'bare catch:0',
  ])
})
