/**
 * Goal: what the standard library writes it can read, and where the platform can do the same
 * it does it the same way. Method: laws over generated values, against Node as the judge.
 */
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { inflate, TooLarge } from '#plugins/std/archive/inflate.ts'
import { md5 } from '#plugins/std/crypto/md5.ts'
import { compare, order } from '#plugins/std/data/order.ts'
import { differences } from '#plugins/std/json/diff.ts'
import { flatten, unflatten } from '#plugins/std/json/flat.ts'
import { apply, type Operation } from '#plugins/std/json/patch.ts'
import { fieldsOf, parseInstant, print } from '#plugins/std/time/instant.ts'
import { documents } from '#plugins/std/yaml/parse.ts'
import { render } from '#plugins/std/yaml/render.ts'
import { suiteCases } from '#test/unit/dsl/text/yaml-suite.ts'

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Json)
const bytes = fc.uint8Array({ maxLength: 300 })

describe('bytes', () => {
  test('md5 is what the platform says', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const said = createHash('md5').update(data).digest('hex')
        expect(Buffer.from(md5(data)).toString('hex')).toBe(said)
      }),
    )
  })

  test('what the platform packs is unpacked, and noise never breaks the reader', () => {
    const repeated = fc
      .array(fc.constantFrom('a', 'bc', 'a long part that repeats ', '\n'))
      .map((parts) => Buffer.from(parts.join('')))
    fc.assert(
      fc.property(fc.oneof(bytes, repeated), fc.integer({ min: 0, max: 9 }), (data, level) => {
        expect(Buffer.from(inflate(deflateRawSync(data, { level }), data.length) ?? [])).toEqual(
          Buffer.from(data),
        )
      }),
    )
    const unpacked = (data: Uint8Array): string => {
      try {
        return typeof inflate(data, 10_000)
      } catch (thrown) {
        return thrown instanceof TooLarge ? 'too large' : 'broken'
      }
    }
    fc.assert(
      fc.property(bytes, (data) => {
        expect(unpacked(data)).not.toBe('broken')
      }),
    )
  })
})

describe('values', () => {
  test('a patch that diff makes leads from one value to the other', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        expect(apply(from, differences(from, to) as unknown as readonly Operation[])).toEqual(to)
      }),
    )
  })

  test('what is taken apart is put together, lists and all', () => {
    fc.assert(
      fc.property(json, (value) => {
        const flat = flatten(value)
        const whole = unflatten(flat)
        // Names that count from 0 are a list afterwards; taken apart they are the same again.
        expect(flatten(whole ?? null)).toEqual(flat)
      }),
    )
  })

  test('YAML comes back as the same value', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        'no',
        '~',
        '0x1f',
        '12:30',
        '- a',
        'a: b',
        '# c',
        'a\n\nb\n',
        ' a',
        '<<',
        '.5',
        '=',
        '%a',
      ),
    )
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(text, tie('value')),
      ),
    })).value
    fc.assert(
      fc.property(value, fc.integer({ min: 2, max: 6 }), (given, indent) => {
        const wanted = JSON.parse(JSON.stringify(given)) as Json
        const written = render(wanted, { indent, width: 80 })
        expect(documents(written, { isMerging: true, documentsMax: 1 })).toEqual([wanted])
      }),
      { numRuns: 500 },
    )
  })

  test('YAML of the test suite is read as it says, or refused for a reason', () => {
    const verdicts = suiteCases().map((one) => [one.id, yamlVerdict(one)] as const)
    const wrong = verdicts.filter(
      ([, verdict]) => verdict === 'different' || verdict === 'accepted',
    )
    expect(wrong.map(([id]) => id).toSorted()).toEqual(['SF5V', 'Y79Y', 'Y79Y/3'])
    expect(verdicts.filter(([, verdict]) => verdict === 'same').length).toBeGreaterThan(235)
    expect(
      verdicts.filter(([, verdict]) => verdict === 'yaml_malformed').map(([id]) => id),
    ).toEqual(['ZYU8/2'])
  })
})

function yamlVerdict({ yaml, json: text, isWrong }: ReturnType<typeof suiteCases>[number]): string {
  let found: readonly Json[]
  try {
    found = documents(yaml, { isMerging: false, documentsMax: 100 })
  } catch (thrown) {
    return isWrong ? 'refused' : ((thrown as { readonly code?: string }).code ?? 'crashed')
  }
  if (isWrong) return 'accepted'
  if (text === undefined) return 'unknown'
  const wanted = valuesOf(text)
  // A text that says nothing is null here, and no document there.
  if (wanted.length === 0) return JSON.stringify(found) === '[null]' ? 'same' : 'different'
  return JSON.stringify(sorted(found)) === JSON.stringify(sorted(wanted)) ? 'same' : 'different'
}

/** JSON values one after the other, each of which ends at the end of a line. */
function valuesOf(text: string): readonly Json[] {
  const values: Json[] = []
  let part = ''
  for (const line of text.split('\n')) {
    part += `${line}\n`
    try {
      values.push(JSON.parse(part) as Json)
      part = ''
    } catch {
      // It goes on in the next line.
    }
  }
  return values
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  )
}

test('the calendar is the one of the platform', () => {
  const ms = fc.integer({
    min: Date.parse('0000-01-02'),
    max: Date.UTC(9999, 11, 31),
  })
  fc.assert(
    fc.property(ms, (at) => {
      const date = new Date(at)
      const { year, month, day, hour, weekday } = fieldsOf({ ms: at, offset: 0 })
      expect([year, month, day, hour, weekday % 7]).toEqual([
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCDay(),
      ])
      expect(parseInstant(print({ ms: at, offset: 330, isDate: false }))?.ms).toBe(at)
    }),
  )
})

test('rows are in order by every key, and equal ones stay as they were', () => {
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom('a', 'b', '😀', '\uff5e', true, false, null, [1], { a: 1 }),
  )
  const row = fc.record({ a: value, b: value })
  fc.assert(
    fc.property(fc.array(row), fc.boolean(), (given, isDown) => {
      const rows = given.map((one, i) => ({ ...one, i })) as unknown as readonly JsonObject[]
      const found = order(rows, [{ key: 'a', order: isDown ? 'desc' : 'asc' }, 'b'])
      const rank = (x: Json, y: Json, sign: number): number => {
        if (x === null || y === null) return Number(x === null) - Number(y === null)
        return sign * compare(x, y)
      }
      const wanted = rows.toSorted(
        (x, y) =>
          rank(x['a'] ?? null, y['a'] ?? null, isDown ? -1 : 1) ||
          rank(x['b'] ?? null, y['b'] ?? null, 1),
      )
      expect(found).toEqual(wanted)
    }),
  )
})
