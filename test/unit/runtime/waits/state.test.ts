/**
 * Goal: what a flow remembers is written together with the step that writes it, once, and a
 * write that was decided on an older version is refused.
 */
import { describe, expect, test } from 'vitest'

import { lab } from '#test/fake/lab.ts'

const flow = (steps: string): string => `dsl: flux/1\nid: demo\nsteps:\n${steps}`
const count = `
  - { id: g, state: { get: seen, default: 0 } }
  - { id: s, state: { set: seen, value: '\${{ steps.g.output.value + 1 }}', expected: '\${{ steps.g.output.version }}' } }
`

describe('a state', () => {
  test('is read with a default, written, read again and taken out', async () => {
    const steps = `${count}
  - { id: h, state: { get: seen } }
  - { id: d, state: { delete: seen } }
  - { id: i, state: { get: seen } }
  - { id: o, let: { s: '\${{ steps.s.output }}', h: '\${{ steps.h.output }}', d: '\${{ steps.d.output }}', i: '\${{ steps.i.output }}' } }
`
    const view = await lab({ flows: [flow(steps)] }).run()
    expect(view.output).toEqual({
      s: { value: 1, version: 1, before: null },
      h: { value: 1, version: 1 },
      d: { value: null, version: 0, before: 1 },
      i: { value: null, version: 0 },
    })
  })

  test('outlives the run and the process', async () => {
    const one = lab({ flows: [flow(count)] })
    expect((await one.run()).output).toMatchObject({ value: 1 })
    const next = one.crash()
    expect((await next.run()).output).toMatchObject({ value: 2, version: 2, before: 1 })
  })

  test('is refused when another run was faster, which can be caught', async () => {
    const steps = `
  - { id: g, state: { get: seen, default: 0 } }
  - { id: w, sleep: 1h }
  - id: t
    try: [{ id: s, state: { set: seen, value: 1, expected: '\${{ steps.g.output.version }}' } }]
    catch: [{ on: [RUN_STATE_CONFLICT], steps: [{ id: c, let: late }] }]
`
    const one = lab({ flows: [flow(steps)] })
    const runs = await Promise.all([one.start(), one.start()])
    await one.settle()
    const outputs = runs.map((run) => one.view(run).output)
    expect(outputs).toContain('late')
    expect(outputs).toContainEqual({ value: 1, version: 1, before: null })
  })

  test('of many steps side by side counts every one', async () => {
    const steps = `
  - id: e
    each: { in: '\${{ inputs.list }}', concurrency: 50 }
    steps: [{ id: s, state: { set: n, value: '\${{ item }}' } }]
  - { id: g, state: { get: n } }
`
    const list = Array.from({ length: 700 }, (_, i) => i)
    const one = lab({ flows: [flow(steps)] })
    expect((await one.run({ list })).output).toMatchObject({ version: 700 })
  })

  test('belongs to its flow', async () => {
    const other = flow(count).replace('id: demo', 'id: other')
    const one = lab({ flows: [other, flow(count)] })
    await one.run()
    const plan = one.plans.get('other')
    if (plan === undefined) throw new Error('the lab knows both flows')
    const run = await one.engine.start({ plan, input: {}, source: {} })
    await one.settle()
    expect(one.host.states.find('other', 'seen')).toMatchObject({ value: 1 })
    expect(one.view(run).status).toBe('done')
  })

  test.each([
    ['a key that is none', "{ set: '${{ inputs.bad }}', value: 1 }", 'RUN_INPUT_REFUSED'],
    [
      'a version that is none',
      "{ set: k, value: 1, expected: '${{ inputs.bad }}' }",
      'RUN_EXPRESSION_FAILED',
    ],
  ])('with %s fails the step', async (_, what, code) => {
    const bad = what.includes('expected') ? 'new' : '\u0007'
    const view = await lab({ flows: [flow(`  - { id: s, state: ${what} }\n`)] }).run({ bad })
    expect(view.error).toMatchObject({ code })
  })
})
