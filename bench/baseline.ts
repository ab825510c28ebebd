/**
 * What the machine can do without an engine: the ceiling that every figure is read against.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Synced appends of 128 bytes a second. */
export function fdatasyncRate(rounds: number): number {
  return inFolder((dir) => {
    const file = openSync(join(dir, 'log'), 'a')
    const line = Buffer.alloc(128, 'x')
    const start = performance.now()
    for (let i = 0; i < rounds; i++) {
      writeSync(file, line)
      fdatasyncSync(file)
    }
    const ms = performance.now() - start
    closeSync(file)
    return Math.round((rounds / ms) * 1000)
  })
}

/** Rows a second into SQLite (WAL, synchronous=FULL), one row a commit. */
export function sqliteRate(rows: number): number {
  return inFolder((dir) => {
    const db = new DatabaseSync(join(dir, 'raw.db'))
    db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;
      PRAGMA cache_size=-16000;
      CREATE TABLE journal(run TEXT NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
        val TEXT, PRIMARY KEY(run, seq)) WITHOUT ROWID;`)
    const insert = db.prepare('INSERT INTO journal VALUES (?, ?, 0, ?)')
    const start = performance.now()
    for (let i = 0; i < rows; i++)
      insert.run(`run-${Math.floor(i / 10)}`, i % 10, JSON.stringify(i))
    const ms = performance.now() - start
    db.close()
    return Math.round((rows / ms) * 1000)
  })
}

/**
 * Steps a second of W2 without an engine: runs of ten steps, fifty at once, one row a step,
 * all rows of a turn of the event loop in one synced commit. The least that any durable
 * engine on SQLite must do.
 */
export async function groupedStepRate(runs: number, concurrency: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-raw-'))
  const db = new DatabaseSync(join(dir, 'raw.db'))
  db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;
    PRAGMA cache_size=-16000;
    CREATE TABLE journal(run TEXT NOT NULL, seq INTEGER NOT NULL, val TEXT, PRIMARY KEY(run, seq))
      WITHOUT ROWID;`)
  const insert = db.prepare('INSERT INTO journal VALUES (?, ?, ?)')
  let queue: { readonly row: readonly [string, number, string]; readonly done: () => void }[] = []
  const flush = (): void => {
    const group = queue
    queue = []
    db.exec('BEGIN IMMEDIATE')
    for (const { row } of group) insert.run(...row)
    db.exec('COMMIT')
    for (const { done } of group) done()
  }
  const write = (...row: [string, number, string]): Promise<void> =>
    new Promise((done) => {
      queue.push({ row, done })
      if (queue.length === 1) setImmediate(flush)
    })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < runs) {
      const run = `run-${next++}`
      await write(run, 0, 'started')
      for (let step = 1; step <= 10; step++) await write(run, step, JSON.stringify(step))
      await write(run, 11, 'done')
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: concurrency }, lane))
  const ms = performance.now() - start
  db.close()
  rmSync(dir, { recursive: true, force: true })
  return Math.round(((runs * 10) / ms) * 1000)
}

function inFolder<T>(work: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-raw-'))
  try {
    return work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
