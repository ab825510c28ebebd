/**
 * Goal: no expression can hang, crash or grow the process, whatever it says. Method: a corpus
 * of hostile expressions, each read, checked and evaluated within a time that a hang would miss
 * by far, and generated ones that may end in nothing but a value or an `IonError`.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { canonical } from '#engine/core/canonical.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { functionNames } from '#engine/dsl/functions/table.ts'
import { compileTemplate, parseTemplate, type Scope } from '#engine/dsl/template.ts'
import { typeOfTemplate } from '#engine/dsl/typing/schema.ts'
import { cpuMs } from '#test/unit/cpu.ts'

const big = Array.from({ length: 20_000 }, (_, i) => ({ i, s: `item ${i}` }))
const scope: Scope = {
  inputs: {
    n: 5,
    big,
    text: 'a'.repeat(100_000),
    same: ['x'.repeat(1_000), 'x'.repeat(1_000)],
    own: JSON.parse('{"__proto__": {"admin": true}, "constructor": "mine"}') as Json,
  },
  steps: { a: { output: [1, 2, 3] } },
  run: { id: 'r' },
}

type End = 'refused' | 'failed' | 'value'

/** How the expression ends; anything but these three is thrown on. */
function end(source: string): { readonly end: End; readonly ms: number; readonly value?: Json } {
  const start = cpuMs()
  const { template, problems } = parseTemplate(`\${{ ${source} }}`, '')
  typeOfTemplate(template, { variables: new Map() })
  if (problems.length > 0) return { end: 'refused', ms: cpuMs() - start }
  try {
    const value = compileTemplate(template)(scope)
    return { end: 'value', ms: cpuMs() - start, value }
  } catch (thrown) {
    const isExpected = thrown instanceof IonError && thrown.code === 'RUN_EXPRESSION_FAILED'
    if (!isExpected) throw thrown
    return { end: 'failed', ms: cpuMs() - start }
  }
}

const repeat = (text: string, count: number): string => text.repeat(count)
const chain = (first: string, step: string, count: number): string => first + repeat(step, count)

