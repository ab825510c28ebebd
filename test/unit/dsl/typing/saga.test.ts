/** Goal: what a flow says about undoing and failing is checked like everything else. */
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { expect, test } from 'vitest'

import { world } from '#test/unit/dsl/world.ts'

const flow = (steps: string, rest = ''): string =>
  `dsl: flux/1\nid: a\npermissions: { git: [read] }\n${rest}steps:\n${steps}`

function problems(text: string): readonly string[] {
  const document = parseDocument({ file: 'flows/a.flow.yaml', text })
  return checkFlow(document, world).problems.map(({ code, span }) => {
    return `${code} ${text.slice(span?.start, span?.end)}`
  })
}

const log = 'use: std/git/log@^1'

test('what undoes a step sees its output and what comes before, and nothing after', () => {
  const undo = (of: string): string =>
    flow(
      `  - { id: a, let: 1 }\n  - { id: b, ${log}, compensate: { ${log}, with: { of: '\${{ ${of} }}' } } }\n  - { id: c, let: 2 }\n`,
    )
  expect(problems(undo('steps.c.output'))).toEqual(['DSL_NAME_UNKNOWN c'])
  expect(problems(undo('error.code'))).toEqual(['DSL_NAME_UNKNOWN error'])
  for (const seen of ['steps.a.output', 'steps.b.output', 'inputs']) {
    expect(problems(undo(seen)).filter((one) => one.includes('NAME'))).toEqual([])
  }
})

test('the action that undoes a step must be there', () => {
  const text = flow(`  - { id: b, ${log}, compensate: { use: std/git/lgo } }\n`)
  expect(problems(text)).toEqual(['DSL_REFERENCE_UNKNOWN std/git/lgo'])
})

test('on_failure sees the error, and neither side sees the steps of the other', () => {
  const failing = (of: string): string =>
    flow('  - { id: a, let: 1 }\n', `on_failure: [{ id: f, let: '\${{ ${of} }}' }]\n`)
  expect(problems(failing('error.code'))).toEqual([])
  expect(problems(failing('steps.a.output'))).toEqual(['DSL_NAME_UNKNOWN a'])
  const back = flow(
    "  - { id: a, let: '${{ steps.f.output }}' }\n",
    'on_failure: [{ id: f, let: 1 }]\n',
  )
  expect(problems(back)).toEqual(['DSL_NAME_UNKNOWN f'])
  const twice = flow('  - { id: a, let: 1 }\n', 'on_failure: [{ id: a, let: 1 }]\n')
  expect(problems(twice)).toContain('DSL_STEP_DUPLICATE a')
})

test('a race yields its winner, and its branches see nothing of each other', () => {
  const race = (rest: string): string =>
    flow(
      `  - { id: r, race: { x: [{ id: a, let: 1 }], y: { steps: [{ id: b, let: 2 }], output: 3 } } }\n${rest}`,
    )
  expect(problems(race('  - { id: c, let: \'${{ steps.r.output.winner + "!" }}\' }\n'))).toEqual([])
  expect(problems(race("  - { id: c, let: '${{ steps.r.output.winer }}' }\n"))).toEqual([
    'DSL_FIELD_UNKNOWN winer',
  ])
  const peek = flow(
    "  - { id: r, race: { x: [{ id: a, let: 1 }], y: [{ id: b, let: '${{ steps.a.output }}' }] } }\n",
  )
  expect(problems(peek)).toEqual(['DSL_NAME_UNKNOWN a'])
})
