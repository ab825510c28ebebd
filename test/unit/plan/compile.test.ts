import { describe, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { compile, type Compiled, execDigest } from '#engine/plan/compile.ts'
import type { PlanStep } from '#engine/plan/plan.ts'

const unit = digestOfText('unit')

function compiled(steps: string, rest = ''): Compiled {
  const text = `dsl: flux/1\nid: f\n${rest}steps:\n${steps}`
  return compile(parseDocument({ file: 'f.flow.yaml', text }).value as unknown as Flow, {
    action: (name) =>
      name === 'std/git/log'
        ? { name, unit, export: 'log', action: { effects: 'read' } }
        : undefined,
    transform: (code) => (code.startsWith('export') ? digestOfText(code) : undefined),
    flow: (id) => (id === 'kid' ? { plan: unit } : undefined),
  })
}

function step(text: string): PlanStep | undefined {
  return compiled(`  - ${text}\n`).plan?.body.steps[0]
}

describe('compiles', () => {
  test.each<[string, string, object]>([
    [
      'an action without its range',
      '{ id: a, use: std/git/log@^1 }',
      { kind: 'call', action: { name: 'std/git/log', unit, export: 'log', effects: 'read' } },
    ],
    [
      'a transform as a pure call',
      '{ id: a, transform: "export default (x) => x" }',
      { kind: 'call', action: { name: 'transform', export: 'default', effects: 'pure' } },
    ],
    [
      'a called flow to its plan',
      '{ id: a, flow: kid }',
      { kind: 'flow', flow: 'kid', plan: unit },
    ],
    [
      'a number of attempts',
      '{ id: a, flow: kid, retry: 3 }',
      { retry: { max: 3, firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: true } },
    ],
    [
      'a backoff',
      '{ id: a, flow: kid, retry: { max: 2, backoff: { first: 5s, factor: 3, max: 2m, jitter: false }, on: [net] } }',
      { retry: { max: 2, firstMs: 5_000, factor: 3, maxMs: 120_000, jitter: false, on: ['net'] } },
    ],
    ['a timeout', '{ id: a, flow: kid, timeout: 1h30m }', { timeoutMs: 5_400_000 }],
    [
      'a catch of everything',
      '{ id: a, try: [{ id: b, let: 1 }], catch: [{ id: c, let: 2 }] }',
      { catches: [{ block: { steps: [{ id: 'c' }] } }] },
    ],
    [
      'a catch by code',
      '{ id: a, try: [{ id: b, let: 1 }], catch: [{ on: [X], steps: [{ id: c, let: 2 }] }] }',
      { catches: [{ on: ['X'] }] },
    ],
    ['a plain failure', '{ id: a, fail: no }', { kind: 'fail', code: 'RUN_FAILED_BY_FLOW' }],
    [
      'the defaults of each',
      '{ id: a, each: { in: [] }, steps: [{ id: b, let: 1 }] }',
      { as: 'item', onError: 'fail' },
    ],
  ])('%s', (_, text, expected) => {
    expect(step(text)).toMatchObject(expected)
  })
})

test.each([
  ['an action', '{ id: a, use: std/none }', '/steps/0/use'],
  ['a transform', '{ id: a, transform: ./gone.ts }', '/steps/0/transform'],
  ['a flow', '{ id: a, flow: gone }', '/steps/0/flow'],
])('names %s that was not found, with its place', (_, text, at) => {
  const { plan, problems } = compiled(`  - ${text}\n`)
  expect(plan).toBeUndefined()
  expect(problems).toMatchObject([{ code: 'DSL_REFERENCE_UNKNOWN', at }])
})

test('names every problem at once', () => {
  const steps =
    '  - { id: a, use: std/none }\n  - { id: b, each: { in: [] }, steps: [{ id: c, flow: gone }] }\n'
  expect(compiled(steps).problems.map(({ at }) => at)).toEqual([
    '/steps/0/use',
    '/steps/1/steps/0/flow',
  ])
})

describe('the execDigest', () => {
  const digest = (steps: string, rest = ''): string | undefined => {
    const { plan } = compiled(steps, rest)
    return plan && execDigest(plan)
  }
  const one = '  - { id: a, let: 1 }\n'

  test.each([
    ['a description', one, 'description: other\n'],
    ['a trigger', one, 'on: { manual: {} }\n'],
    ['white space', '  -   id:   a\n      let:   1\n', ''],
  ])('does not depend on %s', (_, steps, rest) => {
    expect(digest(steps, rest)).toBe(digest(one))
  })

  test.each([
    ['a value', '  - { id: a, let: 2 }\n', ''],
    ['a name', '  - { id: b, let: 1 }\n', ''],
    ['a permission', one, 'permissions: { net: [a.example] }\n'],
    ['the inputs', one, 'inputs: { type: object }\n'],
    ['the outputs', one, 'outputs: { x: 1 }\n'],
    ['a timeout', one, 'timeout: 1h\n'],
  ])('changes with %s', (_, steps, rest) => {
    expect(digest(steps, rest)).not.toBe(digest(one))
  })
})
