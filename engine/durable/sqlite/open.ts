/**
 * Opens the durable half of a data directory: one writer, or a reader beside it.
 *
 * Whoever opens for writing holds the lease of the directory (`host/lease.ts`); this
 * file does not check it, so that tests and tools can open a copy.
 */
import type { DatabaseSync } from 'node:sqlite'

import type { Code } from '#engine/core/codes.ts'
import type { Durable, DurableReader } from '#engine/durable/durable.ts'
import { takenOver } from '#engine/durable/content.ts'
import { committedStates, StateBook, type StateWrite } from '#engine/durable/states.ts'

import { sqliteCache } from './cache.ts'
import { type Companion, GroupCommit, together } from './commit.ts'
import { guarded, openDatabase, openDatabaseForReading } from './database.ts'
import { type Entry, entryWriter, sqliteJournal } from './journal.ts'
import { logReader, sqliteLogs } from './logs.ts'
import { migrate, requireCurrent } from './migrate.ts'
import { sqliteReader } from './reads.ts'
import { stateRows, stateWriter } from './states.ts'
import { sqliteStore, storeReader } from './store.ts'
import { type MailEntry, waitWriter } from './waits.ts'

/**
 * Opens `journal.db` in `dir` for writing, made or brought up to date as needed.
 *
 * Throws `JOURNAL_WRITE_FAILED` when it cannot be opened, `JOURNAL_VERSION_UNKNOWN` when
 * a newer release wrote it.
 */
export function openSqlite(dir: string): Durable {
  const db = openDatabase(dir)
  return orClose(db, 'JOURNAL_WRITE_FAILED', () => {
    migrate(db)
    const { store, companion: payloads } = sqliteStore(db, () => commit.flush())
    const { logs, companion: lines, close: closeLogs } = sqliteLogs(db, () => commit)
    const { cache, companion: kept } = sqliteCache(db, () => commit)
    const writeBatch = entryWriter(db)
    const writeStates = stateWriter(db)
    const writeMail = waitWriter(db).entry
    const commit: GroupCommit<Entry | StatesEntry | MailEntry> = new GroupCommit(db, {
      before: together(takeSeat(db), payloads),
      write: (entry) => {
        if ('batch' in entry) writeBatch(entry)
        else if ('states' in entry) writeStates(entry.states)
        else writeMail(entry)
      },
      after: together(lines, kept),
    })
    const states = new StateBook(stateRows(db), (writes) => commit.append({ states: writes }, 1))
    const reader = sqliteReader(db)
    const close = async (): Promise<void> => {
      if (!db.isOpen) return
      const before = commit.failure
      commit.end()
      closeLogs()
      db.close()
      const failure = commit.failure
      if (before === undefined && failure !== undefined) throw failure
    }
    const journal = sqliteJournal(db, reader, { commit, states, close })
    return { journal, store, states, logs, cache, verify: reader.verify, close }
  })
}

/** Changes of state that no batch carries. */
interface StatesEntry {
  readonly states: readonly StateWrite[]
}

/** Opens what is committed in `dir`, beside a living writer or after it. `undefined` without a journal. */
export function openReader(dir: string): DurableReader | undefined {
  const db = openDatabaseForReading(dir)
  if (db === undefined) return undefined
  return orClose(db, 'JOURNAL_READ_FAILED', () => {
    requireCurrent(db)
    const { journal, verify } = sqliteReader(db)
    const close = (): void => {
      if (db.isOpen) db.close()
    }
    const states = committedStates(stateRows(db))
    return { journal, store: storeReader(db), states, logs: logReader(db), verify, close }
  })
}

/**
 * Takes the seat of the writer: whoever opens the file has it, and who had it before commits
 * nothing any more. What is given looks at it in every transaction.
 *
 * The lease (`host/lease.ts`) keeps a second process away. Should the lock of the operating
 * system fail (a file system without locks, a lease that somebody deleted, a machine that wakes
 * up beside its copy), a process that was passed over is still refused.
 */
function takeSeat(db: DatabaseSync): Companion {
  const ask = db.prepare('SELECT n FROM writer')
  // Whoever is to be kept out lives on this machine: it has to see it, no disk has to.
  db.exec('PRAGMA synchronous = OFF; UPDATE writer SET n = n + 1; PRAGMA synchronous = FULL')
  const mine = Number(ask.get()?.['n'])
  return {
    isWaiting: () => false,
    write() {
      if (Number(ask.get()?.['n']) !== mine) throw takenOver()
    },
    committed: () => undefined,
  }
}

/** Sets a connection up, or closes it and says why not. */
function orClose<T>(db: DatabaseSync, code: Code, work: () => T): T {
  try {
    return guarded(code, 'Could not set up the journal.', work)
  } catch (error) {
    db.close()
    throw error
  }
}
