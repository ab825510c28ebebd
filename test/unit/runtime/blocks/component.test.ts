import { lab } from '#test/fake/lab.ts'
import { expect, test } from 'vitest'

const files = {
  'part.component.yaml': `dsl: flux/1
id: part
inputs: { type: object, properties: { n: { type: integer }, by: { type: integer, default: 10 } } }
steps:
  - { id: a, let: "\${{ inputs.n + inputs.by }}" }
  - { id: early, if: "\${{ inputs.n > 5 }}", then: [{ id: r, return: { sum: -1 } }] }
  - { id: deep, component: ./deep.component.yaml, with: { n: "\${{ steps.a.output }}" } }
output: { sum: "\${{ steps.a.output }}", deep: "\${{ steps.deep.output }}" }
`,
  'deep.component.yaml':
    'dsl: flux/1\nid: deep\nsteps: [{ id: a, let: "${{ inputs.n * 2 }}" }, { id: bad, assert: "${{ inputs.n != 13 }}" }, { id: z, let: "${{ steps.a.output }}" }]\n',
}

async function run(steps: string): Promise<unknown> {
  const one = lab({ flows: [`dsl: flux/1\nid: f\nsteps:\n${steps}`], components: files })
  const id = await one.start({ n: 1 })
  await one.settle()
  const { status, output, error } = one.view(id)
  return status === 'done' ? output : error?.code
}

const step = (n: string, id = 'c'): string =>
  `  - { id: ${id}, component: ./part.component.yaml, with: { n: ${n} } }\n`

test('sees its parameters, with their defaults, and yields its output', async () => {
  expect(await run(step('2'))).toEqual({ sum: 12, deep: 24 })
})

test('steps of one name inside and outside are two', async () => {
  const steps = `  - { id: a, let: 100 }\n${step('"${{ steps.a.output - 98 }}"')}  - { id: z, let: "\${{ steps.a.output + steps.c.output.sum }}" }\n`
  expect(await run(steps)).toBe(112)
})

test('"return" ends the component, not the run', async () => {
  expect(await run(`${step('6')}  - { id: z, let: "\${{ steps.c.output.sum }} and on" }\n`)).toBe(
    '-1 and on',
  )
})

test('its failure is the failure of the step, and can be caught', async () => {
  expect(await run(step('3'))).toBe('RUN_ASSERTION_FAILED')
  const caught = `  - { id: t, try: [{ id: c, component: ./part.component.yaml, with: { n: 3 } }], catch: [{ id: h, let: "\${{ error.code }}" }] }\n`
  expect(await run(caught)).toBe('RUN_ASSERTION_FAILED')
})

test('in a loop each turn has parameters of its own', async () => {
  const steps = `  - id: e\n    each: { in: [1, 2], as: k }\n    steps:\n      - { id: c, component: ./part.component.yaml, with: { n: "\${{ k }}" } }\n    output: \${{ steps.c.output.sum }}\n`
  expect(await run(steps)).toEqual([11, 12])
})
