import { readdirSync, readFileSync } from 'node:fs'

import { canonical } from '#engine/core/canonical.ts'
import type { Json } from '#engine/core/json.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const folder = new URL('../../vectors/jcs-rfc8785/', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8')

test.each(readdirSync(new URL('input/', folder)))(
  '%s has the canonical bytes of RFC 8785',
  (file) => {
    const text = canonical(JSON.parse(read(`input/${file}`)) as Json)
    expect(text).toBe(read(`output/${file}`).replace(/\n$/, ''))
    const hex = read(`outhex/${file.replace('.json', '.txt')}`).replaceAll(/\s/g, '')
    expect(Buffer.from(text, 'utf8').toString('hex')).toBe(hex)
  },
)

test('the order of keys and white space never matter', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json
      const turned = JSON.parse(JSON.stringify(reversed(json), null, 3)) as Json
      expect(canonical(turned)).toBe(canonical(json))
    }),
  )
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800', { '\udc00': 1 }])(
  'what JSON cannot say is refused (%#)',
  (value) => expect(() => canonical(value as Json)).toThrow(TypeError),
)

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toReversed()
  return Object.fromEntries(entries.map(([key, part]) => [key, reversed(part as Json)]))
}
