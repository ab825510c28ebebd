/**
 * Takes out of the databases of a data directory what nothing names any more.
 *
 * First the runs that may be forgotten, then the values that no row names, in portions that
 * each commit: whatever ends a sweep early, what is left is whole, and the next one goes on.
 * The caller holds the lease; with `isDry` nothing is changed and none is needed.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import {
  guarded,
  openDatabase,
  openDatabaseForReading,
  reading,
} from '#engine/durable/sqlite/database.ts'
import { requireCurrent } from '#engine/durable/sqlite/migrate.ts'

import { Names, noteRows, noteValues } from './names.ts'
import { forgetRuns, inPortions, runsToForget, treesOf } from './runs.ts'

type Database = ReturnType<typeof openDatabase>

export interface SweepWish {
  /** Runs that ended before are forgotten; absent keeps all. */
  readonly endedBefore?: number
  /** Somebody reads on from where the journal ended. */
  readonly isFollowed?: boolean
  /** Only these are forgotten, with what they started. Throws `RUN_NOT_REMOVABLE`. */
  readonly runs?: readonly string[]
  readonly isDry: boolean
}

export interface Swept {
  readonly runs: number
  readonly values: number
  readonly valueBytes: number
  /** Whether anything that stays names the value with these hex digits. */
  isNamed(hex: string): boolean
  hasRun(id: string): boolean
}

/** Sweeps the databases in `dir`; undefined where nothing ran yet. Throws `JOURNAL_…`. */
export function sweep(dir: string, wish: SweepWish): Swept | undefined {
  const reader = openDatabaseForReading(dir)
  if (reader === undefined) return undefined
  if (wish.isDry) return closing(reader, (db) => sweepJournal(dir, db, wish))
  reader.close()
  return closing(openDatabase(dir), (db) =>
    guarded('JOURNAL_WRITE_FAILED', 'Could not sweep the journal.', () => {
      const swept = sweepJournal(dir, db, wish)
      if (swept.runs + swept.values > 0) giveBack(db)
      return swept
    }),
  )
}

function closing<T>(db: Database, work: (db: Database) => T): T {
  try {
    return work(db)
  } finally {
    db.close()
  }
}

function sweepJournal(dir: string, db: Database, wish: SweepWish): Swept {
  requireCurrent(db)
  const { isDry } = wish
  const gone = goneIn(db, wish)
  const ids = reading(() => db.prepare('SELECT n, id FROM run').all())
    .filter(({ n }) => !gone.has(Number(n)))
    .map(({ id }) => String(id))
  if (!isDry && gone.size > 0) forgetRuns(db, gone)
  const names = new Names()
  noteRows(names, db, isDry ? gone : undefined)
  for (const name of besides) noteBeside(names, dir, name)
  noteValues(names, db)
  const unnamed = unnamedValues(db, names)
  if (!isDry) {
    const remove = db.prepare('DELETE FROM payload WHERE id = ?')
    inPortions(db, unnamed, ({ id }) => remove.run(id))
  }
  const kept = new Set(ids)
  return {
    runs: gone.size,
    values: unnamed.length,
    valueBytes: unnamed.reduce((sum, { bytes }) => sum + bytes, 0),
    isNamed: (hex) => names.has(hex),
    hasRun: (id) => kept.has(id),
  }
}

function goneIn(
  db: Database,
  { endedBefore, runs, isFollowed = false }: SweepWish,
): ReadonlySet<number> {
  if (runs === undefined)
    return endedBefore === undefined
      ? new Set<number>()
      : runsToForget(db, endedBefore, { keepsNewest: isFollowed })
  const found = treesOf(db, runs, { endedBefore: endedBefore ?? Infinity, keepsNewest: isFollowed })
  if (!('kind' in found)) return found
  const { kind, run } = found
  const data = { run }
  switch (kind) {
    case 'unknown':
      throw new IonError('RUN_NOT_FOUND', `There is no run "${run}" here.`, { data })
    case 'part':
      throw new IonError('RUN_NOT_REMOVABLE', `The run is part of run "${run}": remove that one.`, {
        data,
      })
    case 'open': {
      const message = `Run "${run}" has not ended: cancel it first, or wait for its end.`
      throw new IonError('RUN_NOT_REMOVABLE', message, { data })
    }
    case 'young': {
      const message = `Run "${run}" is among the latest, and a watcher works here: it may ask for its start again.`
      throw new IonError('RUN_NOT_REMOVABLE', message, { data })
    }
  }
}

/** Databases beside the journal that may name what is in it. */
const besides = ['mirrors.db', 'watch.db']

function noteBeside(names: Names, dir: string, name: string): void {
  const db = openDatabaseForReading(dir, name)
  if (db !== undefined) closing(db, () => noteRows(names, db))
}

interface Unnamed {
  readonly id: number
  readonly bytes: number
}

function unnamedValues(db: Database, names: Names): readonly Unnamed[] {
  const found: Unnamed[] = []
  const rows = db.prepare('SELECT id, hex(digest) AS hex, length(bytes) AS bytes FROM payload')
  reading(() => {
    for (const { id, hex, bytes } of rows.iterate()) {
      if (!names.has(String(hex).toLowerCase()))
        found.push({ id: Number(id), bytes: Number(bytes) })
    }
  })
  return found
}

/** Pages that are free are used again; where they are many, the disk gets them back. */
function giveBack(db: Database): void {
  const count = (pragma: string): number =>
    Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0)
  const free = count('freelist_count')
  if (free < limits.sweepFreePagesMin || free * 4 < count('page_count')) return
  try {
    db.exec('VACUUM')
  } catch {
    // Somebody reads, or the disk has no room for the copy: the pages stay and are used again.
  }
}
