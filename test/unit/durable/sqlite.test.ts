import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test, vi } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { migrate, migrations } from '#engine/durable/sqlite/migrate.ts'
import { openReader, openSqlite } from '#engine/durable/sqlite/open.ts'
import { folder } from '#test/fake/disk.ts'
import { header, runId, started, stepDone, timerSet } from '#test/fake/journal.ts'

/** Permissions do not hold root back, so there is nothing to see then. */
const isRoot = process.getuid?.() === 0

test('keeps files to their user', async () => {
  using dir = folder()
  const data = join(dir.path, 'a', 'data')
  const host = openSqlite(data)
  await host.journal.create(header(runId(1))).append({ records: [started(runId(1))] })
  expect(statSync(data).mode & 0o777).toBe(0o700)
  expect(readdirSync(data)).toContain('journal.db-wal')
  for (const name of readdirSync(data)) {
    expect(statSync(join(data, name)).mode & 0o777).toBe(0o600)
  }
  await host.close()
})

test('is readable beside its living writer, and after it', async () => {
  using dir = folder()
  expect(openReader(dir.path)).toBeUndefined()
  const host = openSqlite(dir.path)
  const log = host.journal.create(header(runId(1)))
  await log.append({ records: [started(runId(1))] })
  const reader = openReader(dir.path)
  expect(reader?.journal.read(runId(1))).toHaveLength(1)
  await log.append({ records: [stepDone('x', 1)] })
  expect(reader?.journal.read(runId(1))).toHaveLength(2)
  await host.close()
  expect(reader?.journal.list({ limit: 9 })).toEqual([header(runId(1))])
  reader?.close()
  const later = openReader(dir.path)
  expect(later?.journal.read(runId(1))).toHaveLength(2)
  later?.close()
})

test('answers with an error once it is closed', async () => {
  using dir = folder()
  const host = openSqlite(dir.path)
  await host.close()
  expect(() => host.journal.find(runId(1))).toThrow(
    expect.objectContaining({ code: 'JOURNAL_READ_FAILED' }),
  )
})

test('brings an older file up to date in one step, or leaves it as it was', async () => {
  using dir = folder()
  await openSqlite(dir.path).close()
  const db = openDatabase(dir.path)
  const broken = [...migrations, 'CREATE TABLE later (x TEXT); SELECT x FROM nowhere']
  expect(() => migrate(db, broken)).toThrow('nowhere')
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'later'").get()).toBeUndefined()
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
  migrate(db, [...migrations, 'CREATE TABLE later (x TEXT)'])
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length + 1 })
  migrate(db, [...migrations, 'CREATE TABLE later (x TEXT)'])
  db.close()
})

test('refuses a file of a newer release, and of another program', async () => {
  using dir = folder()
  await openSqlite(dir.path).close()
  const db = openDatabase(dir.path)
  for (const pragma of ['user_version = 99', 'user_version = 1; PRAGMA application_id = 7']) {
    db.exec(`PRAGMA ${pragma}`)
    for (const open of [openSqlite, openReader]) {
      expect(() => open(dir.path)).toThrow(
        expect.objectContaining({ code: 'JOURNAL_VERSION_UNKNOWN' }),
      )
    }
  }
  db.close()
})

test('does not change an older file for a reader', async () => {
  using dir = folder()
  openDatabase(dir.path).close()
  expect(() => openReader(dir.path)).toThrow(
    expect.objectContaining({
      code: 'JOURNAL_VERSION_UNKNOWN',
      data: { version: 0, known: migrations.length },
    }),
  )
})

test.each([
  [
    'garbage',
    (dir: string) => writeFileSync(join(dir, 'journal.db'), 'x'.repeat(5_000)),
    'SQLITE_NOTADB',
  ],
  [
    'a directory in its place',
    (dir: string) => mkdirSync(join(dir, 'journal.db')),
    'SQLITE_CANTOPEN',
  ],
])('says what is wrong with %s', (_, spoil, sqlite) => {
  using dir = folder()
  spoil(dir.path)
  expect(() => openSqlite(dir.path)).toThrow(
    expect.objectContaining({
      code: 'JOURNAL_WRITE_FAILED',
      data: expect.objectContaining({ sqlite }) as unknown,
    }),
  )
})

