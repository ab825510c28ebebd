/**
 * S2: the calls of a healthy plugin beside hostile ones in the same pool, with as many
 * threads as the machine has cores.
 *
 * Hostile ones are called without a pause, each time from code that was never seen before:
 * loops, native stalls, memory and promises without an end. Each has a second to live.
 */
import { setImmediate as turn } from 'node:timers/promises'

import { percentile, short } from './lab.ts'
import { openTable, type Table } from './table.ts'

const hostile: readonly string[] = [
  'for (;;) {}',
  'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'const all = []; for (;;) all.push(new Array(1e4).fill({}))',
  'const storm = () => { Promise.resolve().then(storm); Promise.resolve().then(storm) }; storm(); await new Promise(() => {})',
]
const healthy =
  'export default (rows) => rows.filter((r) => r.total > 10).map((r) => ({ ...r, total: r.total * 2 }))'
const rows = Array.from({ length: 14 }, (_, i) => ({ id: i, total: i * 17.5, tags: ['a', 'b'] }))

export async function s2(): Promise<Readonly<Record<string, number>>> {
  await using table = openTable()
  const unit = await table.build(healthy)
  const callFor = async (ms: number): Promise<readonly number[]> => {
    const times: number[] = []
    for (const end = performance.now() + ms; performance.now() < end; await turn()) {
      const start = performance.now()
      await table.call(unit, rows)
      times.push((performance.now() - start) * 1_000)
    }
    return times
  }
  await callFor(1_000)
  const alone = await callFor(4_000)
  const stop = new AbortController()
  const others = hostile.map(
    async (body, kind) => await attack(table, { body, kind, stop: stop.signal }),
  )
  await callFor(1_000)
  const beside = await callFor(8_000)
  stop.abort()
  const calls = await Promise.all(others)
  const [p50, p95] = [0.5, 0.95].map((at) => percentile(beside, at) / percentile(alone, at))
  return {
    alone_us_p50: short(percentile(alone, 0.5)),
    alone_us_p95: short(percentile(alone, 0.95)),
    beside_hostile_us_p50: short(percentile(beside, 0.5)),
    beside_hostile_us_p95: short(percentile(beside, 0.95)),
    beside_over_alone_p50: short(p50 ?? Number.NaN),
    beside_over_alone_p95: short(p95 ?? Number.NaN),
    beside_hostile_ms_max: short(Math.max(...beside) / 1_000),
    hostile_calls: calls.reduce((sum, one) => sum + one, 0),
  }
}

async function attack(
  table: Table,
  { body, kind, stop }: { body: string; kind: number; stop: AbortSignal },
): Promise<number> {
  let count = 0
  while (!stop.aborted) {
    const code = `var __unit = { default: async () => { ${body}; return ${kind} + ${count} } }`
    const unit = await table.plugin(code)
    await table.call(unit, 1).catch(() => undefined)
    count++
  }
  return count
}
