/**
 * Says whether a file of a data directory is whole, and changes nothing of it.
 *
 * It looks at how the file hangs together, table by table, for a bounded time. Whether the
 * records say what they said when they were written is told by their chain (`sqlite/reads.ts`).
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'

import { limits } from '#engine/core/limits.ts'

import { guarded, openDatabaseForReading } from '#engine/durable/sqlite/database.ts'
import { requireCurrent } from '#engine/durable/sqlite/migrate.ts'

/** SQLite's own number for a damaged file. */
const corrupt = 11

export interface FileHealth {
  readonly bytes: number
  /** False where there was no time to look at all of it. */
  readonly isWhole: boolean
}

/**
 * Looks through the file; `undefined` where there is none. Throws `JOURNAL_READ_FAILED` for
 * one that is damaged, `JOURNAL_VERSION_UNKNOWN` for a journal of another release, and
 * `JOURNAL_BUSY`.
 */
export function lookThrough(dir: string, name = 'journal.db'): FileHealth | undefined {
  const message = `Could not look through "${join(dir, name)}".`
  return guarded('JOURNAL_READ_FAILED', message, () => {
    const db = openDatabaseForReading(dir, name)
    if (db === undefined) return undefined
    try {
      const isWhole = lookAtTables(db)
      if (name === 'journal.db') requireCurrent(db)
      return { bytes: statSync(join(dir, name)).size, isWhole }
    } finally {
      db.close()
    }
  })
}

/** False when the time was over before the tables were. */
function lookAtTables(db: NonNullable<ReturnType<typeof openDatabaseForReading>>): boolean {
  const until = performance.now() + limits.doctorLookMsMax
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
  const { bytes } = db
    .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
    .get() as { readonly bytes: number }
  const rows = tables.all() as unknown as readonly { readonly name: string }[]
  if (bytes > limits.doctorLookBytesMax) return false
  for (const { name } of rows) {
    if (performance.now() > until) return false
    const quoted = name.replaceAll("'", "''")
    const [first] = db.prepare(`PRAGMA quick_check('${quoted}')`).all() as readonly {
      readonly quick_check?: string
    }[]
    const said = first?.quick_check ?? 'ok'
    if (said !== 'ok') throw damaged(`${name}: ${said}`)
  }
  return true
}

/** As SQLite says it where a read meets the damage. */
function damaged(reason: string): Error {
  const message = reason.replaceAll(/\s+/g, ' ').slice(0, 200)
  return Object.assign(new Error(message), { errcode: corrupt, errstr: message })
}
