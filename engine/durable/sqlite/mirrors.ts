/**
 * What is remembered about mirrors, in `mirrors.db` of the data directory.
 *
 * Several processes may have it open. Every change is one transaction that begins by
 * taking the right to write, and it is on the disk when the call returns.
 */
import type { DatabaseSync } from 'node:sqlite'

import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import { sql as first } from '#engine/durable/sql/mirrors-0001.ts'
import { digestOfPayload, payloadMissing } from '#engine/durable/content.ts'
import { nameTaken } from '#engine/durable/mirror-name.ts'
import {
  type Fact,
  type Facts,
  type Hold,
  type Incident,
  type Mirror,
  noFacts,
  type RefSeen,
  type Stage,
} from '#engine/mirror/sync/mirror.ts'
import type {
  IncidentQuery,
  MirrorChange,
  MirrorContent,
  MirrorStore,
} from '#engine/mirror/sync/store.ts'

import { guarded, openDatabase, reading } from './database.ts'
import { migrate } from './migrate.ts'

/** Every shape that was released, oldest first. */
const shapes: readonly string[] = [first]

/** Opens `mirrors.db` in `dir`, made or brought up to date as needed. */
export function openMirrors(dir: string): MirrorStore {
  const db = openDatabase(dir, 'mirrors.db')
  try {
    writing(() => migrate(db, shapes))
    return storeOn(db)
  } catch (error) {
    db.close()
    throw error
  }
}

function storeOn(db: DatabaseSync): MirrorStore {
  const one = db.prepare('SELECT * FROM mirror WHERE name = ? OR id = ?')
  const all = db.prepare('SELECT * FROM mirror ORDER BY name')
  const facts = db.prepare('SELECT stage, fact FROM mirror_fact WHERE mirror = ?')
  const polling = db.prepare('SELECT * FROM mirror_polling WHERE mirror = ?')
  const refs = db.prepare('SELECT * FROM mirror_ref WHERE mirror = ? ORDER BY ref, first_seen')
  const due = db.prepare(
    'SELECT mirror FROM mirror_polling WHERE next_at <= ? ORDER BY next_at, mirror LIMIT ?',
  )
  const soonest = db.prepare('SELECT min(next_at) AS at FROM mirror_polling')
  const write = changeWriter(db)
  return {
    list: () => reading(() => all.all()).map(mirrorFrom),
    find(name) {
      const row = reading(() => one.get(name, name))
      return row === undefined ? undefined : mirrorFrom(row)
    },
    add: (mirror) => addMirror(db, mirror),
    remove: (id) => removeMirror(db, id),
    facts: (id) => factsFrom(reading(() => facts.all(id))),
    polling(id) {
      const row = reading(() => polling.get(id))
      if (row === undefined) return undefined
      return {
        nextAt: Number(row['next_at']),
        failures: Number(row['failures']),
        ...instant('checkedAt', row['checked_at']),
        ...text('answer', row['answer'] as Digest | null),
      }
    },
    refs: (id) => reading(() => refs.all(id)).map(refFrom),
    incidents: (query) => listIncidents(db, query),
    due: (now, limit) => reading(() => due.all(now, limit)).map((row) => String(row['mirror'])),
    nextDue() {
      const at = reading(() => soonest.get())?.['at']
      return typeof at === 'number' ? at : undefined
    },
    apply: (id, change) => transaction(db, () => write(id, change)),
    content: contentOn(db),
    close() {
      if (db.isOpen) db.close()
    },
  }
}

function addMirror(db: DatabaseSync, mirror: Mirror): void {
  const { id, name, url, branch, paths, maxCaps, tokenSecret, addedAt, hold } = mirror
  transaction(db, () => {
    if (db.prepare('SELECT 1 FROM mirror WHERE name = ?').get(name) !== undefined)
      throw nameTaken(name)
    db.prepare('INSERT INTO mirror VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      id,
      name,
      url,
      branch ?? null,
      JSON.stringify(paths),
      maxCaps === undefined ? null : JSON.stringify(maxCaps),
      tokenSecret ?? null,
      addedAt,
      hold === undefined ? null : JSON.stringify(hold),
    )
    db.prepare('INSERT INTO mirror_polling VALUES (?, 0, NULL, 0, NULL)').run(id)
  })
}

