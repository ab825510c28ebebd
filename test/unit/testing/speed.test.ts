/**
 * Goal: a thousand cases of a ten-step flow are a matter of seconds. Method: run them through
 * the whole of the host; the bound leaves room for a machine that is shared.
 */
import { expect, test } from 'vitest'

import { faultsOf, testFolder, worldPlugin } from '#test/fake/tests.ts'

const steps = Array.from({ length: 8 }, (_, i) =>
  i % 2 === 0
    ? `  - { id: s${i}, use: lab/world/ask, with: { of: "\${{ inputs.who }}" } }`
    : `  - { id: s${i}, let: "\${{ steps.s${i - 1}.output.n + ${i} }}" }`,
)
const flow = `
dsl: flux/1
id: a
inputs: { type: object, properties: { who: { type: string } } }
steps:
${steps.join('\n')}
  - { id: nap, sleep: 30d }
  - { id: gate, if: "\${{ steps.s7.output > 3 }}", then: [{ id: last, let: "\${{ inputs.who }}" }] }
`
const cases = Array.from(
  { length: 1_000 },
  (_, i) =>
    `  - { name: case ${i}, inputs: { who: w${i} }, expect: { output: w${i}, calls: { s0: 1 } } }`,
)

test('a thousand cases of a ten-step flow run in seconds', { timeout: 60_000 }, async () => {
  using folder = testFolder({
    ...worldPlugin,
    'a.flow.yaml': flow,
    'a.test.yaml': `dsl: test/1\nmocks: { lab/world/ask: { output: { n: 1 } } }\ncases:\n${cases.join('\n')}`,
  })
  const began = performance.now()
  const run = await folder.run()
  const ms = performance.now() - began
  expect(run.problems).toEqual([])
  expect(faultsOf(run)).toEqual([])
  expect(run.files[0]?.cases).toHaveLength(1_000)
  expect(ms).toBeLessThan(10_000)
})
