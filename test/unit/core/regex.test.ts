import { describe, expect, test } from 'vitest'

import { parseRegex } from '#engine/core/regex.ts'

function matches(pattern: string, text: string): boolean | string {
  const regex = parseRegex(pattern)
  return 'reason' in regex ? regex.reason : regex.test(text)
}

describe('parseRegex', () => {
  test.each<[string, string, boolean]>([
    ['b+', 'abbc', true],
    ['^b+$', 'abbc', false],
    ['^\\w+$', 'Über', false],
    ['^\\p{Lu}', 'Über', true],
    ['(?i)ABC', 'xabc', true],
    ['^$', '', true],
  ])('finds %s in %j: %s', (pattern, text, found) => expect(matches(pattern, text)).toBe(found))

  test.each([
    ['look-ahead', '(?=a)'],
    ['a back-reference', '(a)\\1'],
    ['an open group', '('],
    ['too many repetitions', '((a{100}){100}){100}'],
    ['too many characters', 'a'.repeat(1_001)],
  ])('refuses %s with a reason', (_, pattern) => {
    expect(parseRegex(pattern)).toMatchObject({ reason: expect.any(String) as string })
  })

  test('is linear where backtracking is exponential', () => {
    expect(matches('^(a+)+$', 'a'.repeat(50_000) + '!')).toBe(false)
  })
})
