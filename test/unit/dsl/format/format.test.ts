import { formatDocument } from '#engine/dsl/format/format.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { describe, expect, test } from 'vitest'

const format = (text: string): string | undefined => {
  const done = formatDocument(parseDocument({ file: 'a.flow.yaml', text }))
  return done.problems === undefined ? done.text : undefined
}

describe('puts into one form', () => {
  test.each([
    ['spaces and quotes', 'a:   "x"\n"b" : \'y\'\n', 'a: x\nb: y\n'],
    ['a missing line end', 'a: 1', 'a: 1\n'],
    ['line ends of Windows', 'a: 1\r\nb: 2\r\n', 'a: 1\nb: 2\n'],
    ['indents', 'a:\n    b:\n    - c\n', 'a:\n  b:\n    - c\n'],
    ['a dash on a line of its own', 'a:\n-\n  b: 1\n  c: 2\n', 'a:\n  - b: 1\n    c: 2\n'],
    ['brackets', '{a: [1,2], b: {c: x,}}', 'a: [1, 2]\nb: { c: x }\n'],
    ['brackets over lines', 'a: [\n  1,\n  2\n]\n', 'a: [1, 2]\n'],
    ['brackets with comments', 'a: [ # one\n  1, # two\n]\n', 'a: # one\n  - 1 # two\n'],
    ['empty lines', '\n\na: 1\n\n\n\nb:\n\n  - 2\n\n', 'a: 1\n\nb:\n  - 2\n'],
    ['comments behind', 'a: 1     # why\n', 'a: 1 # why\n'],
    ['comments above a list', 'a:\n      # why\n  - 1\n', 'a:\n  # why\n  - 1\n'],
    ['comments below a list', 'a:\n  - 1\n  # more?\n# end\n', 'a:\n  - 1\n  # more?\n# end\n'],
    ['a comment between key and value', 'a: # why\n  1\n', '# why\na: 1\n'],
    ['a block text', 'a: |4-\n      x\n       y\n', 'a: |2-\n    x\n     y\n'],
    ['a mark of the document', '---\na: ~\n...\n', 'a: null\n'],
    ['words that only YAML 1.1 reads otherwise', 'a: "no"\nb: "12"\n', "a: 'no'\nb: '12'\n"],
  ])('%s', (_, before, after) => {
    expect(format(before)).toBe(after)
    expect(format(after)).toBe(after)
  })

  test('long brackets become lines, and long quoted texts are folded', () => {
    const words = Array.from({ length: 30 }, () => 'word').join(' ')
    expect(format(`a: { b: ${words}, c: 1 }\n`)).toBe(`a:\n  b: ${words}\n  c: 1\n`)
    const folded = format(`a: "${words}\n   end"\n`)
    expect(folded).toMatch(/^a: >-\n {2}word/)
    expect(folded?.split('\n').every((line) => line.length <= 120)).toBe(true)
  })
})

test('expressions and code stay as they are', () => {
  const text =
    'steps:\n  - id: a\n    transform: |\n      export default (x)  =>   x\n    with: ${{ a+b }}\n'
  expect(format(text)).toBe(text)
})

test('a file with mistakes in its text is left alone', () => {
  expect(formatDocument(parseDocument({ file: 'a', text: 'a: [' }))).toMatchObject({
    problems: [{ code: 'DSL_YAML_SYNTAX' }],
  })
})
