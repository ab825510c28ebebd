/**
 * Goal: whatever was acknowledged is there after the process or its disk died, and nothing
 * else is taken for it. Method: kill, cut and fill up for real, then open again.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { memoryDisk } from '#engine/durable/memory-disk.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { GroupCommit } from '#engine/durable/sqlite/commit.ts'
import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { openReader, openSqlite } from '#engine/durable/sqlite/open.ts'
import type { RunLog } from '#engine/runtime/ports.ts'
import { copyFiles, folder, sqliteBench } from '#test/fake/disk.ts'
import { header, plan, runId, started, stepDone } from '#test/fake/journal.ts'

/** Batches as [run, records], and `commit` where the writer waits for the disk. */
const script = fc.array(
  fc.oneof(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })), fc.constant('commit' as const)),
  { maxLength: 25 },
)

/** Records per run that a script has committed at its end. */
function committed(steps: readonly (readonly [number, number] | 'commit')[]): number[] {
  const durable = [0, 0, 0, 0]
  const last = steps.lastIndexOf('commit')
  for (const step of steps.slice(0, Math.max(last, 0))) {
    if (step !== 'commit') durable[step[0]] = (durable[step[0]] ?? 0) + step[1]
  }
  return durable
}

test.each(['memory', 'sqlite'])('keeps exactly the acknowledged batches in %s', async (kind) => {
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      using bench = sqliteBench()
      const disk = memoryDisk()
      const memory = openMemory(disk, { commit: 'manual' })
      const host = kind === 'memory' ? memory : bench.open()
      const logs = new Map<number, RunLog>()
      let last: Promise<void> | undefined
      for (const step of steps) {
        if (step === 'commit') {
          memory.flush()
          await last
          continue
        }
        const [n, count] = step
        const log = logs.get(n) ?? host.journal.create(header(runId(n)))
        logs.set(n, log)
        last = log.append({ records: Array.from({ length: count }, (_, i) => stepDone('s', i)) })
      }
      bench.crash()
      const { journal } = kind === 'memory' ? openMemory(disk) : bench.open()
      const found = [0, 1, 2, 3].map((n) =>
        journal.find(runId(n)) === undefined ? 0 : journal.read(runId(n)).length,
      )
      expect(found).toEqual(committed(steps))
    }),
    { numRuns: kind === 'memory' ? 200 : 25 },
  )
})

test('crashes in memory before and after any commit, and tells nobody', async () => {
  for (const when of ['before', 'after'] as const) {
    const disk = memoryDisk()
    const host = openMemory(disk)
    const log = host.journal.create(header(runId(1)))
    await log.append({ records: [started(runId(1))] })
    disk.onWrite = (commit, at) => {
      if (commit === 2 && at === when) throw new Error('the process dies')
    }
    let heard = false
    void log.append({ records: [stepDone('x', 1)] }).finally(() => (heard = true))
    void log.append({ records: [stepDone('y', 1)] }).finally(() => (heard = true))
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    expect(heard).toBe(false)
    disk.onWrite = undefined
    expect(openMemory(disk).journal.read(runId(1))).toHaveLength(when === 'before' ? 1 : 3)
  }
})

test('refuses everything in memory once the disk has failed', async () => {
  const disk = memoryDisk()
  const log = openMemory(disk).journal.create(header(runId(1)))
  disk.onWrite = () => {
    throw new IonError('JOURNAL_WRITE_FAILED', 'The disk is full.')
  }
  for (let round = 0; round < 2; round++) {
    await expect(log.append({ records: [started(runId(1))] })).rejects.toMatchObject({
      code: 'JOURNAL_WRITE_FAILED',
    })
  }
  expect(disk.runs.size).toBe(0)
})

test('reads the longest committed prefix of a log that was cut anywhere', async () => {
  using dir = folder()
  const run = runId(1)
  await openSqlite(dir.path).close()
  const host = openSqlite(dir.path)
  const wal = join(dir.path, 'journal.db-wal')
  const log = host.journal.create(header(run))
  /** Size of the write-ahead log after each commit. */
  const ends: number[] = []
  for (let i = 0; i < 20; i++) {
    await log.append({ records: i === 0 ? [started(run)] : [stepDone('s', 'v'.repeat(i * 70))] })
    ends.push(statSync(wal).size)
  }
  const all = host.journal.readStored(run)
  fc.assert(
    fc.property(fc.nat(ends.at(-1) ?? 0), (length) => {
      using copy = folder()
      copyFiles(dir.path, copy.path)
      truncateSync(join(copy.path, 'journal.db-wal'), length)
      const again = openSqlite(copy.path)
      const kept = ends.filter((end) => end <= length).length
      const found = again.journal.find(run) === undefined ? [] : again.journal.readStored(run)
      void again.close()
      expect(found).toEqual(all.slice(0, kept))
    }),
    { numRuns: 60, examples: [[0], ...ends.map((end): [number] => [end])] },
  )
  await host.close()
})

