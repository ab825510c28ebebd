import { parseDocument } from '#engine/dsl/text.ts'
import { graphemes, indexLines } from '#engine/dsl/text/lines.ts'
import { describe, expect, test } from 'vitest'

const read = (text: string) => parseDocument({ file: 'a.yaml', text })

describe('values', () => {
  test('YAML and JSON give the same value', () => {
    const yaml = read('a: [1, true, null]\nb:\n  c: x\n')
    const json = read('{\n\t"a": [1, true, null],\n\t"b": { "c": "x" }\n}')
    expect(yaml.value).toEqual({ a: [1, true, null], b: { c: 'x' } })
    expect(json.value).toEqual(yaml.value)
    expect([...yaml.problems, ...json.problems]).toEqual([])
  })

  test('a word that is true in other versions is text, and that is said', () => {
    const { value, problems } = read('a: yes\non: no\n')
    expect(value).toEqual({ a: 'yes', on: 'no' })
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
      ['DSL_YAML_FEATURE', 'warning'],
      ['DSL_YAML_FEATURE', 'warning'],
    ])
  })

  test('a text that cannot be read has no value, one with doubtful parts has', () => {
    expect(read('a: "').value).toBeUndefined()
    expect(read('a: 1\na: 2').value).toEqual({ a: 1 })
  })

  test('emoji and scripts that need joiners are not suspicious', () => {
    expect(read('a: "👩‍👩‍👧 क्‍ष"\n').problems).toEqual([])
    expect(read('\ufeffa: 1\n').problems).toEqual([])
  })
})

describe('places', () => {
  const text = [
    'steps:',
    '  - id: a # first',
    '    with: { x: "1", y: [2, 3] }',
    '  - id: b',
    '    code: |',
    '      one',
    '      two',
    '',
    '    empty:',
    '    a/b~c: 5',
  ].join('\n')
  const document = read(text)
  const at = (pointer: string, part?: 'key' | 'value') => {
    const { start, end } = document.span(pointer, part)
    return text.slice(start, end)
  }

  test.each([
    ['/steps/0/id', 'value', 'a'],
    ['/steps/0/id', 'key', 'id'],
    ['/steps/0/with/x', 'value', '"1"'],
    ['/steps/0/with/y/1', 'value', '3'],
    ['/steps/0/with/y', 'key', 'y'],
    ['/steps/1/code', 'value', '|\n      one\n      two'],
    ['/steps/1/empty', 'value', 'empty'],
    ['/steps/1/a~1b~0c', 'value', '5'],
    ['/steps/0/with/missing', 'value', '{ x: "1", y: [2, 3] }'],
    ['/steps/7', 'key', 'steps'],
  ] as const)('%s (%s) is %j', (pointer, part, expected) => {
    expect(at(pointer, part)).toBe(expected)
  })

  test('a duplicate key says where the first one is', () => {
    const { problems, text: own } = read('a: 1\nb: 2\n"a": 3\n')
    const [problem] = problems
    expect(own.slice(problem?.span?.start, problem?.span?.end)).toBe('"a"')
    expect(problem?.related?.[0]?.span).toEqual({ start: 0, end: 1 })
  })
})

describe('lines', () => {
  test('a position counts lines of both breaks and characters as a reader sees them', () => {
    const text = 'one\r\nnaïve 👩‍👩‍👧 x\nthree'
    const lines = indexLines(text)
    expect(lines.count).toBe(3)
    expect(lines.text(1)).toBe('one')
    expect(lines.position(text.indexOf('x\n'))).toEqual({ line: 2, column: 9 })
    expect(lines.position(text.indexOf('three'))).toEqual({ line: 3, column: 1 })
    expect(lines.position(text.length + 9).line).toBe(3)
    expect(lines.text(99)).toBe('')
  })

  test('a combining mark is no column of its own', () => {
    expect(graphemes('e\u0301')).toBe(1)
    expect(graphemes('abc')).toBe(3)
  })
})

test.each([
  ['a: [\n', 'A "[" is still open where this line begins.'],
  ['a: { b: 1\nc: 2\n', 'A "{" is still open where this line begins.'],
  ['a:\n   b: 1\n  c: 2\n', 'This line is indented differently from its neighbours.'],
])('%j says what is wrong with its indentation', (text, message) => {
  const [problem] = parseDocument({ file: 'a.yaml', text }).problems
  expect(problem).toMatchObject({ code: 'DSL_YAML_SYNTAX', message })
})

describe('fixes for texts that are not YAML', () => {
  test.each([
    ['a: ${{ b ? "c: d" : e }}', `a: '\${{ b ? "c: d" : e }}'`],
    ['a: { b: ${{ x }} }', "a: { b: '${{ x }}' }"],
    ["x: ${{ y['a: b'] }}", "x: '${{ y[''a: b''] }}'"],
  ])('%s is quoted', (text, fixed) => {
    const [problem] = read(text).problems
    expect(problem).toMatchObject({ code: 'DSL_YAML_SYNTAX', fix: { applicability: 'safe' } })
    const [edit] = problem?.fix?.edits ?? []
    const { start, end } = edit?.span ?? { start: 0, end: 0 }
    const after = text.slice(0, start) + (edit?.text ?? '') + text.slice(end)
    expect(after).toBe(fixed)
    expect(read(after).problems).toEqual([])
  })
})