function removeMirror(db: DatabaseSync, id: string): boolean {
  return transaction(db, () => {
    for (const table of ['mirror_fact', 'mirror_polling', 'mirror_ref', 'mirror_incident'])
      db.prepare(`DELETE FROM ${table} WHERE mirror = ?`).run(id)
    return db.prepare('DELETE FROM mirror WHERE id = ?').run(id).changes > 0
  })
}

/** What makes one change; false when the mirror is gone. */
function changeWriter(db: DatabaseSync): (id: string, change: MirrorChange) => boolean {
  const exists = db.prepare('SELECT 1 FROM mirror WHERE id = ?')
  const fact = db.prepare('INSERT OR REPLACE INTO mirror_fact VALUES (?, ?, ?)')
  const hold = db.prepare('UPDATE mirror SET hold = ? WHERE id = ? AND hold IS NULL')
  const release = db.prepare('UPDATE mirror SET hold = NULL WHERE id = ?')
  const bind = db.prepare('UPDATE mirror SET branch = ? WHERE id = ? AND branch IS NULL')
  const poll = db.prepare('INSERT OR REPLACE INTO mirror_polling VALUES (?, ?, ?, ?, ?)')
  const resolve = db.prepare(
    'UPDATE mirror_incident SET resolved_at = ? WHERE mirror = ? AND kind = ? AND resolved_at IS NULL',
  )
  const writeRefs = refWriter(db)
  const writeIncidents = incidentWriter(db)
  return (id, change) => {
    if (exists.get(id) === undefined) return false
    for (const [stage, value] of Object.entries(change.facts ?? {}))
      fact.run(id, stage, JSON.stringify(value))
    writeRefs(id, change.refs ?? [])
    for (const kind of change.resolve?.kinds ?? []) resolve.run(change.resolve?.at ?? 0, id, kind)
    writeIncidents(id, change.incidents ?? [])
    if (change.hold === null) release.run(id)
    else if (change.hold !== undefined) hold.run(JSON.stringify(change.hold), id)
    if (change.branch !== undefined) bind.run(change.branch, id)
    if (change.polling !== undefined) {
      const { nextAt, checkedAt, failures, answer } = change.polling
      poll.run(id, nextAt, checkedAt ?? null, failures, answer ?? null)
    }
    return true
  }
}

function refWriter(db: DatabaseSync): (id: string, rows: readonly RefSeen[]) => void {
  const put = db.prepare(
    `INSERT INTO mirror_ref VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET gone_at = excluded.gone_at`,
  )
  const trim = db.prepare(
    `DELETE FROM mirror_ref WHERE mirror = ? AND ref = ? AND gone_at IS NOT NULL AND first_seen <
      (SELECT first_seen FROM mirror_ref WHERE mirror = ? AND ref = ?
       ORDER BY first_seen DESC LIMIT 1 OFFSET ${limits.mirrorBranchRowsMax})`,
  )
  return (id, rows) => {
    for (const { ref, oid, commit, firstSeen, goneAt } of rows) {
      put.run(id, ref, oid, commit, firstSeen, goneAt ?? null)
      // What a tag was first is kept for ever; where a branch was long ago is not.
      if (ref.startsWith('refs/heads/')) trim.run(id, ref, id, ref)
    }
  }
}

type NewIncidents = NonNullable<MirrorChange['incidents']>

function incidentWriter(db: DatabaseSync): (id: string, incidents: NewIncidents) => void {
  const open = db.prepare(
    `SELECT 1 FROM mirror_incident
     WHERE mirror = ? AND kind = ? AND ref IS ? AND after IS ? AND resolved_at IS NULL`,
  )
  const put = db.prepare('INSERT INTO mirror_incident VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, NULL)')
  return (id, incidents) => {
    for (const { kind, at, message, ref = null, before = null, after = null } of incidents) {
      if (open.get(id, kind, ref, after) !== undefined) continue
      put.run(id, kind, at, message, ref, before, after)
    }
  }
}

