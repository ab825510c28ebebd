/**
 * W1 to W3 and W5 of the benchmark: what the engine costs on a full, synced journal.
 * Each runs in a process of its own (`main.ts`), so that memory can be told apart.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { fdatasyncRate, groupedStepRate, sqliteRate } from './baseline.ts'
import {
  type Action,
  atOnce,
  type BenchLab,
  chain,
  discard,
  openBench,
  percentile,
  short,
} from './lab.ts'

type Metrics = Readonly<Record<string, number>>

const add: Action = (input) => (input as { readonly n: number }).n + 1
const actions = { effect: ['idempotent', add], pure: ['pure', add] } as const

/** Ten steps one after another, alone on the machine. */
export async function w1(): Promise<Metrics> {
  const lab = openBench(actions)
  const latency = async (kind: 'effect' | 'pure'): Promise<number[]> => {
    const plan = lab.plan(chain(10, kind))
    const times: number[] = []
    for (let i = 0; i < 220; i++) {
      const start = performance.now()
      await lab.run(plan, { n: 0 })
      if (i >= 20) times.push(performance.now() - start)
    }
    return times
  }
  const synced = await latency('effect')
  const pure = await latency('pure')
  await end(lab)
  return {
    p50_ms_synced: short(percentile(synced, 0.5)),
    p95_ms_synced: short(percentile(synced, 0.95)),
    p50_ms_pure: short(percentile(pure, 0.5)),
    fdatasync_per_s: fdatasyncRate(500),
    raw_single_steps_per_s: sqliteRate(2000),
  }
}

/**
 * A thousand such flows, fifty at once: intent and result of every step are synced. The
 * median of three rounds after a warm-up, each beside a round of the raw baseline.
 */
export async function w2(): Promise<Metrics> {
  const lab = openBench(actions)
  const plan = lab.plan(chain(10, 'effect'))
  const flows = (count: number): Promise<void> =>
    atOnce({ count, concurrency: 50 }, () => lab.run(plan, { n: 0 }))
  await flows(500)
  const rates: number[] = []
  const costs: number[] = []
  const raws: number[] = []
  for (let round = 0; round < 3; round++) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    await flows(1000)
    rates.push((10_000 / (performance.now() - start)) * 1000)
    const { user, system } = process.cpuUsage(cpu)
    costs.push((user + system) / 10_000)
    raws.push(rawInProcess())
  }
  const peak = process.resourceUsage().maxRSS / 1024
  await end(lab)
  return {
    steps_per_s: Math.round(median(rates)),
    raw_group_steps_per_s: median(raws),
    ratio: short(median(rates.map((rate, i) => rate / (raws[i] ?? rate)))),
    cpu_us_per_step: short(median(costs)),
    peak_mib: Math.round(peak),
  }
}

/** The baseline of W2 after a warm-up, in a process of its own: its memory is not the engine's. */
export async function raw(): Promise<Metrics> {
  await groupedStepRate(500, 50)
  return { steps_per_s: await groupedStepRate(1000, 50) }
}

function rawInProcess(): number {
  const printed = execFileSync(process.execPath, [
    '--no-warnings',
    process.argv[1] ?? '',
    'RAW',
    '0',
  ])
  return (JSON.parse(printed.toString()) as { readonly steps_per_s: number }).steps_per_s
}

/** The same with sandboxed transforms, each call from the state after its code was loaded. */
export async function w2Sandboxed(): Promise<Metrics> {
  const { SandboxCaller } = await import('#engine/sandbox/caller.ts')
  const { buildTransform } = await import('#engine/sandbox/unit.ts')
  const text = 'export default (input) => input.n + 1'
  const built = await buildTransform({ name: 'bench', text, language: 'js' })
  if (!built.ok) throw new Error(built.problems[0]?.message)
  const lab = openBench({}, undefined, (store) => {
    store.put(built.unitBytes)
    store.put(built.code)
    const operations = { call: () => Promise.reject(new Error('none')) }
    return new SandboxCaller({ store, clock: { now: () => Date.now() }, operations })
  })
  const plan = lab.planOf(chain(10, 'bench'), built.digest)
  const flows = (count: number): Promise<void> =>
    atOnce({ count, concurrency: 50 }, () => lab.run(plan, { n: 0 }))
  await flows(500)
  const rates: number[] = []
  const costs: number[] = []
  for (let round = 0; round < 3; round++) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    await flows(1000)
    rates.push((10_000 / (performance.now() - start)) * 1000)
    const { user, system } = process.cpuUsage(cpu)
    costs.push((user + system) / 10_000)
  }
  await end(lab)
  return {
    sandboxed_steps_per_s: Math.round(median(rates)),
    sandboxed_cpu_us_per_step: short(median(costs)),
  }
}

