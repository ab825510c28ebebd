import { describe, expect, test } from 'vitest'

import { suggest } from '#engine/dsl/suggest.ts'

describe('suggest', () => {
  test.each([
    ['output', ['inputs', 'outputs'], 'outputs'],
    ['fliter', ['filter', 'flatten'], 'filter'],
    ['Steps', ['steps'], 'steps'],
    ['nme', ['n', 'name', 'note'], 'name'],
  ])('means %s of %j: %s', (word, known, meant) => expect(suggest(word, known)).toBe(meant))

  test.each([
    ['what is far from everything', 'xyz', ['inputs', 'outputs']],
    ['a short word with another letter in each place', 'ab', ['cd']],
    ['nothing', 'a', []],
    ['a text as long as a page', 'a'.repeat(1_000), ['a'.repeat(999)]],
  ])('knows no better than %s', (_, word, known) => expect(suggest(word, known)).toBeUndefined())
})
