/**
 * Goal: schemas mean what the standard says. Method: its test suite, whole; each
 * difference is listed with a reason, and the list must be exact in both directions.
 */
import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { runFile, suiteFiles } from './schema-suite.ts'

const known = JSON.parse(
  readFileSync(new URL('schema-suite.json', import.meta.url), 'utf8'),
) as Record<string, readonly string[]>
const files = suiteFiles()

test('the suite is there, whole, and nearly all of it passes', () => {
  const outcomes = files.map(runFile)
  const cases = outcomes.reduce((sum, one) => sum + one.cases, 0)
  const differences = outcomes.reduce((sum, one) => sum + one.differences.length, 0)
  expect(cases).toBeGreaterThan(2000)
  expect(differences / cases).toBeLessThan(0.1)
})

test.each(files)('%s differs where the list says so and nowhere else', (file) => {
  expect(runFile(file).differences).toEqual(known[file] ?? [])
})