const corpus: readonly (readonly [string, string, End])[] = [
  ['3000 parentheses', `${repeat('(', 1500)}1${repeat(')', 1500)}`, 'refused'],
  ['4000 negations', `${repeat('!', 4000)}true`, 'refused'],
  ['4000 minus signs', `${repeat('-', 4000)}1`, 'refused'],
  ['900 brackets', `${repeat('[', 900)}${repeat(']', 900)}`, 'refused'],
  ['900 braces', `${repeat('{"a":', 700)}1${repeat('}', 700)}`, 'refused'],
  ['a long chain of fields', `inputs${repeat('.a', 2000)}`, 'refused'],
  ['a chain of fields within the limit', `inputs${repeat('.a', 90)}`, 'failed'],
  ['a long sum', `1${repeat('+1', 2000)}`, 'refused'],
  ['a sum within the limit', `1${repeat('+1', 480)}`, 'value'],
  ['a long text of operators', repeat('+', 4000), 'refused'],
  ['a list literal of 2000 items', `[${repeat('1,', 2000)}1]`, 'refused'],
  ['a list literal of 900 items', `[${repeat('1,', 900)}1]`, 'value'],
  ['more characters than allowed', `"${repeat('a', 5000)}"`, 'refused'],
  ['a number of 3000 digits', repeat('9', 3000), 'refused'],
  ['a double of 3000 digits', `0.${repeat('9', 3000)}`, 'value'],
  ['a huge exponent', '1e999999', 'refused'],
  ['conditions in conditions', `${repeat('true ? ', 300)}1${repeat(' : 2', 300)}`, 'refused'],
  ['three macros deep', '[1].map(a, [1].map(b, [1].map(c, 1)))', 'refused'],
  ['two macros over a big list', 'inputs.big.map(a, inputs.big.map(b, a.i + b.i))', 'failed'],
  ['quadratic exists', 'inputs.big.all(a, inputs.big.exists(b, b.i == 19999))', 'failed'],
  ['errors in a loop', 'inputs.big.exists(a, 1 / 0 > 0)', 'failed'],
  ['errors in two loops', 'inputs.big.all(a, inputs.big.exists(b, b.x || a.x))', 'failed'],
  ['a range of ranges', 'range(1000).map(a, range(1000).map(b, a * b))', 'failed'],
  ['a range of all numbers', 'range(9223372036854775807)', 'failed'],
  ['a chain of doubled lists', chain('[0,1,2,3]', '.map(a, [a, a])', 30), 'failed'],
  ['a list doubled by addition', `cel.bind(a, [1, 2], ${bindDoubling('a + a', 24)})`, 'failed'],
  ['a text doubled by addition', `cel.bind(a, "aa", ${bindDoubling('a + a', 24)})`, 'failed'],
  [
    'a text doubled and compared',
    `cel.bind(a, "aa", ${bindDoubling('a + a', 22)}) == "b"`,
    'failed',
  ],
  ['a text doubled by join', `cel.bind(a, "aa", ${bindDoubling('[a, a].join()', 24)})`, 'failed'],
  [
    'a text doubled by replace',
    `cel.bind(a, "aa", ${bindDoubling('a.replace("a", "aa")', 24)})`,
    'failed',
  ],
  ['shared lists as a result', `cel.bind(a, [1], ${bindDoubling('[a, a]', 40)})`, 'failed'],
  ['shared lists compared', `cel.bind(a, [1], ${bindDoubling('[a, a]', 40)}) == [[]]`, 'value'],
  [
    'shared lists compared with themselves',
    `cel.bind(a, [1.0], cel.bind(b, [1.0], ${bindTwins(14)}))`,
    'failed',
  ],
  ['shared lists printed', `json(cel.bind(a, [1], ${bindDoubling('[a, a]', 40)}))`, 'failed'],
  [
    'shared lists flattened',
    `flatten(cel.bind(a, [1], ${bindDoubling('flatten([a, a])', 24)}))`,
    'failed',
  ],
  [
    'shared lists joined',
    `cel.bind(a, ["x"], ${bindDoubling('[a.join(), a.join()]', 24)}).join()`,
    'failed',
  ],
  ['a pattern that backtracks', '(inputs.text + "!").matches("(a+)+$")', 'value'],
  ['a pattern of alternatives', 'inputs.text.matches("(a|a|aa)*b")', 'value'],
  ['a pattern with many optional parts', `inputs.text.matches("(a?){200}a{200}b")`, 'failed'],
  ['a pattern of repetitions', '"a".matches("((a{100}){100}){100}")', 'refused'],
  ['a pattern with look-ahead', '"a".matches("(?=a)a")', 'refused'],
  ['a pattern made in a loop', 'inputs.big.map(a, a.s.matches("(x+)+" + a.s + "$"))', 'failed'],
  ['a pattern that is no pattern', '"a".matches("(" + "a")', 'failed'],
  ['a long pattern', `"a".matches("${repeat('a', 2000)}")`, 'refused'],
  ['a prototype', 'inputs.__proto__', 'failed'],
  ['a prototype by index', 'inputs["__proto__"]', 'failed'],
  ['a constructor', 'inputs.constructor', 'failed'],
  [
    'a constructor of a constructor',
    'inputs.constructor.constructor("return process")()',
    'refused',
  ],
  ['a method of a text', '"abc".toString()', 'refused'],
  ['a member of a text', '"abc".length', 'failed'],
  ['the length of a list', 'steps.a.output.length', 'failed'],
  ['a method of a list', 'steps.a.output.concat', 'failed'],
  ['a member of a number', 'inputs.n.toFixed', 'failed'],
  ['what hasOwn would be', 'has(inputs.hasOwnProperty)', 'value'],
  ['an own __proto__ key', 'inputs.own.__proto__.admin', 'value'],
  ['a made __proto__ key', '{"__proto__": {"admin": true}}', 'value'],
  ['a merged __proto__ key', 'merge({}, {"__proto__": {"admin": true}})', 'value'],
  ['the inside of a timestamp', 'timestamp("2026-01-01T00:00:00Z").nanos', 'failed'],
  ['sorting a big list of texts', 'sort(inputs.big.map(a, a.s))', 'value'],
  ['sorting what has no order', 'sort(inputs.big)', 'failed'],
  ['distinct over maps', 'distinct(inputs.big)', 'failed'],
  ['membership in a loop', 'inputs.big.filter(a, a in inputs.big)', 'failed'],
  ['splitting in a loop', 'inputs.big.map(a, inputs.text.split(""))', 'failed'],
  ['long texts in a loop', 'inputs.big.map(a, inputs.text + a.s)', 'failed'],
  ['a big sum', 'sum(inputs.big.map(a, a.i))', 'value'],
  ['an unclosed string', '"abc', 'refused'],
  ['a null character', '"\u0000"', 'value'],
  ['a lone surrogate', '"\ud800" < "\ue000"', 'refused'],
  ['bytes of a long text', 'bytes(inputs.text + inputs.text)', 'value'],
]

