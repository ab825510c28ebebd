/**
 * S1: what a fresh start of every call costs, for bundles of three sizes, beside what
 * JavaScript offers for the same (`isolates.ts`).
 *
 * Realms are measured in this thread where the cost is theirs, and through the pool
 * where the way to the thread belongs to it. Read ratios: machines differ.
 */
import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import type { Digest } from '#engine/core/digest.ts'
import { Realm } from '#engine/sandbox/realm.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'
import { keepSpare } from '#engine/sandbox/threads/born.ts'
import { compileQuickJs, readPackaged } from '#engine/sandbox/wasm.ts'

import { others } from './isolates.ts'
import { atOnce, percentile, short } from './lab.ts'
import { openTable } from './table.ts'

const mb = 1024 * 1024
const host = { call: () => {}, log: () => {} }
const facts = JSON.stringify({ now: 1, seed: 'bench' })
const record = JSON.stringify(
  Array.from({ length: 14 }, (_, i) => ({
    id: i,
    name: `customer ${i}`,
    total: i * 17.5,
    tags: ['a', 'b'],
  })),
)
const work = `(rows) => rows.filter((r) => r.total > 10).map((r) => ({ ...r, total: r.total * 2 }))`

/** About as many bytes of modules as a bundle of that size has, all of them evaluated. */
function bundleOf(bytes: number): string {
  let text = 'const lib = {}\n'
  for (let i = 0; text.length < bytes; i++) {
    text += `lib.f${i} = function (a, b) { const t = new Map([[a, b]]); if (a > ${i}) return t.get(a) + "${i}"; return { k${i}: [a, b, /x${i}+/g], s: String(b).padStart(${i % 9}) } }\nlib.t${i} = { a: [${i}, ${i + 1}], b: "text ${i}" }\n`
  }
  return `${text}const __unit = { lib, tiny: (n) => n, default: ${work} }`
}

const sizes = { s: 4 * 1024, m: 57 * 1024, l: 482 * 1024 }

export async function s1(): Promise<Readonly<Record<string, number>>> {
  const binaries = {
    marked: await compileQuickJs(),
    plain: await WebAssembly.compile(await readPackaged()),
  }
  const metrics: Record<string, number> = {}
  for (const [name, bytes] of Object.entries(sizes)) {
    Object.assign(metrics, await realmsOf(binaries, name, bundleOf(bytes)))
  }
  return {
    ...metrics,
    ...(await throughPool()),
    ...firstCalls(),
    ...(await manyWarm()),
    ...(await others({ code: bundleOf(sizes.s), input: record })),
  }
}

/**
 * The binary that runs, whose realms are put back by marks, beside the one of the package,
 * whose realms are put back as a whole. What is called warm is never put back, and is of
 * the binary of the package: so the ratio holds what the marks themselves cost.
 */
async function realmsOf(
  { marked, plain }: Readonly<Record<'marked' | 'plain', WebAssembly.Module>>,
  name: string,
  code: string,
): Promise<Record<string, number>> {
  const own = await calledRealm(marked, code)
  const copied = await calledRealm(plain, code)
  const warm = await calledRealm(plain, code)
  const marking = await calledRealm(marked, code)
  const times = { whole: [], restore: [], copy: [], warm: [], marking: [] } as Record<
    'whole' | 'restore' | 'copy' | 'warm' | 'marking',
    number[]
  >
  const many = (run: () => void): void => {
    for (let i = 0; i < 50; i++) run()
  }
  // In turns, so that a busy moment of the machine meets them all; in lots, because of caches.
  for (let lot = 0; lot < 30; lot++) {
    many(() => {
      const [call, restore] = [own.call(), own.reset()]
      times.whole.push(call + restore)
      times.restore.push(restore)
    })
    many(() => {
      copied.call()
      times.copy.push(copied.reset())
    })
    many(() => times.warm.push(warm.call()))
    many(() => times.marking.push(marking.call()))
  }
  const us = (list: readonly number[]): number => percentile(list.slice(300), 0.5)
  return {
    [`restore_us_p50_${name}`]: short(us(times.restore)),
    [`restore_us_p50_${name}_whole_copy`]: short(us(times.copy)),
    [`json_1kb_us_p50_${name}`]: short(us(times.whole)),
    [`json_1kb_over_warm_${name}`]: short(us(times.whole) / us(times.warm)),
    [`json_1kb_marks_over_none_${name}`]: short(us(times.marking) / us(times.warm)),
  }
}

