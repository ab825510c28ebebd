/**
 * The times of polling: bounds, order, and rest for a host in trouble.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  afterAnswer,
  type Breaker,
  closedBreaker,
  mayAsk,
  nextPoll,
} from '#engine/mirror/sync/schedule.ts'

const second = 1_000
const hour = 3_600 * second
const now = 10_000 * hour
const wait = (over: object): number =>
  nextPoll({ now, committedAt: now, failures: 0, chance: 0, ...over }) - now

describe('the next look', () => {
  test.each([
    ['a head of this second', { committedAt: now }, 45 * second],
    ['a head of two minutes', { committedAt: now - 120 * second }, 60 * second],
    ['a head of four hours', { committedAt: now - 4 * hour }, 2 * hour],
    ['a head of a year', { committedAt: now - 8_760 * hour }, 8 * hour],
    ['a head of tomorrow', { committedAt: now + 24 * hour }, 45 * second],
    ['an empty repository', { committedAt: undefined }, 8 * hour],
    ['one failure', { failures: 1 }, 90 * second],
    ['three failures', { failures: 3, committedAt: now - 8_760 * hour }, 360 * second],
    ['many failures', { failures: 1_000 }, 8 * hour],
    ['what the host asks for', { retryAfterMs: hour }, hour],
    ['a host that asks for a year', { retryAfterMs: 8_760 * hour }, 24 * hour],
    ['the worst chance', { chance: 1 }, 54 * second],
  ])('for %s', (_, over, expected) => {
    expect(wait(over)).toBe(expected)
  })

  test('is never sooner than 45 s and never later than 8 h and a fifth, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (age, failures, chance) => {
          const times = Math.abs(failures)
          const waited = wait({ committedAt: now - age * hour, failures: times, chance })
          return waited >= 45 * second && waited <= 9.6 * hour
        },
      ),
    )
  })
})

describe('a host', () => {
  const fail = (breaker: Breaker, times: number): Breaker =>
    Array.from({ length: times }).reduce<Breaker>(
      (before) => afterAnswer(before, { kind: 'failed' }, now),
      breaker,
    )

  test('is asked on while few answers fail', () => {
    expect(mayAsk(fail(closedBreaker, 4), now)).toBe(true)
  })

  test('rests after five failures in a row, longer each time, and never for ever', () => {
    const rests = [5, 6, 7, 100].map((times) => fail(closedBreaker, times).openUntil - now)
    expect(rests).toEqual([45 * second, 90 * second, 180 * second, 45 * 64 * second])
    expect(mayAsk(fail(closedBreaker, 5), now)).toBe(false)
    expect(mayAsk(fail(closedBreaker, 5), now + 45 * second)).toBe(true)
  })

  test('that answers is trusted again', () => {
    expect(afterAnswer(fail(closedBreaker, 9), { kind: 'answered' }, now)).toEqual(closedBreaker)
  })

  test('gets the rest that it asks for at once', () => {
    const asked = afterAnswer(closedBreaker, { kind: 'failed', retryAfterMs: hour }, now)
    expect(asked).toEqual({ failures: 1, openUntil: now + hour })
  })
})
