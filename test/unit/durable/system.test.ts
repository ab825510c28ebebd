import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { isRunId } from '#engine/core/id.ts'
import { systemClock, systemIds } from '#engine/durable/system.ts'

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void vi.useRealTimers())

  test('wakes each order once, in order of time, never early and never in the call', () => {
    const clock = systemClock()
    const woken: string[] = []
    const order = (name: string, ms: number) =>
      clock.wakeAt(clock.now() + ms, () => woken.push(`${name} ${clock.now() - 1_000_000}`))
    for (const ms of [50, 10, 30, 20, 40, 0, -5]) order(`+${ms}`, ms)
    expect(woken).toEqual([])
    vi.advanceTimersByTime(1_000)
    expect(woken.map((line) => line.split(' ')[0])).toEqual([
      '+-5',
      '+0',
      '+10',
      '+20',
      '+30',
      '+40',
      '+50',
    ])
    expect(woken.slice(2)).toEqual(['+10 10', '+20 20', '+30 30', '+40 40', '+50 50'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('holds one timer for any number of orders', () => {
    const clock = systemClock()
    for (let i = 0; i < 1_000; i++) clock.wakeAt(clock.now() + 5_000 - i, () => undefined)
    expect(vi.getTimerCount()).toBe(1)
  })

  test('takes an order back, before and while others are served', () => {
    const clock = systemClock()
    const woken: number[] = []
    const takes = Array.from({ length: 200 }, (_, i) =>
      clock.wakeAt(clock.now() + 10 + i, () => {
        woken.push(i)
        takes[i + 1]?.()
      }),
    )
    for (const i of [0, 7, 7, 13]) takes[i]?.()
    vi.advanceTimersByTime(1_000)
    expect(woken).toEqual(expect.arrayContaining([1, 3, 5, 8, 10, 12, 14]))
    expect(woken.some((i) => [0, 2, 7, 13].includes(i))).toBe(false)
    takes[1]?.()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('lets go of its timer when all orders are taken back', () => {
    const clock = systemClock()
    const takes = Array.from({ length: 500 }, (_, i) =>
      clock.wakeAt(clock.now() + 1_000 + (i % 7), () => expect.unreachable()),
    )
    for (const take of takes) take()
    expect(vi.getTimerCount()).toBe(0)
    let isAwake = false
    clock.wakeAt(clock.now() + 5, () => (isAwake = true))
    vi.advanceTimersByTime(5)
    expect(isAwake).toBe(true)
  })

  test('waits longer than a JavaScript timer can', () => {
    const clock = systemClock()
    const at = clock.now() + 40 * 24 * 3_600_000
    let woken = 0
    clock.wakeAt(at, () => (woken = clock.now()))
    vi.advanceTimersByTime(40 * 24 * 3_600_000 - 1)
    expect(woken).toBe(0)
    vi.advanceTimersByTime(2)
    expect(woken).toBe(at)
  })

  test('notices within a minute that the wall clock was moved on', () => {
    const clock = systemClock()
    let isAwake = false
    clock.wakeAt(clock.now() + 3_600_000, () => (isAwake = true))
    vi.setSystemTime(1_000_000 + 7_200_000)
    vi.advanceTimersByTime(60_000)
    expect(isAwake).toBe(true)
  })

  test('goes on after a wake-up that throws, and after one that orders at once', () => {
    const clock = systemClock()
    let turns = 0
    const again = (): void => {
      if ((turns += 1) < 5) clock.wakeAt(clock.now(), again)
    }
    clock.wakeAt(clock.now() + 1, () => {
      throw new Error('not my day')
    })
    clock.wakeAt(clock.now() + 1, again)
    expect(() => vi.advanceTimersByTime(1)).toThrow('not my day')
    vi.advanceTimersByTime(20)
    expect(turns).toBe(5)
  })
})

describe('system ids', () => {
  test('sort by birth, also within a millisecond and when the clock goes back', () => {
    const times = [5, 5, 5, 4, 6, 6, 3]
    const ids = systemIds(() => times.shift() ?? 9)
    const made = Array.from({ length: 9 }, () => ids.runId())
    expect(made.every((id) => isRunId(id))).toBe(true)
    expect(made.toSorted()).toEqual(made)
    expect(new Set(made).size).toBe(9)
  })

  test('go to the next millisecond when chance is used up', () => {
    const ids = systemIds(
      () => 7,
      (bytes) => void bytes.fill(255),
    )
    const [first, second] = [ids.runId(), ids.runId()]
    expect(second > first).toBe(true)
    expect(second.slice(0, 10) > first.slice(0, 10)).toBe(true)
  })
})
