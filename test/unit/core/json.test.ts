/**
 * Goal: two values are the same exactly when their canonical texts are.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { canonical } from '#engine/core/canonical.ts'
import { isSame, type Json } from '#engine/core/json.ts'

const value = fc.jsonValue({ depthSize: 'small' }) as fc.Arbitrary<Json>

test('same values print alike, and others do not', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(isSame(a, b)).toBe(canonical(a) === canonical(b))
      expect(isSame(a, JSON.parse(canonical(a)) as Json)).toBe(true)
    }),
  )
})

test.each<readonly [Json | undefined, Json | undefined, boolean]>([
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1 }, { a: 1, b: null }, false],
  [{ a: 1, b: null }, { a: 1 }, false],
  [[1, 2], [1], false],
  [[], {}, false],
  [{ ['__proto__']: 1 }, {}, false],
  [undefined, undefined, true],
  [undefined, null, false],
  ['\ud800', '\ud800', true],
])('%j and %j', (a, b, expected) => {
  expect(isSame(a, b)).toBe(expected)
})
