/**
 * Goal: the standard library searches, compares and cuts texts as it should, for every
 * text. Method: laws over generated texts; the platform judges the expressions.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { readCells } from '#plugins/std/csv/parse.ts'
import { changes, linesOf } from '#plugins/std/text/diff.ts'
import { matcher } from '#plugins/std/text/regex.ts'

const refuse = (code: string): never => {
  throw new Error(code)
}

test('a regular expression finds what the platform finds', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '\\b',
    '^',
    '$',
    '(?:ab)',
    '-',
    'é',
    '\\u{1F600}',
    '[\\p{L}_-]',
  )
  const counted = fc
    .tuple(
      fc.constantFrom('a', '[ab]', '(ab|c)', '(a|ab)', '.'),
      fc.constantFrom('*', '+', '?', '*?', '+?', '{2}', '{1,3}', '{0,2}?'),
    )
    .map(([one, times]) => one + times)
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      atom,
      counted,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      tie('pattern').map((a) => `(${a})`),
    ),
  }))
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '1', 'é', '😀', '\n', '-', 'ab'))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      pattern,
      text,
      fc.boolean(),
      fc.boolean(),
      (source, within, isCaseless, isMultiline) => {
        const own = matcher(source, { isCaseless, isMultiline, isDotAll: false })
        const wanted = new RegExp(
          source,
          `u${isCaseless ? 'i' : ''}${isMultiline ? 'm' : ''}`,
        ).exec(within)
        const [start, end] = own.find(within, 0)?.slots ?? []
        expect(start === undefined ? undefined : within.slice(start, end)).toBe(wanted?.[0])
        expect(start).toBe(wanted?.index)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('the lines that stay and go are the first text, those that stay and come the second', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c')).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (from, to) => {
      const all = changes(linesOf(from), linesOf(to))
      const without = (kind: string): readonly string[] =>
        all.filter((one) => one.kind !== kind).map(({ line }) => line)
      expect(without('add')).toEqual(linesOf(from))
      expect(without('remove')).toEqual(linesOf(to))
    }),
  )
})

test('cells in quotes come back whatever they hold', () => {
  const cell = fc
    .array(fc.constantFrom('a', ',', '"', '\n', '\r', ' '))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1 }), { minLength: 1 }), (rows) => {
      const text = rows
        .map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(','))
        .join('\n')
      const read = readCells(text, { delimiter: ',', quote: '"' }, refuse).rows
      expect(
        read.map((row) => row.map((one) => (typeof one === 'string' ? one : one.quoted))),
      ).toEqual(rows)
    }),
  )
})
