/**
 * Who waits for what, and events on their way, in SQLite.
 *
 * Written inside the transaction of the batch that carries the records. Statements are made
 * with their first use: most runs wait for nobody.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { RunId } from '#engine/core/id.ts'
import type { FindWaiting, Outgoing, WaitChange, Waiting } from '#engine/runtime/waits/port.ts'

import { reading } from './database.ts'

/** Changes that no batch of a run carries. */
export type MailEntry = { readonly publish: Outgoing } | { readonly delivered: string }

export interface WaitWriter {
  /** Inside a transaction. */
  change(n: number, change: WaitChange): void
  send(event: Outgoing): void
  entry(entry: MailEntry): void
}

export function waitWriter(db: DatabaseSync): WaitWriter {
  const sql = prepared(db)
  const send = (event: Outgoing): void => {
    sql('INSERT OR IGNORE INTO outbox (id, event) VALUES (?, ?)').run(
      event.id,
      JSON.stringify(event),
    )
  }
  return {
    change(n, { path, wait }) {
      if (wait === undefined) {
        sql('DELETE FROM wait WHERE run = ? AND path = ?').run(n, path)
        return
      }
      const isEvent = wait.kind === 'event'
      const { topic = '', key = '' } = isEvent ? wait : {}
      const wanted = isEvent ? JSON.stringify(wait.wanted) : null
      sql(
        `INSERT INTO wait (run, path, kind, topic, key, wanted) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET kind = excluded.kind, topic = excluded.topic,
           key = excluded.key, wanted = excluded.wanted`,
      ).run(n, path, isEvent ? 0 : 1, topic, key, wanted)
    },
    send,
    entry: (entry) => {
      if ('publish' in entry) send(entry.publish)
      else sql('DELETE FROM outbox WHERE id = ?').run(entry.delivered)
    },
  }
}

export interface WaitReader {
  waiting(query: FindWaiting): readonly Waiting[]
  outbox(limit: number): readonly Outgoing[]
}

export function waitReader(db: DatabaseSync): WaitReader {
  const sql = prepared(db)
  return {
    waiting: (query) =>
      reading(() => {
        const { limit, after } = query
        const isEvent = query.kind === 'event'
        const routed = isEvent
          ? 'AND topic IN (SELECT value FROM json_each(?)) AND key IN (SELECT value FROM json_each(?))'
          : ''
        const keys = isEvent ? [JSON.stringify(query.topics), JSON.stringify(query.keys)] : []
        const later =
          after === undefined
            ? ''
            : 'AND (wait.run, wait.path) > ((SELECT n FROM run WHERE id = ?), ?)'
        const place = after === undefined ? [] : [after.run, after.path]
        return sql(
          `SELECT run.id, wait.path, wait.wanted FROM wait JOIN run ON run.n = wait.run
           WHERE kind = ? ${routed} ${later} ORDER BY wait.run, wait.path LIMIT ?`,
        )
          .all(isEvent ? 0 : 1, ...keys, ...place, limit)
          .map(waitingOf)
      }),
    outbox: (limit) =>
      reading(() =>
        sql('SELECT event FROM outbox ORDER BY n LIMIT ?')
          .all(limit)
          .map(({ event }) => JSON.parse(String(event)) as Outgoing),
      ),
  }
}

function waitingOf(row: Record<string, unknown>): Waiting {
  const { id, path, wanted } = row as { id: RunId; path: string; wanted: string | null }
  return wanted === null ? { run: id, path } : { run: id, path, wanted: JSON.parse(wanted) }
}

/** Statements by their text. */
function prepared(db: DatabaseSync): (text: string) => StatementSync {
  const known = new Map<string, StatementSync>()
  return (text) => {
    const found = known.get(text) ?? db.prepare(text)
    known.set(text, found)
    return found
  }
}