/** `a` rebound to `step` over `a`, `count` times. */
function bindDoubling(step: string, count: number): string {
  return `${repeat(`cel.bind(a, ${step}, `, count)}a${repeat(')', count)}`
}

function bindTwins(count: number): string {
  const step = 'cel.bind(a, [a, a, a, a], cel.bind(b, [b, b, b, b], '
  return `${repeat(step, count)}a == b${repeat('))', count)}`
}

describe('a hostile expression', () => {
  test('the corpus is large', () => expect(corpus.length).toBeGreaterThan(60))

  test.each(corpus)('%s ends in time', (_, source, wanted) => {
    // The first run may find cold code and a busy machine; a hang would miss every time.
    const runs = [end(source), end(source), end(source)]
    expect(runs.map((run) => run.end)).toEqual([wanted, wanted, wanted])
    expect(Math.min(...runs.map((run) => run.ms))).toBeLessThan(300)
  })

  test('leaves prototypes alone', () => {
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    expect(end('inputs.own.constructor').value).toBe('mine')
    const made = end('{"__proto__": {"admin": true}}').value as object
    expect(Object.keys(made)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
  })
})

const atom = fc.constantFrom(
  'inputs',
  'inputs.n',
  'inputs.big',
  'steps.a.output',
  'run',
  'nothing',
  '1',
  '-7',
  '0',
  '2.5',
  '1u',
  '"a"',
  "'é😀'",
  'true',
  'null',
  '[]',
  '{}',
  'b"x"',
  'duration("1s")',
  'x',
  'turn',
  'timestamp("2026-01-01T00:00:00Z")',
  '9223372036854775807',
  '0.0',
  'string',
  '[1, "a", null]',
)
const operator = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '%',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  'in',
)
const { source: generated } = fc.letrec<{ source: string }>((tie) => {
  const inner = tie('source')
  const args = fc.array(inner, { maxLength: 3 })
  const name = fc.constantFrom(...functionNames(), 'unknown')
  const macro = fc.constantFrom('map', 'filter', 'all', 'exists', 'exists_one')
  return {
    source: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      atom,
      fc.tuple(inner, operator, inner).map(([a, o, b]) => `(${a} ${o} ${b})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(name, args).map(([f, list]) => `${f}(${list.join(', ')})`),
      fc.tuple(inner, name, args).map(([a, f, list]) => `${a}.${f}(${list.join(', ')})`),
      fc.tuple(inner, macro, inner).map(([a, m, b]) => `${a}.${m}(x, ${b})`),
      fc.tuple(inner, inner).map(([a, b]) => `${a}[${b}]`),
      fc.tuple(inner, inner).map(([a, b]) => `{"k": ${a}, ${b}: 1}`),
      inner.map((a) => `[${a}].map(x, ${a})`),
      inner.map((a) => `!${a}`),
      inner.map((a) => `-${a}`),
      inner.map((a) => `default(${a}, 0)`),
      inner.map((a) => `has(${a}.n)`),
    ),
  }
})

/** Whether a value survives a trip through JSON as it is. */
function isJson(value: Json | undefined): boolean {
  return (
    value === undefined || canonical(JSON.parse(JSON.stringify(value)) as Json) === canonical(value)
  )
}

describe('any expression', () => {
  test('ends in a value or an IonError, and the value is JSON', () => {
    const law = fc.property(generated, (source) => isJson(end(source).value))
    expect(fc.check(law, { numRuns: 2_000 })).toMatchObject({ failed: false })
  })

  test('may be any text at all', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    const law = fc.property(text, (source) => isJson(end(source).value))
    expect(fc.check(law, { numRuns: 2_000 })).toMatchObject({ failed: false })
  })
})
