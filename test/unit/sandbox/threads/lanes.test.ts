/**
 * Goal: a healthy plugin does not wait for hostile ones, whatever they do to the threads.
 * Method: one shared thread, hostile calls that hold it to their deadline, and the order in
 * which the calls end. No time is measured.
 */
import { expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import { Habit } from '#engine/sandbox/threads/habit.ts'
import { Line } from '#engine/sandbox/threads/line.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const actions = { default: { effects: 'pure' } } as const
const hostile: readonly (readonly [string, string])[] = [
  ['loop', 'for (;;);'],
  ['stall in a built-in', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'],
  ['fill the memory', 'const all = []; for (;;) all.push(new Array(1e4).fill({}))'],
  [
    'make promises without an end',
    'const storm = () => { Promise.resolve().then(storm); Promise.resolve().then(storm) }; storm(); return new Promise(() => {})',
  ],
]

async function build(bench: Bench, body: string, time = '1s'): Promise<Digest> {
  return await bench.plugin({ actions, limits: { time } }, `export default (n) => { ${body} }`)
}

test('healthy calls end while hostile ones hold the only thread that all share', async () => {
  await using bench = new Bench({ workers: 1 })
  const healthy = await build(bench, 'return n + 1')
  expect(await bench.call(healthy, 1)).toEqual({ ok: true, output: 2 })
  const units = await Promise.all(hostile.map(async ([, body]) => await build(bench, body)))
  const ends: string[] = []
  const attacks = units.map(async (unit, i) => {
    const result = await bench.call(unit)
    ends.push(hostile[i]?.[0] ?? '')
    return result
  })
  for (let n = 0; n < 200; n++) {
    expect(await bench.call(healthy, n)).toEqual({ ok: true, output: n + 1 })
  }
  const endedMeanwhile = ends.length
  const results = await Promise.all(attacks)
  expect(results.map((result) => result.ok)).toEqual([false, false, false, false])
  // They had seconds, one after another; the healthy ones needed none of them to end.
  expect(endedMeanwhile).toBeLessThan(hostile.length)
})

test('code that was short and then holds its lane does not hold the next short call', async () => {
  await using bench = new Bench({ workers: 1 })
  const stop = new AbortController()
  const healthy = await build(bench, 'return n', '1m')
  const turncoat = await build(bench, 'if (n === 1) for (;;); return n', '1m')
  const loop = await build(bench, 'for (;;);', '1m')
  for (const unit of [healthy, turncoat]) await bench.call(unit, 0)
  const attacks = [loop, turncoat].map(
    async (unit) => await bench.call(unit, 1, { signal: stop.signal }),
  )
  // The first ones are sent behind the turncoat, before anybody knows.
  const calls = [1, 2, 3, 4, 5].map(async (n) => await bench.call(healthy, n))
  expect(await Promise.all(calls)).toEqual([1, 2, 3, 4, 5].map((output) => ({ ok: true, output })))
  stop.abort()
  expect(await Promise.all(attacks)).toMatchObject([
    { ok: false, error: { code: 'RUN_CANCELLED' } },
    { ok: false, error: { code: 'RUN_CANCELLED' } },
  ])
})

test('calls of code that nobody knows wait for a thread in the order in which they came', async () => {
  await using bench = new Bench({ workers: 1 })
  const units = await Promise.all(
    ['const e = Date.now(); for (let i = 0; i < 2e6; i++); return e', 'return 2', 'return 3'].map(
      async (body) => await build(bench, body),
    ),
  )
  const ends: number[] = []
  await Promise.all(units.map(async (unit, i) => void (await bench.call(unit), ends.push(i))))
  expect(ends).toEqual([0, 1, 2])
})

test('one short call makes code short; a long one or a stop takes that away', () => {
  const habit = new Habit()
  const states: boolean[] = []
  const note = (cpuMs: number | undefined, isStopped = false): void => {
    habit.note({ ...(cpuMs === undefined ? {} : { cpuMs }), isStopped })
    states.push(habit.isShort)
  }
  note(0.1)
  note(limits.sandboxShortMs)
  note(2)
  expect([states, habit.isQuick]).toEqual([[true, false, true], false])
  note(undefined, true)
  for (let n = 0; n < limits.sandboxShortProofs; n++) note(0.1)
  expect(states.slice(3)).toEqual([
    ...Array.from({ length: limits.sandboxShortProofs }, () => false),
    true,
  ])
  expect(habit.isQuick).toBe(true)
})

test('a line keeps its order, whatever was taken out of it', () => {
  const line = new Line<number>()
  const taken: (number | undefined)[] = []
  for (let n = 0; n < 5_000; n++) {
    line.push(n)
    if (n % 3 > 0) taken.push(line.shift())
  }
  expect([line.length, line.first]).toEqual([5_000 - taken.length, taken.length])
  expect([...taken, ...line.takeAll()]).toEqual(Array.from({ length: 5_000 }, (_, n) => n))
  expect([line.length, line.first, line.shift()]).toEqual([0, undefined, undefined])
})