/** One step for each item of a list; and one run of 100,000 steps one after another. */
export async function w3(): Promise<Metrics> {
  const lab = openBench(actions)
  const fan = async (items: number): Promise<number> => {
    const plan = lab.plan(fanOut)
    const list = Array.from({ length: items }, (_, i) => i)
    const before = performance.now()
    await lab.run(plan, { list })
    return performance.now() - before
  }
  await fan(1000)
  const small = median(await times(5, () => fan(1000)))
  const large = await fan(100_000)
  const peak = process.resourceUsage().maxRSS / 1024
  const { first, last } = await sequential(100_000)
  await end(lab)
  return {
    ms_1k: short(small),
    per_item_ratio_100k: short(large / 100_000 / (small / 1000)),
    ms_100k: short(large),
    peak_mib_100k: Math.round(peak),
    last_to_first_ratio_100k_sequential: short(last / first),
  }
}

const fanOut = {
  dsl: 'flux/1',
  id: 'fan-out',
  steps: [
    {
      id: 'map',
      each: { in: '${{ inputs.list }}', as: 'n', concurrency: 100 },
      steps: [{ id: 'one', use: 'effect', with: { n: '${{ n }}' } }],
    },
    { id: 'count', let: '${{ size(steps.map.output) }}' },
  ],
} as const

/** Milliseconds that the first and the last thousand steps of one long run took. */
async function sequential(steps: number): Promise<{ first: number; last: number }> {
  let calls = 0
  const marks: number[] = []
  const lab = openBench({
    tick: [
      'idempotent',
      () => {
        if (calls++ % 1000 === 0) marks.push(performance.now())
        return calls
      },
    ],
  })
  const plan = lab.plan({
    dsl: 'flux/1',
    id: 'long',
    steps: [
      {
        id: 'loop',
        while: '${{ turn.index < inputs.n }}',
        max: steps,
        steps: [{ id: 'one', use: 'tick' }],
      },
    ],
  })
  await lab.run(plan, { n: steps })
  marks.push(performance.now())
  await end(lab)
  const spans = marks.slice(1).map((mark, i) => mark - (marks[i] ?? mark))
  // The very first thousand pays for the compiler's warm-up; a median of ten on each side.
  return { first: median(spans.slice(1, 11)), last: median(spans.slice(-10)) }
}

/** Runs that sleep for a day: memory, disk and the time of a restart. */
export async function w5(runs = 100_000): Promise<Metrics> {
  const lab = openBench(actions)
  const plan = lab.plan({ dsl: 'flux/1', id: 'park', steps: [{ id: 'nap', sleep: '1d' }] })
  const park = async (): Promise<void> => {
    await lab.engine.start({ plan, input: {}, source: {} })
  }
  await atOnce({ count: 1000, concurrency: 500 }, park)
  globalThis.gc?.()
  const memory = process.memoryUsage().heapUsed
  const disk = bytesIn(lab.dir)
  const before = performance.now()
  await atOnce({ count: runs, concurrency: 500 }, park)
  const parkMs = performance.now() - before
  globalThis.gc?.()
  const grown = process.memoryUsage().heapUsed - memory
  const used = bytesIn(lab.dir) - disk
  await lab.close()
  const again = performance.now()
  const next = openBench(actions, lab.dir)
  next.engine.recover()
  const restartMs = performance.now() - again
  const resident = process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
  await end(next)
  return {
    ram_bytes_per_run: Math.max(0, Math.round(grown / runs)),
    disk_bytes_per_run: Math.round(used / runs),
    restart_ms: short(restartMs),
    runs,
    park_runs_per_s: Math.round((runs / parkMs) * 1000),
    timers_of_the_process: resident,
  }
}

async function times(count: number, work: () => Promise<number>): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push(await work())
  return all
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

function bytesIn(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
}

async function end(lab: BenchLab): Promise<void> {
  await lab.close()
  discard(lab.dir)
}
