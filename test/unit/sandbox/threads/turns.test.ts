import { expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { monotonicMs, Pulse, pulseBytes } from '#engine/sandbox/threads/pulse.ts'
import { Turns } from '#engine/sandbox/threads/turns.ts'

interface Table {
  readonly turns: Turns
  readonly pulse: Pulse
  /** Resolves when a turn is late. */
  readonly late: Promise<void>
}

function table(): Table {
  const shared = new SharedArrayBuffer(pulseBytes)
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const turns = new Turns(new Pulse(shared), { leftMsOf: () => 10, late: resolve })
  return { turns, pulse: new Pulse(shared), late }
}

const turn = (call: number, isQuick = true): Parameters<Turns['push']>[0] => ({
  call,
  isFirst: false,
  isQuick,
  isShort: isQuick,
  sinceMs: monotonicMs(),
})

test('the running turn is the one that the worker began last, though earlier ones are not answered', () => {
  const { turns, pulse } = table()
  for (const call of [1, 2, 3]) turns.push(turn(call))
  expect(turns.running?.call).toBe(1)
  pulse.beat()
  pulse.beat()
  expect(turns.running?.call).toBe(2)
  turns.shift()
  expect([turns.running?.call, turns.count]).toEqual([2, 2])
  turns.shift()
  expect(turns.running?.call).toBe(3)
})

test('one slow turn makes all of them slow until it is answered', () => {
  const { turns } = table()
  turns.push(turn(1, false))
  turns.push(turn(2))
  expect(turns.areQuick).toBe(false)
  turns.shift()
  expect(turns.areQuick).toBe(true)
})

test('a turn that was begun and takes too long is late, and one that was answered is not', async () => {
  const { turns, pulse, late } = table()
  turns.push(turn(1))
  pulse.beat()
  turns.shift()
  turns.push(turn(2))
  pulse.beat()
  const since = monotonicMs()
  // The watch itself keeps no process alive.
  const alive = setInterval(() => {}, 1_000)
  await late
  clearInterval(alive)
  expect(monotonicMs() - since).toBeGreaterThanOrEqual(limits.sandboxKillGraceMs)
  turns.clear()
  expect(turns.running).toBeUndefined()
})