test('loses nothing acknowledged when the process is killed, thirty times', async () => {
  using dir = folder()
  const acknowledged = new Map<RunId, number>()
  for (let round = 0; round < 30; round++) {
    const child = writer(dir.path, round * 10)
    let left = 3 + ((round * 37) % 120)
    for await (const line of createInterface(child.stdout)) {
      const [run = '', count = ''] = line.split(' ')
      acknowledged.set(run as RunId, Number(count))
      if ((left -= 1) === 0) child.kill('SIGKILL')
    }
  }
  const reader = openReader(dir.path)
  expect(acknowledged.size).toBeGreaterThan(100)
  for (const [run, count] of acknowledged) {
    const report = reader?.verify(run)
    expect(report).toMatchObject({ ok: true })
    expect(report?.ok === true ? report.records : 0).toBeGreaterThanOrEqual(count)
  }
  reader?.close()
}, 90_000)

test('refuses with a code when the disk takes no more, and keeps what it acknowledged', async () => {
  using dir = folder()
  await openSqlite(dir.path).close()
  const child = writer(dir.path, 0, 1_000)
  const acknowledged = new Map<RunId, number>()
  let failure: readonly string[] = []
  for await (const line of createInterface(child.stdout)) {
    const [word = '', ...rest] = line.split(' ')
    if (word === 'failed') failure = rest
    else acknowledged.set(word as RunId, Number(rest[0]))
  }
  expect(failure).toEqual(['JOURNAL_WRITE_FAILED', '"SQLITE_IOERR"', 'refused'])
  expect(acknowledged.size).toBe(5)
  const host = openSqlite(dir.path)
  for (const [run, count] of acknowledged) {
    expect(host.verify(run)).toMatchObject({ ok: true, records: count })
    const log = host.journal.open(run)
    await log.append({ records: [stepDone('later', 1)] })
    expect(host.verify(run)).toMatchObject({ ok: true, records: count + 1 })
  }
  await host.close()
}, 90_000)

test('rolls a group back as a whole when the file may not grow, and takes nothing after', async () => {
  using dir = folder()
  const db = openDatabase(dir.path)
  db.exec('CREATE TABLE t (x TEXT); PRAGMA max_page_count = 8')
  const insert = db.prepare('INSERT INTO t VALUES (?)')
  const idle = { isWaiting: () => false, write: () => undefined, committed: () => undefined }
  const commit = new GroupCommit<number>(db, {
    before: idle,
    write: (size) => void insert.run('x'.repeat(size)),
    after: idle,
  })
  await commit.append(10, 1)
  const group = [commit.append(20, 1), commit.append(100_000, 1), commit.append(30, 1)]
  for (const one of await Promise.allSettled([...group, ...group])) {
    const reason: unknown = one.status === 'rejected' ? one.reason : undefined
    expect(reason).toMatchObject({ code: 'JOURNAL_WRITE_FAILED', data: { sqlite: 'SQLITE_FULL' } })
  }
  await expect(commit.append(5, 1)).rejects.toMatchObject({
    code: 'JOURNAL_WRITE_FAILED',
    data: { sqlite: 'SQLITE_FULL' },
  })
  expect(commit.failure?.message).toContain('The disk is full')
  commit.flush()
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 })
  db.close()
})

test('cuts a group that is larger than one commit may be', async () => {
  using dir = folder()
  const host = openSqlite(dir.path)
  const logs = [1, 2, 3].map((n) => host.journal.create(header(runId(n))))
  const steps = Array.from({ length: 8_999 }, (_, i) => stepDone('s', i))
  const promises = logs.map((log) => log.append({ records: [started(log.run), ...steps] }))
  expect(promises[0]).toBe(promises[1])
  expect(promises[2]).not.toBe(promises[1])
  await Promise.all(promises)
  expect(host.verify(runId(3))).toMatchObject({ ok: true, records: 9_000 })
  expect(host.journal.find(runId(3))?.plan).toBe(plan)
  await host.close()
})

test('writes what only logs and payloads wait for, without a batch', async () => {
  using dir = folder()
  const host = openSqlite(dir.path)
  await host.journal.create(header(runId(1))).append({ records: [started(runId(1))] })
  const digest = host.store.put(new Uint8Array([1, 2, 3]))
  host.logs.write(runId(1), 'x', { at: 1, level: 'warn', text: 'slow' })
  await host.close()
  const reader = openReader(dir.path)
  expect(reader?.store.get(digest)).toEqual(new Uint8Array([1, 2, 3]))
  expect(reader?.logs.read(runId(1))).toEqual([{ at: 1, level: 'warn', path: 'x', text: 'slow' }])
  reader?.close()
  expect(readFileSync(join(dir.path, 'journal.db')).length).toBeGreaterThan(0)
})

/** Starts `test/fake/writer.ts`; `blocks` limits the size of its files, in 512 bytes. */
function writer(
  dir: string,
  first: number,
  blocks?: number,
): ChildProcessByStdio<null, Readable, null> {
  const limit = blocks === undefined ? '' : `ulimit -f ${blocks}; `
  const program = join(import.meta.dirname, '../../fake/writer.ts')
  const args = ['-c', `${limit}exec "$0" "$@"`, process.execPath, program, dir, String(first)]
  return spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'inherit'] })
}
