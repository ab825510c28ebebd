/**
 * What the journal costs, without an engine above it: batches a second with everything
 * synced, CPU per batch, latency of one run, disk per parked run, time to open again.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Digest } from '#engine/core/digest.ts'
import { type RunId, runIdFrom } from '#engine/core/id.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'
import type { Journal, RunHeader } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

const plan = `sha256:${'ab'.repeat(32)}` as Digest
const at = 1_700_000_000_000

/** `runs` runs of 12 batches, `concurrency` at once, each batch awaited. */
export interface Throughput {
  readonly batches_per_s: number
  readonly cpu_us_per_batch: number
}

export async function throughput(concurrency: number, runs: number): Promise<Throughput> {
  return inFolder(async (dir) => {
    const host = openSqlite(dir)
    const cpu = process.cpuUsage()
    const start = performance.now()
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < runs) await oneRun(host.journal, runIdOf((next += 1)))
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    const ms = performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    await host.close()
    const batches = runs * 12
    return {
      batches_per_s: Math.round((batches / ms) * 1000),
      cpu_us_per_batch: round((user + system) / batches),
    }
  })
}

/** Milliseconds for one run of 12 batches, alone, each synced before the next. */
export async function latency(rounds: number): Promise<{ p50_ms: number; p95_ms: number }> {
  return inFolder(async (dir) => {
    const host = openSqlite(dir)
    const times: number[] = []
    for (let i = 1; i <= rounds; i++) {
      const start = performance.now()
      await oneRun(host.journal, runIdOf(i))
      times.push(performance.now() - start)
    }
    await host.close()
    times.sort((x, y) => x - y)
    const part = (share: number): number => round(times[Math.floor(times.length * share)] ?? 0)
    return { p50_ms: part(0.5), p95_ms: part(0.95) }
  })
}

export interface Parked {
  readonly disk_bytes_per_run_with_wal: number
  readonly disk_bytes_per_run: number
  readonly restart_ms: number
}

/** Disk and restart time with `runs` runs that only wait. */
export async function parked(runs: number): Promise<Parked> {
  return inFolder(async (dir) => {
    const host = openSqlite(dir)
    for (let i = 1; i <= runs; i++) {
      const log = host.journal.create(headerOf(runIdOf(i)))
      const done = log.append({
        records: [started(log.run), { kind: 'timer.set', at, path: 'wait', due: at + i }],
        timers: [{ path: 'wait', timer: 'sleep', due: at + i }],
        status: 'parked',
      })
      if (i % 50 === 0 || i === runs) await done
      log.close()
    }
    const withWal = bytesIn(dir)
    await host.close()
    const bytes = bytesIn(dir)
    const start = performance.now()
    const again = openSqlite(dir)
    const { length } = again.journal.unfinished()
    const due = again.journal.nextDue()
    const ms = performance.now() - start
    await again.close()
    if (length !== 0 || due !== at + 1) throw new Error('the parked runs were not found again')
    return {
      disk_bytes_per_run_with_wal: Math.round(withWal / runs),
      disk_bytes_per_run: Math.round(bytes / runs),
      restart_ms: round(ms),
    }
  })
}

async function oneRun(journal: Journal, run: RunId): Promise<void> {
  const log = journal.create(headerOf(run))
  await log.append({ records: [started(run)] })
  for (let i = 0; i < 10; i++) {
    const path = `step_${i}`
    await log.append({ records: [{ kind: 'step.done', at, path, output: { value: i } }] })
  }
  const last: RunRecord = { kind: 'run.done', at, output: { value: 10 } }
  await log.append({ records: [last], status: 'done', endedAt: at })
  log.close()
}

function started(run: RunId): RunRecord {
  const source = { repository: '.', commit: '0123456789abcdef0123456789abcdef01234567' }
  return { kind: 'run.started', v: 1, run, flow: 'demo', plan, input: { value: {} }, source, at }
}

function headerOf(run: RunId): RunHeader {
  return { run, flow: 'demo', plan, status: 'running', startedAt: at }
}

function runIdOf(n: number): RunId {
  return runIdFrom(at + n, crypto.getRandomValues(new Uint8Array(10)))
}

function bytesIn(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
}

async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-bench-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const results = {
    at_1: await latency(200),
    at_50: await throughput(50, 10_000),
    at_500: await throughput(500, 10_000),
    parked: await parked(100_000),
  }
  process.stdout.write(JSON.stringify(results, undefined, 2) + '\n')
}
