import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'

import { a, check, gate, loop, says, use } from './flows.ts'

describe('a value of the wrong type', () => {
  test.each<[string, readonly Json[], string, string]>([
    [
      'a condition that is a number',
      [{ ...(gate as object), if: '${{ inputs.n }}' }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/if',
    ],
    [
      'a condition that is a text',
      [{ id: 'x', assert: 'inputs.n > 1' }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/assert',
    ],
    [
      'a list that is a text',
      [{ id: 'x', each: { in: '${{ inputs.name }}' }, steps: [a] }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/each/in',
    ],
    [
      'a turn condition that is null',
      [{ id: 'x', while: '${{ null }}', max: 1, steps: [a] }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/while',
    ],
    [
      'a choice by a list',
      [{ id: 'x', switch: '${{ inputs.list }}', cases: {}, default: [] }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/switch',
    ],
    [
      'a wait for true',
      [{ id: 'x', sleep: '${{ true }}' }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/sleep',
    ],
    [
      'a wait until a number',
      [{ id: 'x', until: '${{ 5 }}' }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/until',
    ],
    [
      'a key that is a list',
      [{ ...(use as object), idempotency: '${{ inputs.list }}' }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/idempotency',
    ],
    [
      'an input that is a number',
      [{ ...(use as object), with: { from: '${{ inputs.n }}' } }],
      'DSL_EXPRESSION_TYPE',
      '/steps/0/with/from',
    ],
    [
      'an input that is not known',
      [{ ...(use as object), with: { from: 'a', mx: 1 } }],
      'DSL_KEY_UNKNOWN',
      '/steps/0/with/mx',
    ],
    [
      'an input that is missing',
      [{ ...(use as object), with: {} }],
      'DSL_KEY_MISSING',
      '/steps/0/with',
    ],
    [
      'an input of a flow that is missing',
      [{ id: 'x', flow: 'child' }],
      'DSL_KEY_MISSING',
      '/steps/0/flow',
    ],
    [
      'an item named like a root',
      [{ id: 'x', each: { in: [1], as: 'steps' }, steps: [a] }],
      'DSL_VALUE_FORMAT',
      '/steps/0/each/as',
    ],
    [
      'an item named by a word of CEL',
      [{ id: 'x', each: { in: [1], as: 'var' }, steps: [a] }],
      'DSL_VALUE_FORMAT',
      '/steps/0/each/as',
    ],
    [
      'a step chosen at run time',
      [a, says('steps[inputs.name].output')],
      'DSL_EXPRESSION_TYPE',
      '/steps/1/let',
    ],
    ['all steps at once', [a, says('json(steps)')], 'DSL_EXPRESSION_TYPE', '/steps/1/let'],
    ['a field beside the output', [a, says('steps.a.total')], 'DSL_FIELD_UNKNOWN', '/steps/1/let'],
    [
      'a field that the item has not',
      [use, { ...(loop as object), steps: [says('commit.foo')] }],
      'DSL_FIELD_UNKNOWN',
      '/steps/1/steps/0/let',
    ],
    ['what does not parse', [says('1 +')], 'DSL_EXPRESSION_SYNTAX', '/steps/0/let'],
    ['what is too long', [says(`"${'a'.repeat(5000)}"`)], 'DSL_EXPRESSION_LIMIT', '/steps/0/let'],
  ])('is told: %s', (_, steps, code, at) => {
    expect(check(steps)).toMatchObject([{ code, at }])
  })

  test('is mended where only the braces are missing', () => {
    const [problem] = check([{ id: 'x', assert: 'inputs.n > 1' }])
    expect(problem?.fix?.edits).toEqual([
      { span: { start: 0, end: 12 }, text: '${{ inputs.n > 1 }}' },
    ])
  })

  test('is never assumed of what is not known', () => {
    const steps: Json[] = [
      { id: 't', transform: 'export default () => 1' },
      says('steps.t.output.a[0] + steps.t.output.b'),
      { id: 'y', if: '${{ steps.t.output }}', then: [] },
    ]
    expect(check(steps)).toEqual([])
  })

  test('is told at most a hundred times', () => {
    const steps = Array.from({ length: 150 }, (_, i) => says('nobody', `x${i}`))
    expect(check(steps)).toHaveLength(100)
  })
})
