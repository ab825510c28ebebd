/**
 * Who waits for what, and events on their way, in SQLite.
 *
 * Written inside the transaction of the batch that carries the records. Statements are made
 * with their first use: most runs wait for nobody.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type {
  FindWaiting,
  Outgoing,
  Wait,
  WaitChange,
  Waiting,
} from '#engine/runtime/waits/port.ts'

import { reading } from './database.ts'

/** Changes that no batch of a run carries. */
export type MailEntry = { readonly publish: Outgoing } | { readonly delivered: string }

export interface WaitWriter {
  /** Inside a transaction. */
  change(n: number, change: WaitChange): void
  /** `run` is the number of the run that says it; absent for an event of somebody else. */
  send(event: Outgoing, run?: number): void
  entry(entry: MailEntry): void
}

export function waitWriter(db: DatabaseSync): WaitWriter {
  const sql = prepared(db)
  const send = (event: Outgoing, run?: number): void => {
    const text = JSON.stringify(event)
    sql('INSERT OR IGNORE INTO outbox (id, event) VALUES (?, ?)').run(event.id, text)
    const { changes, lastInsertRowid } = sql(
      'INSERT OR IGNORE INTO said (id, event, at, run) VALUES (?, ?, ?, ?)',
    ).run(event.id, text, Date.now(), run ?? null)
    if (changes === 0) return
    sql('DELETE FROM said WHERE n <= ?').run(Number(lastInsertRowid) - limits.eventsKeptMax)
  }
  return {
    change(n, { path, wait }) {
      if (wait === undefined) {
        sql('DELETE FROM wait WHERE run = ? AND path = ?').run(n, path)
        return
      }
      const wanted = wait.kind === 'event' ? JSON.stringify(wait.wanted) : null
      const { topic, key } = routeOf(wait)
      sql(
        `INSERT INTO wait (run, path, kind, topic, key, wanted) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET kind = excluded.kind, topic = excluded.topic,
           key = excluded.key, wanted = excluded.wanted`,
      ).run(n, path, kinds[wait.kind], topic, key, wanted)
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
        const { routed, keys } = routeIn(query)
        const later =
          after === undefined
            ? ''
            : 'AND (wait.run, wait.path) > ((SELECT n FROM run WHERE id = ?), ?)'
        const place = after === undefined ? [] : [after.run, after.path]
        return sql(
          `SELECT run.id, wait.path, wait.wanted, wait.kind, wait.key FROM wait JOIN run ON run.n = wait.run
           WHERE kind = ? ${routed} ${later} ORDER BY wait.run, wait.path LIMIT ?`,
        )
          .all(kinds[query.kind], ...keys, ...place, limit)
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

const kinds = { event: 0, approval: 1, slot: 2, debounce: 3 } as const

/** The columns that a wait is looked up by. */
function routeOf(wait: Wait): { readonly topic: string; readonly key: string } {
  if (wait.kind === 'event') return wait
  if (wait.kind === 'debounce') return { topic: '', key: wait.key }
  return wait.kind === 'slot'
    ? { topic: slotTopic(wait.isHeld), key: wait.key }
    : { topic: '', key: '' }
}

function slotTopic(isHeld: boolean): string {
  return isHeld ? 'held' : 'queued'
}

function routeIn(query: FindWaiting): {
  readonly routed: string
  readonly keys: readonly string[]
} {
  const both =
    'AND topic IN (SELECT value FROM json_each(?)) AND key IN (SELECT value FROM json_each(?))'
  if (query.kind === 'event') {
    return { routed: both, keys: [JSON.stringify(query.topics), JSON.stringify(query.keys)] }
  }
  if (query.kind === 'approval') return { routed: '', keys: [] }
  const topic = query.kind === 'slot' ? slotTopic(query.isHeld) : ''
  return query.key === undefined
    ? { routed: 'AND topic = ?', keys: [topic] }
    : { routed: 'AND topic = ? AND key = ?', keys: [topic, query.key] }
}

function waitingOf(row: Record<string, unknown>): Waiting {
  const { id, path, wanted, kind, key } = row as {
    id: RunId
    path: string
    wanted: string | null
    kind: number
    key: string
  }
  if (kind === kinds.slot || kind === kinds.debounce) return { run: id, path, key }
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
