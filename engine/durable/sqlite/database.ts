/**
 * Opens the SQLite files and speaks for their failures.
 *
 * Every commit is on the disk when it returns (WAL, `synchronous=FULL`); nothing is
 * mapped into memory, so that an I/O error is an error and never a signal. What the
 * tables mean belongs to the files beside this one.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

const pragmas = `
  PRAGMA busy_timeout = ${limits.journalBusyMsMax};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = ${limits.journalWalPagesMax};
  PRAGMA journal_size_limit = ${limits.journalWalBytesKept};
  PRAGMA cache_size = -${limits.journalCacheKibMax};
  PRAGMA foreign_keys = OFF;
  PRAGMA mmap_size = 0;
  PRAGMA trusted_schema = OFF;
`

/** Where the journal of a data directory lies. */
export function journalPath(dir: string): string {
  return join(dir, 'journal.db')
}

/** Opens the file for its one writer; makes directory and file, readable by nobody else. */
export function openDatabase(dir: string, name = 'journal.db'): DatabaseSync {
  return guarded('JOURNAL_WRITE_FAILED', `Could not open "${name}" in "${dir}".`, () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const path = join(dir, name)
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    else chmodSync(path, 0o600)
    const db = new DatabaseSync(path)
    return setUp(db, pragmas)
  })
}

/** Opens the file beside its writer, unable to change it. `undefined` when there is none yet. */
export function openDatabaseForReading(dir: string, name = 'journal.db'): DatabaseSync | undefined {
  const path = join(dir, name)
  if (!existsSync(path)) return undefined
  return guarded('JOURNAL_READ_FAILED', `Could not open the journal in "${dir}".`, () =>
    setUp(
      new DatabaseSync(path, { readOnly: true }),
      `PRAGMA busy_timeout = ${limits.journalBusyMsMax};
       PRAGMA cache_size = -${limits.journalCacheKibMax};
       PRAGMA mmap_size = 0;
       PRAGMA trusted_schema = OFF;`,
    ),
  )
}

function setUp(db: DatabaseSync, sql: string): DatabaseSync {
  try {
    db.exec(sql)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Runs `work`; what SQLite or the file system throws becomes an `IonError` with `code`, or
 * with `JOURNAL_BUSY` when another process kept the file for too long.
 */
export function guarded<T>(code: Code, message: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const isBusy = sqliteCode(error) === 'SQLITE_BUSY'
    throw asIonError(isBusy ? 'JOURNAL_BUSY' : code, message, error)
  }
}

/** Runs a query; a file that cannot be read is `JOURNAL_READ_FAILED`. */
export function reading<T>(work: () => T): T {
  return guarded('JOURNAL_READ_FAILED', 'Could not read the journal.', work)
}

/** What SQLite threw, as ours; its own code is in `data.sqlite`, what to do in the message. */
export function asIonError(code: Code, message: string, thrown: unknown): IonError {
  if (thrown instanceof IonError) return thrown
  const sqlite = sqliteCode(thrown)
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const help = advice[sqlite] ?? `The system says: ${reason}.`
  return new IonError(code, `${message} ${help}`, { data: { sqlite, reason }, cause: thrown })
}

const names: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
}

const advice: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'The disk is full: make room, then `ionflux resume` carries on what was under way.',
  ENOSPC: 'The disk is full: make room, then `ionflux resume` carries on what was under way.',
  SQLITE_IOERR:
    'The disk reports an error or is full: look at it, then `ionflux resume` carries on.',
  SQLITE_READONLY:
    'The file may not be written: check its permissions, or name another --data-dir.',
  SQLITE_CANTOPEN: 'The file cannot be opened: check the permissions, or name another --data-dir.',
  EACCES: 'Permission was denied: check the permissions, or name another --data-dir.',
  EROFS: 'The file system is read-only: name another --data-dir.',
  SQLITE_BUSY: 'Another process holds the file: wait for it to end, or name another --data-dir.',
  SQLITE_CORRUPT: 'The file is damaged: restore it from a copy.',
  SQLITE_NOTADB: 'The file is not a journal: restore it from a copy, or name another --data-dir.',
}

/** The name of the primary result code, or the `code` of any other error. */
export function sqliteCode(thrown: unknown): string {
  const { errcode, code } = thrown as { errcode?: unknown; code?: unknown }
  if (typeof errcode === 'number') return names[errcode & 0xff] ?? `SQLITE_${errcode & 0xff}`
  return typeof code === 'string' ? code : 'UNKNOWN'
}
