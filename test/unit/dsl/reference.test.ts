import { readFileSync } from 'node:fs'

import { isInRange, isRange, isVersion, nameOf, parseReference } from '#engine/dsl/reference.ts'
import { expect, test } from 'vitest'

const load = (name: string): readonly (readonly unknown[])[] => {
  const file = new URL(`../../vectors/semver/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as readonly (readonly unknown[])[]
}

/** Cases with options are about a tolerance that references do not have. */
const strict = (name: string): readonly (readonly [string, string])[] =>
  load(name).flatMap(([range, version, options]) =>
    options === undefined ? [[range as string, version as string] as const] : [],
  )

test.each(strict('range-include'))('"%s" allows %s', (range, version) => {
  expect(isInRange(version, range)).toBe(true)
})

test.each(strict('range-exclude'))('"%s" does not allow %s', (range, version) => {
  expect(isInRange(version, range)).toBe(false)
})

test('versions are those of the vectors, without the prefixes that some tolerate', () => {
  for (const [version] of load('valid-versions')) {
    const text = version as string
    expect([text, isVersion(text)]).toEqual([text, /^\d/.test(text)])
  }
  const invalid = load('invalid-versions').map(([version]) => version as string)
  expect(invalid.filter((version) => typeof version === 'string' && isVersion(version))).toEqual([])
})

test.each([
  ['std/git', { name: 'std/git' }],
  ['std/git/log', { name: 'std/git/log' }],
  ['std/git/log@^1', { name: 'std/git/log', range: '^1' }],
  ['acme/pay@>=1.2 <3', { name: 'acme/pay', range: '>=1.2 <3' }],
])('"%s" is a reference', (text, expected) => {
  expect(parseReference(text)).toEqual(expected)
  expect(nameOf(text)).toBe(expected.name)
})

test.each([
  'git',
  'std/',
  '/git',
  'Std/git',
  'std/git/log/more',
  'std/git@',
  'std/git@nope',
  '../std/git',
  'std//git',
  `std/${'a'.repeat(300)}`,
])('"%s" is none', (text) => expect(parseReference(text)).toBeUndefined())

test('a range that is too long to be one is refused before it is read', () => {
  expect(isRange('1 '.repeat(1000))).toBe(false)
})
