/**
 * Goal: the loader reads the YAML it reads as the language means it, and refuses the rest.
 * Method: the YAML test suite, whole; what is refused on purpose is a list that must be
 * exact in both directions.
 */
import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { suiteCases, verdictOf } from './yaml-suite.ts'

const listed = JSON.parse(
  readFileSync(new URL('yaml-suite.json', import.meta.url), 'utf8'),
) as Record<string, readonly string[]>
const cases = suiteCases()

test('the suite is there, whole', () => {
  expect(cases.length).toBeGreaterThanOrEqual(400)
})

test('every case gives what the suite says, or what the list of differences says', () => {
  const wanted = new Map<string, string>()
  for (const [verdict, ids] of Object.entries(listed)) {
    if (verdict !== 'about') for (const id of ids) wanted.set(id, verdict)
  }
  const wrong = cases.flatMap((one) => {
    const normal = one.isWrong ? 'refused, as it must be' : 'same'
    const [want, got] = [wanted.get(one.id) ?? normal, verdictOf(one)]
    return want === got ? [] : [`${one.id}: ${got}, not ${want}`]
  })
  expect(wrong).toEqual([])
})
