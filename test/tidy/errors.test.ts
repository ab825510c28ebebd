/**
 * Goal: whoever meets a code finds it explained, and every code is met by a test.
 * Method: compare the table of codes with the headings of `docs/errors.md` both ways,
 * and look for each code in the test files.
 */
import { codes } from '#engine/core/codes.ts'
import { expect, test } from 'vitest'
import { filesUnder, read } from './tree.ts'

const known = Object.keys(codes)
const sections = new Map(
  read('docs/errors.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n')
      return [section.slice(0, end).trim(), section.slice(end).trim()] as const
    }),
)

test('every code has a heading, and every heading a code, in the same order', () => {
  expect([...sections.keys()]).toEqual(known)
})

test('every code has a cause, an example and a way out, once each', () => {
  const shape = /^\*\*Cause\.\*\* \S[^]*\n\n\*\*Example\.\*\* \S[^]*\n\n\*\*Way out\.\*\* \S[^]*$/
  const odd = [...sections].filter(([, text]) => {
    const bold = text.match(/\*\*\w[\w ]*\.\*\*/g) ?? []
    return !shape.test(text) || bold.length !== 3
  })
  expect(odd.map(([code]) => code)).toEqual([])
})

test('every code that a page names exists', () => {
  const areas = [...new Set(known.map((code) => code.slice(0, code.indexOf('_'))))].join('|')
  const pattern = new RegExp(`\\b(?:${areas})_[A-Z][A-Z_]+\\b`, 'g')
  const unknown = filesUnder('docs')
    .filter((path) => path.endsWith('.md') && !path.includes('/decisions/'))
    .flatMap((path) => read(path).match(pattern) ?? [])
    .filter((code) => !known.includes(code))
  expect(unknown).toEqual([])
})

test('every code occurs in some test', () => {
  const text = filesUnder('test')
    .filter((path) => !path.startsWith('test/tidy/'))
    .map(read)
    .join('\n')
  expect(known.filter((code) => !new RegExp(`\\b${code}\\b`).test(text))).toEqual([])
})

test('a code states a condition of an area', () => {
  const areas =
    /^(?:DSL|PLAN|LOCK|RUN|JOURNAL|SANDBOX|AGENT|CAP|CONN|MIRROR|REG|CLI)_[A-Z]+(?:_[A-Z]+)*$/
  expect(known.filter((code) => !areas.test(code) || code.endsWith('_ERROR'))).toEqual([])
})