function listIncidents(db: DatabaseSync, query: IncidentQuery): readonly Incident[] {
  const { mirror = null, isOpen, limit } = query
  const open = isOpen === undefined ? null : isOpen ? 1 : 0
  const rows = reading(() =>
    db
      .prepare(
        `SELECT * FROM mirror_incident
         WHERE (?1 IS NULL OR mirror = ?1) AND (?2 IS NULL OR (resolved_at IS NULL) = ?2)
         ORDER BY id DESC LIMIT ?3`,
      )
      .all(mirror, open, limit),
  )
  return rows.map((row) => ({
    id: Number(row['id']),
    mirror: String(row['mirror']),
    kind: String(row['kind']) as Incident['kind'],
    at: Number(row['at']),
    message: String(row['message']),
    ...text('ref', row['ref']),
    ...text('before', row['before']),
    ...text('after', row['after']),
    ...instant('resolvedAt', row['resolved_at']),
  }))
}

function contentOn(db: DatabaseSync): MirrorContent {
  const insert = db.prepare('INSERT OR IGNORE INTO mirror_content (digest, bytes) VALUES (?, ?)')
  const select = db.prepare('SELECT bytes FROM mirror_content WHERE digest = ?')
  const exists = db.prepare('SELECT 1 FROM mirror_content WHERE digest = ?')
  const has = (digest: Digest): boolean => reading(() => exists.get(keyOf(digest))) !== undefined
  return {
    putAll: (all) => {
      const fresh = all.map((bytes) => ({ bytes, digest: digestOfPayload(bytes) }))
      const missing = fresh.filter(({ digest }) => !has(digest))
      if (missing.length > 0)
        transaction(db, () => {
          for (const { digest, bytes } of missing) insert.run(keyOf(digest), bytes)
        })
      return fresh.map(({ digest }) => digest)
    },
    get(digest) {
      const bytes = reading(() => select.get(keyOf(digest)))?.['bytes']
      if (!(bytes instanceof Uint8Array)) throw payloadMissing(digest, 'it is not in the store')
      if (digestOfPayload(bytes) !== digest) throw payloadMissing(digest, 'its bytes were changed')
      return bytes
    },
    has,
  }
}

function keyOf(digest: Digest): Buffer {
  return Buffer.from(digest.slice('sha256:'.length), 'hex')
}

type Row = Readonly<Record<string, unknown>>

function mirrorFrom(row: Row): Mirror {
  const caps = row['caps']
  const hold = row['hold']
  return {
    id: String(row['id']),
    name: String(row['name']),
    url: String(row['url']),
    paths: JSON.parse(String(row['paths'])) as readonly string[],
    addedAt: Number(row['added_at']),
    ...text('branch', row['branch']),
    ...text('tokenSecret', row['secret']),
    ...(typeof caps === 'string' ? { maxCaps: JSON.parse(caps) as readonly string[] } : {}),
    ...(typeof hold === 'string' ? { hold: JSON.parse(hold) as Hold } : {}),
  }
}

function factsFrom(rows: readonly Row[]): Facts {
  const known = rows.map((row) => [row['stage'] as Stage, JSON.parse(String(row['fact'])) as Fact])
  return { ...noFacts, ...(Object.fromEntries(known) as Partial<Facts>) }
}

function refFrom(row: Row): RefSeen {
  return {
    ref: String(row['ref']),
    oid: String(row['oid']),
    commit: String(row['commit']),
    firstSeen: Number(row['first_seen']),
    ...instant('goneAt', row['gone_at']),
  }
}

/** The column under `key`, left out where it is null. */
function text<K extends string, T>(key: K, value: T): { readonly [P in K]?: T & string } {
  return (typeof value === 'string' ? { [key]: value } : {}) as { [P in K]?: T & string }
}

function instant<K extends string>(key: K, value: unknown): { readonly [P in K]?: number } {
  return (typeof value === 'number' ? { [key]: value } : {}) as { [P in K]?: number }
}

function transaction<T>(db: DatabaseSync, work: () => T): T {
  return writing(() => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  })
}

function writing<T>(work: () => T): T {
  return guarded('JOURNAL_WRITE_FAILED', 'Could not write what is known of mirrors.', work)
}
