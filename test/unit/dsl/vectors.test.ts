/**
 * Goal: ionflux gives what CEL gives, but for a published list of differences. Method: run
 * every vector of the core files and compare the list of those that differ with the list in
 * `cel-differences.json`, both ways, so that neither a new failure nor a mended one goes unseen.
 */
import { describe, expect, test } from 'vitest'

import differences from './cel-differences.json' with { type: 'json' }
import { files, readVectors, runVector } from './vectors.ts'

const known = new Set(Object.keys(differences.cases))
const read = files.map((file) => ({ file, ...readVectors(file) }))

describe('the core vectors of CEL', () => {
  test('are all here', () => {
    expect(read.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(1081)
    expect(read.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(98)
  })

  test.each(read)('of $file give what they say, but for the known differences', ({ vectors }) => {
    const wrong = vectors.filter((vector) => {
      const { wanted, given } = runVector(vector)
      return wanted !== given
    })
    expect(wrong.map(({ id }) => id)).toEqual(
      vectors.map(({ id }) => id).filter((id) => known.has(id)),
    )
  })

  test('differ only for reasons that are given', () => {
    const reasons = Object.keys(differences.reasons)
    expect(new Set(Object.values(differences.cases))).toEqual(new Set(reasons))
    expect(known.size).toBe(50)
  })
})
