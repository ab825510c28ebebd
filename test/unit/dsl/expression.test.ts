import { describe, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { compileExpression, parseExpression } from '#engine/dsl/expression.ts'
import type { Scope } from '#engine/dsl/template.ts'

const scope: Scope = {
  inputs: {
    n: 5,
    half: 0.5,
    big: 9_007_199_254_740_991,
    list: [10, 20, 30],
    empty: [],
    none: null,
  },
  steps: { a: { output: { total: 7 } } },
  run: { id: 'r' },
  names: { file: { path: 'a.ts' }, inputs: 'hidden' },
}

function evaluate(source: string): Json {
  return compileExpression(source)(scope)
}

function failure(source: string): IonError {
  try {
    evaluate(source)
  } catch (thrown) {
    if (thrown instanceof IonError) return thrown
    throw thrown
  }
  throw new Error(`"${source}" did not fail`)
}

describe('numbers', () => {
  test.each<[string, Json]>([
    ['inputs.n + 1', 6],
    ['1 + inputs.n', 6],
    ['inputs.n - 7', -2],
    ['inputs.n * 2 > 9', true],
    ['inputs.n / 2', 2.5],
    ['5 / 2', 2],
    ['-5 / 2', -2],
    ['size(inputs.list) / 2', 1],
    ['inputs.n % 3', 2],
    ['-inputs.n', -5],
    ['-0.0', 0],
    ['inputs.list[inputs.n - 4]', 20],
    ['inputs.list[1.0]', 20],
    ['size(inputs.list) + inputs.n', 8],
    ['string(inputs.n)', '5'],
    ['string(inputs.half)', '0.5'],
    ['inputs.n == 5 && 5 == inputs.n && inputs.n == 5u', true],
    ['inputs.n in [4, 5]', true],
    ['5 in inputs.list', false],
    ['sum(inputs.list) + 0.5', 60.5],
    ['max(inputs.n, 3)', 5],
    ['int(inputs.half * 5.0)', 2],
    ['inputs.big', 9_007_199_254_740_991],
    ['5u', 5],
    ['[1, 2u, 3.0]', [1, 2, 3]],
    ['{1: "a", true: "b"}', { '1': 'a', true: 'b' }],
  ])('%s gives %j', (source, value) => expect(evaluate(source)).toEqual(value))

  test.each([
    ['9223372036854775807 + 1'],
    ['-9223372036854775808 - 1'],
    ['9223372036854775807 * 2'],
    ['-(-9223372036854775808)'],
    ['18446744073709551615u + 1u'],
    ['0u - 1u'],
    ['9007199254740993'],
    ['inputs.n / 0'],
    ['0.0 / 0.0'],
    ['1 / 0'],
    ['inputs.n % 0'],
    ['inputs.half % 2'],
    ['[1.0 / 0.0]'],
    ['{"a": {"b": 0.0 / 0.0}}'],
    ['inputs.list[0.5]'],
    ['inputs.list[-1]'],
    ['int("1.5")'],
    ['{1: "a", "1": "b"}'],
  ])('%s is an error, not a surprise', (source) => {
    expect(failure(source).code).toBe('RUN_EXPRESSION_FAILED')
  })
})

describe('names', () => {
  test.each<[string, Json]>([
    ['file.path', 'a.ts'],
    ['inputs.n', 5],
    ['[1, 2].map(inputs, inputs + 1)', [2, 3]],
    ['[{"n": 1}].map(inputs, inputs.n)', [1]],
    ['[1].map(file, file)', [1]],
    ['cel.bind(x, inputs.n, [1, 2].map(y, x + y))', [6, 7]],
    [
      '[1, 2].map(x, [10, 20].map(y, x + y))',
      [
        [11, 21],
        [12, 22],
      ],
    ],
    ['[1, 2].map(x, [x * 2].map(x, x)[0] + x)', [3, 6]],
    ['{"loop": 1}.loop', 1],
  ])('%s gives %j', (source, value) => expect(evaluate(source)).toEqual(value))

  test('include the turn of a loop', () => {
    const turn = { ...scope, turn: { index: 2, previous: null } }
    expect(compileExpression('turn.index + 1')(turn)).toBe(3)
  })

  test.each(['turn.index', 'error.code', 'event.x', 'branches.a.output', 'nobody'])(
    '%s is an error where there is none',
    (source) => expect(failure(source).code).toBe('RUN_EXPRESSION_FAILED'),
  )
})

describe('logic', () => {
  test.each<[string, Json]>([
    ['inputs.x == 1 || true', true],
    ['true || inputs.x == 1', true],
    ['inputs.x == 1 && false', false],
    ['[1, 2].exists(x, x == 2 || x.y)', true],
    ['default(inputs.none, 1)', 1],
    ['default(inputs.list[9], 1)', 1],
    ['default(error.code, "none")', 'none'],
    ['default(file.path, "none")', 'a.ts'],
    ['inputs.n.default(1)', 5],
    ['has(inputs.none)', true],
    ['[0, 1].all(x, 4 / x == 2)', false],
  ])('%s gives %j', (source, value) => expect(evaluate(source)).toEqual(value))

  test.each([
    '1 && true',
    '"" ? 1 : 2',
    '!0',
    'inputs.none && true',
    'default(1 / 0, 1)',
    '[0, 2].all(x, 4 / x == 2)',
  ])('%s is an error: there is no truthiness, and no error is swallowed', (source) =>
    expect(failure(source).code).toBe('RUN_EXPRESSION_FAILED'),
  )
})

describe('an error', () => {
  test('names the expression, the template and the place', () => {
    const run = compileExpression('inputs.n + "x"', '/0/b')
    expect(() => run(scope)).toThrow(
      expect.objectContaining({
        code: 'RUN_EXPRESSION_FAILED',
        data: { expression: 'inputs.n + "x"', at: '/0/b', start: 0, end: 14 },
      }) as Error,
    )
  })

  test('names what is there when a field is not', () => {
    expect(failure('inputs.m').message).toContain('"n"')
    expect(failure('steps.b.output').message).toContain('"steps"')
  })

  test('comes at compile time for what does not parse', () => {
    expect(() => compileExpression('1 +')).toThrow(IonError)
  })
})

describe('parsing', () => {
  test.each([
    ['1 +', 'DSL_EXPRESSION_SYNTAX'],
    ['', 'DSL_EXPRESSION_SYNTAX'],
    ['a b', 'DSL_EXPRESSION_SYNTAX'],
    ['loop.index', 'DSL_EXPRESSION_SYNTAX'],
    ['"abc', 'DSL_EXPRESSION_SYNTAX'],
    ['9223372036854775808', 'DSL_EXPRESSION_SYNTAX'],
    ["b'é'", 'DSL_EXPRESSION_SYNTAX'],
    ['[1].map(x.y, 1)', 'DSL_EXPRESSION_SYNTAX'],
    ['"a".matches("(")', 'DSL_EXPRESSION_SYNTAX'],
    ['now()', 'DSL_NAME_UNKNOWN'],
    ['timestamp(now())', 'DSL_NAME_UNKNOWN'],
    ['random()', 'DSL_NAME_UNKNOWN'],
    ['size()', 'DSL_EXPRESSION_TYPE'],
    ['has(x)', 'DSL_EXPRESSION_TYPE'],
    ['[1].map(x, y, z, w)', 'DSL_EXPRESSION_TYPE'],
    ['[1].map(a, [1].map(b, [1].map(c, 1)))', 'DSL_EXPRESSION_LIMIT'],
  ])('refuses %j', (source, code) => {
    expect(parseExpression(source).faults).toMatchObject([{ code }])
  })

  test('says where, and what was meant', () => {
    expect(parseExpression('1 + sise(inputs.list)').faults).toMatchObject([
      { code: 'DSL_NAME_UNKNOWN', start: 4, end: 8, replacement: 'size' },
    ])
    expect(parseExpression('inputs.list . fliter(x, x > 1)').faults).toMatchObject([
      { start: 14, end: 20, replacement: 'filter' },
    ])
  })
})
