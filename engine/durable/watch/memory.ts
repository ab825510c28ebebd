/**
 * What a watcher remembers, in `watch.db` of the data directory.
 *
 * Several processes may have it open: somebody approves a plan while the watcher runs.
 */
import type { Digest } from '#engine/core/digest.ts'
import { sql as first } from '#engine/durable/sql/watch-0001.ts'
import type { Activation, WatchMemory } from '#engine/mirror/activate/memory.ts'

import { guarded, openDatabase, reading } from '#engine/durable/sqlite/database.ts'
import { migrate } from '#engine/durable/sqlite/migrate.ts'

type DatabaseSync = ReturnType<typeof openDatabase>

/** Every shape that was released, oldest first. */
const shapes: readonly string[] = [first]

/** Opens `watch.db` in `dir`, made or brought up to date as needed. */
export function openWatchMemory(dir: string): WatchMemory {
  const db = openDatabase(dir, 'watch.db')
  try {
    writing(() => migrate(db, shapes))
    return { ...activationsOn(db), ...approvalsOn(db), ...notesOn(db), close: () => closed(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

function closed(db: DatabaseSync): void {
  if (db.isOpen) db.close()
}

type Activations = Pick<WatchMemory, 'active' | 'activations' | 'activate' | 'begunAt' | 'latest'>

function activationsOn(db: DatabaseSync): Activations {
  const some = db.prepare('SELECT n, body FROM activation WHERE mirror = ? ORDER BY n DESC LIMIT ?')
  const insert = db.prepare(
    `INSERT INTO activation (mirror, body) SELECT ?1, ?2
       WHERE (SELECT coalesce(max(n), 0) FROM activation WHERE mirror = ?1) = ?3`,
  )
  const begun = db.prepare('SELECT body FROM activation WHERE mirror = ? ORDER BY n LIMIT 1')
  const last = db.prepare('SELECT max(n) AS n FROM activation')
  const activations: WatchMemory['activations'] = (mirror, limit) =>
    reading(() => some.all(mirror, limit)).map((row): Activation => ({
      ...(JSON.parse(String(row['body'])) as Omit<Activation, 'n'>),
      n: Number(row['n']),
    }))
  return {
    active: (mirror) => activations(mirror, 1)[0],
    activations,
    begunAt(mirror) {
      const body = reading(() => begun.get(mirror))?.['body']
      return typeof body === 'string' ? (JSON.parse(body) as Activation).at : undefined
    },
    activate(activation, over) {
      const body = JSON.stringify(activation)
      const { changes, lastInsertRowid } = writing(() => insert.run(activation.mirror, body, over))
      return changes === 0 ? undefined : { ...activation, n: Number(lastInsertRowid) }
    },
    latest: () => Number(reading(() => last.get())?.['n'] ?? 0),
  }
}

function approvalsOn(db: DatabaseSync): Pick<WatchMemory, 'approve' | 'approvals'> {
  const insert = db.prepare('INSERT OR IGNORE INTO approval VALUES (?, ?, ?)')
  const select = db.prepare('SELECT name, at FROM approval WHERE plan = ? ORDER BY at, name')
  return {
    approve: ({ planDigest, name, at }) => void writing(() => insert.run(planDigest, name, at)),
    approvals: (planDigest: Digest) =>
      reading(() => select.all(planDigest)).map((row) => ({
        planDigest,
        name: String(row['name']),
        at: Number(row['at']),
      })),
  }
}

type Notes = Pick<WatchMemory, 'note' | 'setNote' | 'isMarked' | 'mark' | 'firstAt' | 'forget'>

function notesOn(db: DatabaseSync): Notes {
  const select = db.prepare('SELECT value FROM note WHERE key = ?')
  const upsert = db.prepare('INSERT OR REPLACE INTO note VALUES (?, ?)')
  const marked = db.prepare('SELECT at FROM mark WHERE key = ?')
  const forget = db.prepare(
    'DELETE FROM mark WHERE key >= ?1 AND key < ?1 || char(0x10ffff) AND at < ?2',
  )
  const mark = db.prepare('INSERT OR IGNORE INTO mark VALUES (?, ?)')
  return {
    note(key) {
      const value = reading(() => select.get(key))?.['value']
      return typeof value === 'string' ? value : undefined
    },
    setNote: (key, value) => void writing(() => upsert.run(key, value)),
    isMarked: (key) => reading(() => marked.get(key)) !== undefined,
    mark: (key, at) => void writing(() => mark.run(key, at)),
    firstAt(key, at) {
      writing(() => mark.run(key, at))
      return Number(reading(() => marked.get(key))?.['at'] ?? at)
    },
    forget: (prefix, at) => void writing(() => forget.run(prefix, at)),
  }
}

function writing<T>(work: () => T): T {
  return guarded('JOURNAL_WRITE_FAILED', 'Could not write what the watcher remembers.', work)
}
