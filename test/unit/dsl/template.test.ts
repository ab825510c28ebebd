import { describe, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import {
  compileTemplate,
  parseTemplate,
  refsOf,
  type Scope,
  type Template,
} from '#engine/dsl/template.ts'

const scope: Scope = { inputs: { n: 5, s: 'x' }, steps: { a: { output: [1] } }, run: {} }

function parse(value: Json): Template {
  const { template, problems } = parseTemplate(value, '')
  expect(problems).toEqual([])
  return template
}

describe('parseTemplate', () => {
  test.each<[string, Json, Template]>([
    ['a number', 1, { kind: 'value', value: 1 }],
    ['a text', 'a $ {{ b }}', { kind: 'value', value: 'a $ {{ b }}' }],
    ['an escape', '$${{ a }}', { kind: 'value', value: '${{ a }}' }],
    ['an expression', '${{ inputs.n }}', { kind: 'expression', source: 'inputs.n' }],
    [
      'a text around one',
      'a ${{ inputs.n }}',
      { kind: 'text', parts: ['a ', { source: 'inputs.n' }] },
    ],
    [
      'white space around one',
      ' ${{inputs.n}}',
      { kind: 'text', parts: [' ', { source: 'inputs.n' }] },
    ],
    ['braces in a string', '${{ "}}" }}', { kind: 'expression', source: '"}}"' }],
    [
      'an escaped quote',
      String.raw`${'${{'} "\"}}" }}`,
      { kind: 'expression', source: String.raw`"\"}}"` },
    ],
    ['a triple quote', "${{ '''a'}}''' }}", { kind: 'expression', source: "'''a'}}'''" }],
    ['a comment', '${{ 1 // }}\n}}', { kind: 'expression', source: '1 // }}' }],
    ['maps in maps', '${{ {"a": {"b": 1}}}}', { kind: 'expression', source: '{"a": {"b": 1}}' }],
    [
      'two of them and an escape',
      '${{ 1 }}$${{ x }}${{ 2 }}',
      { kind: 'text', parts: [{ source: '1' }, '${{ x }}', { source: '2' }] },
    ],
    ['a secret', { secret: 'TOKEN' }, { kind: 'secret', name: 'TOKEN' }],
    [
      'a constant tree',
      { a: [1, { b: '$${{' }] },
      { kind: 'value', value: { a: [1, { b: '${{' }] } },
    ],
    [
      'a mixed tree',
      { a: 1, b: ['${{ inputs.n }}', 'c'] },
      {
        kind: 'map',
        entries: [
          ['a', { kind: 'value', value: 1 }],
          [
            'b',
            {
              kind: 'list',
              items: [
                { kind: 'expression', source: 'inputs.n' },
                { kind: 'value', value: 'c' },
              ],
            },
          ],
        ],
      },
    ],
  ])('reads %s', (_, value, template) => expect(parse(value)).toEqual(template))

  test('keeps a broken scalar and says where it breaks', () => {
    const { template, problems } = parseTemplate({ a: ['ok', 'x ${{ 1 + }}'] }, '/with')
    expect(template).toEqual({ kind: 'value', value: { a: ['ok', 'x ${{ 1 + }}'] } })
    expect(problems).toMatchObject([
      { code: 'DSL_EXPRESSION_SYNTAX', at: '/with/a/1', within: { start: 9 } },
    ])
  })

  test('marks an expression that is never closed', () => {
    expect(parseTemplate('a ${{ "}}', '/let').problems).toMatchObject([
      { code: 'DSL_EXPRESSION_SYNTAX', at: '/let', within: { start: 2, end: 9 } },
    ])
  })

  test('places a fix inside the scalar', () => {
    const text = 'n is ${{ sise(inputs.n) }}'
    const [problem] = parseTemplate(text, '').problems
    const edit = problem?.fix?.edits[0]
    expect(problem?.fix?.applicability).toBe('safe')
    expect(text.slice(0, edit?.span.start) + edit?.text + text.slice(edit?.span.end)).toBe(
      'n is ${{ size(inputs.n) }}',
    )
  })

  test('says where each expression stands', () => {
    const { expressions } = parseTemplate({ 'a/b': 'x ${{  inputs.n }}' }, '')
    expect(expressions).toEqual([{ source: 'inputs.n', at: '/a~1b', offset: 7 }])
  })
})

describe('compileTemplate', () => {
  test.each<[Json, Json]>([
    ['${{ inputs.n }}', 5],
    ['n=${{ inputs.n }}', 'n=5'],
    ['${{ inputs.n }}${{ inputs.s }}', '5x'],
    ['${{ steps.a.output }} ${{ null }} ${{ true }}', '[1] null true'],
    [{ a: { b: ['${{ inputs.s }}', 1] } }, { a: { b: ['x', 1] } }],
    [{ secret: 'T' }, { $secret: 'T' }],
    ['${{ timestamp("2026-01-01T00:00:00+02:00") }}', '2025-12-31T22:00:00Z'],
    ['in ${{ duration("90m") }}', 'in 5400s'],
    ['${{ b"hi" }}', 'aGk='],
    ['${{ type(1) }}', 'int'],
  ])('gives for %j: %j', (value, result) => {
    expect(compileTemplate(parse(value))(scope)).toEqual(result)
  })

  test('passes values on without a copy', () => {
    expect(compileTemplate(parse('${{ steps.a.output }}'))(scope)).toBe(scope.steps['a']?.output)
  })

  test('names the place of what fails', () => {
    const run = compileTemplate(parse({ a: [1, '${{ inputs.m }}'] }))
    expect(() => run(scope)).toThrow(IonError)
    expect(() => run(scope)).toThrow(
      expect.objectContaining({ data: { expression: 'inputs.m', at: '/a/1' } }) as Error,
    )
  })

  test('bounds the text that it joins', () => {
    const run = compileTemplate(parse('${{ inputs.t }}'.repeat(5)))
    expect(() => run({ ...scope, inputs: { t: 'x'.repeat(1_000_000) } })).toThrow(IonError)
  })
})

describe('refsOf', () => {
  test.each<[Json, readonly string[]]>([
    ['${{ steps.a.output + steps.b.output.x }} ${{ steps.a.output }}', ['a', 'b']],
    [{ x: ['${{ steps["c"].output }}'], y: '${{ [1].map(i, steps.d.output[i]) }}' }, ['c', 'd']],
    ['${{ default(steps.e.output.x, has(steps.f.output.y)) }}', ['e', 'f']],
    ['steps.a.output', []],
  ])('of %j are %j', (value, ids) => expect(refsOf(parse(value))).toEqual(ids))
})
