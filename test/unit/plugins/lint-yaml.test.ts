/**
 * Goal: the YAML rule of `std/lint` refuses nothing that is YAML, and says where a slip is.
 * Method: the YAML test suite, whole, with the broken texts that it misses as an exact
 * list; slips that people make, with the place that must be named.
 */
import { expect, test } from 'vitest'

import { yamlMistakes } from '#plugins/std/lint/yaml.ts'
import { cpuMs } from '#test/unit/cpu.ts'
import { suiteCases } from '#test/unit/dsl/text/yaml-suite.ts'

const isRefused = (text: string): boolean => yamlMistakes(text).some(({ isFatal }) => isFatal)

test('refuses no valid text of the suite', () => {
  const valid = suiteCases().filter(({ isWrong }) => !isWrong)
  expect(valid.length).toBeGreaterThan(300)
  expect(valid.filter(({ yaml }) => isRefused(yaml)).map(({ id }) => id)).toEqual([])
})

test('misses of the broken texts of the suite these and no others', () => {
  const wrong = suiteCases().filter(({ isWrong }) => isWrong)
  expect(wrong.length).toBeGreaterThan(90)
  expect(wrong.filter(({ yaml }) => !isRefused(yaml)).map(({ id }) => id)).toEqual(missed)
})

/** Directives, tabs after indicators, and rules that no tool of today holds anyone to. */
const missed = [
  '4JVG',
  '9MMA',
  'B63P',
  'DK4H',
  'H7TQ',
  'MUS6',
  'MUS6/1',
  'QLJ7',
  'SF5V',
  'Y79Y',
  'Y79Y/3',
  'Y79Y/8',
  'Y79Y/9',
  'ZXT5',
]

test.each([
  ['an open bracket', 'a: [1, 2\nb: 3\n', 2],
  ['an open quote', 'a: "one\nb: two\n', 2],
  ['a key in a value', 'a: b: c\n', 1],
  ['a tab', 'a:\n\tb: 1\n', 2],
  ['a column of nobody', 'a:\n    b: 1\n  c: 2\n', 3],
  ['a value in deep water', 'a: 1\n  b: 2\n', 2],
  ['a missing colon', 'a: 1\nb\nc: 2\n', 2],
  ['an item among keys', 'a: 1\n- b\n', 2],
  ['a key among items', '- a\nb: 1\n', 2],
  ['an alias of nothing', 'a: *ghost\n', 1],
  ['an escape that is none', 'a: "C:\\Users"\n', 1],
  ['a wrong bracket', 'a: [1, 2}\n', 1],
  ['a missing comma', 'a: {b: "1" c: 2}\n', 1],
  ['a reserved sign', 'a: @home\n', 1],
  ['text behind a quote', 'a: "b" c\n', 1],
])('names the line of %s', (_, text, line) => {
  const [mistake] = yamlMistakes(text)
  expect(mistake?.isFatal).toBe(true)
  expect(text.slice(0, mistake?.at).split('\n')).toHaveLength(line)
})

test('names a key that a mapping has twice, and not one that another has', () => {
  expect(yamlMistakes('a: 1\nb: 2\na: 3\n')).toMatchObject([{ at: 10, isFatal: false }])
  expect(yamlMistakes('- a: 1\n- a: 2\n- b: { a: 1 }\n  a: 3\n')).toEqual([])
})

test('bears what would hang or break a slower reader', () => {
  for (const text of ['['.repeat(100_000), '- '.repeat(100_000), '"'.padEnd(200_000, '\\"')]) {
    const started = cpuMs()
    yamlMistakes(text)
    expect(cpuMs() - started).toBeLessThan(2_000)
  }
  const wide = Array.from({ length: 20_000 }, (_, i) => `key${i}: [a, "b", {c: d}]`).join('\n')
  expect(yamlMistakes(wide)).toEqual([])
})
