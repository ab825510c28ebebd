/**
 * Goal: no text, whatever it holds, hangs, crashes or fools the loader. Method: hostile
 * files as data (`test/cases/hostile`), each of which must give its problem with a place,
 * in time; then random texts made of what YAML is made of.
 */
import { readdirSync, readFileSync } from 'node:fs'

import { limits } from '#engine/core/limits.ts'
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuMs } from '#test/unit/cpu.ts'

import { world } from './world.ts'

interface Hostile {
  readonly name: string
  readonly code: string
  readonly text?: string
  readonly before?: string
  readonly repeat?: string
  readonly times?: number
  readonly fill?: number
  readonly after?: string
  readonly indent?: boolean
}

const folder = new URL('../../cases/hostile/', import.meta.url)
const cases = readdirSync(folder).flatMap((file) => {
  const { value } = parseDocument({ file, text: readFileSync(new URL(file, folder), 'utf8') })
  return value as unknown as readonly Hostile[]
})

function build({
  text,
  before = '',
  repeat = '',
  times,
  fill,
  after = '',
  indent,
}: Hostile): string {
  if (text !== undefined) return text
  const count = times ?? Math.ceil(((fill ?? 0) - before.length) / repeat.length)
  const one = (i: number): string => {
    const numbered = repeat.replaceAll(/<n(?:\+(\d))?>/g, (_, more = 0) => String(i + Number(more)))
    return indent === true ? ' '.repeat(i) + numbered : numbered
  }
  return before + Array.from({ length: count }, (_, i) => one(i)).join('') + after
}

/** Time is measured on machines that are busy; what this finds is tens of seconds. */
const slack = 4

test('there are more than one hundred cases, and no two of one name', () => {
  expect(cases.length).toBeGreaterThan(150)
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
})

test.each(cases)('$name: $code, with its place and in time', (hostile) => {
  const text = build(hostile)
  const start = cpuMs()
  const document = parseDocument({ file: 'flows/hostile.flow.yaml', text })
  const { flow, problems } = checkFlow(document, world)
  const ms = cpuMs() - start
  expect(flow).toBeUndefined()
  expect(problems.map(({ code }) => code)).toContain(hostile.code)
  expect(problems.length).toBeLessThanOrEqual(limits.problemsPerFileMax)
  for (const { file, span } of problems) {
    expect(file).toBe('flows/hostile.flow.yaml')
    expect(span).toBeDefined()
    expect(span?.start).toBeGreaterThanOrEqual(0)
    expect(span?.end).toBeLessThanOrEqual(text.length)
  }
  expect(ms).toBeLessThan(250 * slack)
})

test('a prototype is never changed by a file', () => {
  parseDocument({
    file: 'a',
    text: '__proto__: { isAdmin: true }\nconstructor: { prototype: { isAdmin: true } }',
  })
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
})

test('random texts out of the alphabet of YAML give problems or a value, in time', () => {
  // oxfmt-ignore
  const words = [
    'a', 'a:', ': ', '- ', '? ', '[', ']', '{', '}', ',', '"', "'", '|', '>', '\n', '\n  ', '\t', ' ',
    '#', '&a', '*a', '!t', '%Y', '---\n', '...\n', '<<', '__proto__', '1e9', '~', '\\', '\r', '\u200b',
    '${{', '}}', 'steps:', 'id:', 'dsl: flux/1\n', 'use:', '@', '`', '0x', '\ud83d\ude00', '\ud800',
  ]
  const word = fc.constantFrom(...words)
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (some, times) => {
        const text = some.join('').repeat(times)
        const start = cpuMs()
        const document = parseDocument({ file: 'a', text })
        const { problems } = checkFlow(document, world)
        expect(cpuMs() - start).toBeLessThan(250 * slack)
        expect(document.value !== undefined || problems.length > 0).toBe(true)
        for (const { span } of problems) expect(span?.end).toBeLessThanOrEqual(text.length)
      },
    ),
    { numRuns: 300 },
  )
})