/** A realm of `code` with its standard call; both give the microseconds they took. */
async function calledRealm(
  wasm: WebAssembly.Module,
  code: string,
): Promise<{ call(): number; reset(): number }> {
  const realm = await Realm.open(wasm, openMemory(64 * mb))
  const fault = realm.load(code, 10_000)
  if (fault !== undefined) throw new Error(JSON.stringify(fault))
  const timed = (run: () => void): number => {
    const start = performance.now()
    run()
    return (performance.now() - start) * 1_000
  }
  const job = { instance: 'bench', action: 'default', input: record, facts }
  return {
    call: () =>
      timed(() => {
        const turn = realm.begin({ ...job, memoryBytesMax: 64 * mb, timeMsMax: 5_000 }, host, 5_000)
        if (turn.kind !== 'ended' || turn.outcome.kind !== 'done')
          throw new Error(JSON.stringify(turn))
      }),
    reset: () => timed(() => realm.reset()),
  }
}

async function throughPool(): Promise<Record<string, number>> {
  await using table = openTable(1)
  const unit = await table.build('export default (n) => n')
  const round = async (count: number): Promise<number> => {
    const start = performance.now()
    await atOnce({ count, concurrency: 64 }, async (i) => await table.call(unit, i))
    return count / ((performance.now() - start) / 1_000)
  }
  await round(5_000)
  const rates = [await round(20_000), await round(20_000), await round(20_000)]
  return { tiny_calls_per_s_one_worker: short(percentile(rates, 0.5)) }
}

/**
 * Thread, engine, code and call, as the first step of a process meets them; bundled as it is
 * published. With `isAhead` a thread is started first, as `ionflux run` does it when a flow
 * looks as if it called code, and the call comes when the thread has had its time.
 */
export async function s1First(isAhead: boolean): Promise<Readonly<Record<string, number>>> {
  if (isAhead) {
    keepSpare()
    await delay(400)
  }
  await using table = openTable(1)
  const unit = await table.build('', 'var __unit = { default: (n) => n + 1 }')
  const start = performance.now()
  await table.call(unit, 1)
  return { ms: performance.now() - start, since_process_start_ms: performance.now() }
}

/** The floor of it: a thread that does nothing, until it says so. */
export async function s1Thread(): Promise<Readonly<Record<string, number>>> {
  const start = performance.now()
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', {
    eval: true,
  })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  return { ms: performance.now() - start, since_process_start_ms: performance.now() }
}

function firstCalls(): Record<string, number> {
  const median = (round: () => number): number =>
    short(percentile(Array.from({ length: 9 }, round), 0.5))
  const print = (workload: string, key: string): number => {
    const flags = ['--no-warnings', process.argv[1] ?? '', workload, '0']
    const printed = execFileSync(process.execPath, flags).toString()
    return (JSON.parse(printed) as Record<string, number>)[key] ?? Number.NaN
  }
  const emptyProcess = (): number => {
    const start = performance.now()
    execFileSync(process.execPath, ['-e', '0'])
    return performance.now() - start
  }
  return {
    empty_process_ms: median(emptyProcess),
    empty_thread_ms: median(() => print('S1THREAD', 'ms')),
    first_call_ms: median(() => print('S1FIRST', 'ms')),
    first_call_since_process_start_ms: median(() => print('S1FIRST', 'since_process_start_ms')),
    first_call_thread_ahead_ms: median(() => print('S1AHEAD', 'ms')),
  }
}

async function manyWarm(): Promise<Record<string, number>> {
  await using table = openTable(1)
  const before = process.memoryUsage().rss
  const units: Digest[] = []
  for (let i = 0; i < 1_000; i++) units.push(await table.build(`export default (n) => n + ${i}`))
  for (const unit of units) await table.call(unit, 1)
  const start = performance.now()
  for (const unit of units) await table.call(unit, 1)
  const perCallUs = ((performance.now() - start) / units.length) * 1_000
  return {
    rss_mb_of_1000_warm: short((process.memoryUsage().rss - before) / mb),
    call_us_across_1000_warm: short(perCallUs),
  }
}