test.skipIf(isRoot)('says that a directory may not be written', () => {
  using dir = folder()
  chmodSync(dir.path, 0o500)
  expect(() => openSqlite(dir.path)).toThrow(
    expect.objectContaining({
      code: 'JOURNAL_WRITE_FAILED',
      data: expect.objectContaining({ sqlite: 'EACCES' }) as unknown,
    }),
  )
  chmodSync(dir.path, 0o700)
})

test('says that another process keeps the file', async () => {
  using dir = folder()
  await openSqlite(dir.path).close()
  const db = openDatabase(dir.path)
  db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; CREATE TABLE t (x TEXT)')
  expect(() => openReader(dir.path)).toThrow(
    expect.objectContaining({
      code: 'JOURNAL_BUSY',
      data: expect.objectContaining({ sqlite: 'SQLITE_BUSY' }) as unknown,
    }),
  )
  db.close()
})

test('uses an index for every question that a restart asks', async () => {
  using dir = folder()
  await openSqlite(dir.path).close()
  const db = openDatabase(dir.path)
  const plan = (sql: string): string =>
    JSON.stringify(
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map((row) => row['detail']),
    )
  expect(plan('SELECT id FROM run WHERE status = 0 ORDER BY n')).toContain('run_running')
  expect(plan('SELECT min(due) AS due FROM timer')).toContain('timer_due')
  db.close()
})

test('keeps a parked run within a kibibyte of disk', async () => {
  using dir = folder()
  const host = openSqlite(dir.path)
  const count = 2_000
  let last = Promise.resolve()
  for (let n = 1; n <= count; n++) {
    const log = host.journal.create(header(runId(n)))
    last = log.append({
      records: [started(runId(n)), timerSet('wait', n)],
      timers: [{ path: 'wait', timer: 'sleep', due: n }],
      status: 'parked',
    })
    log.close()
  }
  await last
  await host.close()
  expect(statSync(join(dir.path, 'journal.db')).size / count).toBeLessThan(1_024)
})

test('writes early what is too much to hold, and shows it to readers', async () => {
  using dir = folder()
  const host = openSqlite(dir.path)
  await host.journal.create(header(runId(1))).append({ records: [started(runId(1))] })
  const reader = openReader(dir.path)
  const line = { at: 1, level: 'info', text: 'x' } as const
  for (let i = 0; i < limits.commitLogLinesMax - 1; i++) host.logs.write(runId(1), 'p', line)
  expect(reader?.logs.read(runId(1))).toEqual([])
  host.logs.write(runId(1), 'p', line)
  expect(reader?.logs.read(runId(1))).toHaveLength(limits.commitLogLinesMax)

  const half = new Uint8Array(limits.commitPayloadBytesMax / 2 + 1)
  const first = host.store.put(half)
  expect(reader?.store.has(first)).toBe(false)
  const second = host.store.put(half.fill(1))
  expect(reader?.store.has(first)).toBe(true)
  expect(reader?.store.has(second)).toBe(true)
  reader?.close()
  await host.close()
})

test('writes log lines soon when no batch comes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
  using dir = folder()
  const host = openSqlite(dir.path)
  const log = host.journal.create(header(runId(1)))
  const done = log.append({ records: [started(runId(1))] })
  vi.advanceTimersByTime(1)
  await done
  host.logs.write(runId(1), 'p', { at: 1, level: 'debug', text: 'still at it' })
  vi.advanceTimersByTime(limits.commitLogDelayMs + 1)
  const reader = openReader(dir.path)
  expect(reader?.logs.read(runId(1))).toMatchObject([{ level: 'debug', text: 'still at it' }])
  reader?.close()
  vi.useRealTimers()
  await host.close()
})
