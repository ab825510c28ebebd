/**
 * Goal: a schedule fires when a reader of it would say so, also when the clocks change, and
 * a watcher that was away makes up for what it was told to.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { firesBetween, nextFire } from '#engine/trigger/schedule.ts'

interface Row {
  readonly tz: string
  readonly window: string
  readonly expr: string
  readonly fromExclusive: string
  readonly toExclusive: string
  readonly croner: readonly string[]
}

const vectors = join(import.meta.dirname, '../../vectors/cron-dst/vectors.json')
const { rows } = JSON.parse(readFileSync(vectors, 'utf8')) as { readonly rows: readonly Row[] }

test('the vectors around changes of the clocks are all there', () => {
  expect(rows).toHaveLength(90)
})

test.each(rows)('$expr in $tz, $window', ({ tz, expr, fromExclusive, toExclusive, croner }) => {
  const trigger = { cron: expr, timezone: tz, catchup: 'all' } as const
  const [from, to] = [Date.parse(fromExclusive), Date.parse(toExclusive)]
  const expected = croner.map((text) => Date.parse(text)).filter((at) => at < to)
  const forward: number[] = []
  for (let at = nextFire(trigger, from); at !== undefined && at < to; at = nextFire(trigger, at))
    forward.push(at)
  expect(forward).toEqual(expected)
  expect(firesBetween(trigger, from, to - 1).at).toEqual(expected.slice(-limits.scheduleCatchupMax))
})

const start = Date.parse('2026-05-01T00:00:00Z')
const minutes = (n: number): number => start + n * 60_000
const every10 = { cron: '*/10 * * * *' }

describe('what passed while nothing ran', () => {
  test.each([
    ['none', [], 5],
    ['last', [minutes(50)], 4],
    ['all', [10, 20, 30, 40, 50].map(minutes), 0],
  ] as const)('catchup %s', (catchup, at, skipped) => {
    const fires = firesBetween({ ...every10, catchup }, start, minutes(55))
    expect(fires).toEqual({ at, skipped })
  })

  test('is let go without a word about it, but not what a busy watcher came to late', () => {
    expect(firesBetween(every10, start, minutes(55)).at).toEqual([])
    expect(firesBetween(every10, start, minutes(50) + 30_000).at).toEqual([minutes(50)])
  })

  test('is bounded, however long that was', () => {
    const year = start + 365 * 24 * 3_600_000
    const { at } = firesBetween({ cron: '* * * * *', catchup: 'all' }, start, year)
    expect(at).toHaveLength(limits.scheduleCatchupMax)
    expect(at.at(-1)).toBe(year)
  })
})

test('a date that never comes never fires', () => {
  expect(nextFire({ cron: '0 0 31 2 *' }, start)).toBeUndefined()
  expect(firesBetween({ cron: '0 0 31 2 *', catchup: 'all' }, start, minutes(9)).at).toEqual([])
})

test('looking in pieces finds the same as looking once, and nothing twice', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })
  const crons = fc.constantFrom('*/7 * * * *', '30 2 * * *', '0 * * * *', '15,45 1-3 * * *')
  const begins = fc.constantFrom('2026-03-28T23:00:00Z', '2026-10-24T22:30:00Z')
  fc.assert(
    fc.property(crons, begins, pieces, (cron, begin, steps) => {
      const trigger = { cron, timezone: 'Europe/Berlin', catchup: 'all' } as const
      const from = Date.parse(begin)
      let at = from
      const found: number[] = []
      for (const step of steps) {
        const next = at + step * 60_000
        found.push(...firesBetween(trigger, at, next).at)
        at = next
      }
      expect(found).toEqual(firesBetween(trigger, from, at).at)
    }),
    { numRuns: 20 },
  )
})
