import { expect, test } from 'vitest'

import { readInputs } from '#engine/cli/input.ts'
import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'

const schema: JsonObject = {
  type: 'object',
  required: ['count', 'title'],
  properties: {
    count: { type: 'integer' },
    title: { type: 'string', default: 'none' },
    ratio: { type: 'number' },
    isDeep: { type: 'boolean' },
    tags: { type: 'array' },
    either: { type: ['integer', 'string'] },
    level: { enum: ['low', 2] },
    who: { $ref: '#/$defs/who' },
  },
  $defs: { who: { type: 'object' } },
}

const files: Readonly<Record<string, string>> = {
  'a.json': '{"count":7}',
  'c.json': '{"ratio":12345678901234567890}',
}

function read(args: readonly string[], of: JsonObject | undefined = schema): unknown {
  return readInputs({
    args,
    schema: of,
    subject: 'The flow "f"',
    readFile: (path) => files[path] ?? '[]',
  })
}

function mistakes(args: readonly string[], of?: JsonObject): readonly string[] {
  try {
    read(args, of)
  } catch (thrown) {
    if (thrown instanceof IonError && thrown.code === 'CLI_USAGE') return thrown.message.split('\n')
    throw thrown
  }
  return []
}

test.each([
  ['a whole number', ['count=3'], { count: 3 }],
  ['a number', ['count=3', 'ratio=0.5'], { count: 3, ratio: 0.5 }],
  ['a truth', ['count=3', 'isDeep=true'], { count: 3, isDeep: true }],
  ['text that looks like a number', ['count=3', 'title=42'], { count: 3, title: '42' }],
  ['text with an equals sign', ['count=3', 'title=a=b'], { count: 3, title: 'a=b' }],
  ['empty text', ['count=3', 'title='], { count: 3, title: '' }],
  ['a list', ['count=3', 'tags=["a"]'], { count: 3, tags: ['a'] }],
  ['an object behind a reference', ['count=3', 'who={"a":1}'], { count: 3, who: { a: 1 } }],
  ['the first type that fits', ['count=3', 'either=5'], { count: 3, either: 5 }],
  ['text where nothing else fits', ['count=3', 'either=five'], { count: 3, either: 'five' }],
  ['one of several values', ['count=3', 'level=2'], { count: 3, level: 2 }],
  ['JSON behind :=', ['count:=3', 'title:="x"'], { count: 3, title: 'x' }],
  ['a file, and what comes later wins', ['@a.json', 'title=t'], { count: 7, title: 't' }],
  ['a file that comes later', ['count=1', '@a.json'], { count: 7 }],
])('reads %s', (_, args, input) => {
  expect(read(args)).toEqual(input)
})

test.each([
  ['a value of another type', ['count=three'], ['"count" must be a whole number']],
  ['a fraction for a whole number', ['count=1.5'], ['"count" must be a whole number']],
  ['an argument of no known form', ['count=1', 'title'], ['"title" is not of the form']],
  ['text that is not JSON behind :=', ['count:=x'], ['is not JSON']],
  ['a file that holds no object', ['count=1', '@b.json'], ['one JSON object']],
  ['a number that JSON cannot hold', ['count=1', 'ratio=1e400'], ['1e400 is not a number']],
  ['such a number as JSON', ['count=1', 'ratio:=1e400'], ['1e400 is not a number']],
  ['such a number inside a value', ['count=1', 'tags=[1e400]'], ['1e400 is not a number']],
  ['a number that would be rounded', ['count:=12345678901234567890'], ['is not exact']],
  ['such a number as text', ['count=12345678901234567890'], ['is not exact']],
  ['such a number in a file', ['count=1', '@c.json'], ['"c.json"', 'is not exact']],
  ['a name that is near a known one', ['count=1', 'tilte=x'], ['Did you mean "title"?']],
])('refuses %s', (_, args, said) => {
  const told = mistakes(args).join('\n')
  for (const part of said) expect(told).toContain(part)
})

test('tells all mistakes at once, a required name with a default is none', () => {
  const told = mistakes(['ratio=x', 'zzz=1'])
  expect(told).toHaveLength(4)
  expect(told.at(-1)).toContain('-i count=…')
})

test('a flow without inputs takes none, an open schema takes any', () => {
  expect(mistakes(['a=1'], { type: 'object' })).toEqual([
    'The flow "f" takes no inputs, so it has no "a".',
  ])
  expect(read(['a=1'], { type: 'object', additionalProperties: true })).toEqual({ a: '1' })
})
