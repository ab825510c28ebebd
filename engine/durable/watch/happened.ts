/**
 * What happened in the journal of a data directory since somebody last looked: events that were
 * said, runs that ended.
 *
 * Read beside the process that writes. Both lie in the order of their commits, so a place in
 * that order says what is new, whoever wrote it and whatever died in between.
 */
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { openDatabaseForReading, reading } from '#engine/durable/sqlite/database.ts'
import { requireCurrent } from '#engine/durable/sqlite/migrate.ts'
import { storeReader } from '#engine/durable/sqlite/store.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import type { RunCancelled, RunDone, RunFailed, RunStarted } from '#engine/runtime/record.ts'
import type { Outgoing } from '#engine/runtime/waits/port.ts'

/** An event, with its data. */
export interface Said {
  readonly n: number
  readonly id: string
  readonly subject: string
  readonly data: Json
  readonly key?: string
  /** When it became durable. */
  readonly at: number
  /** The run that emitted it; absent for one that somebody sent. */
  readonly run?: RunId
}

/** The end of a run: one that is carried on may end again. */
export interface RunEnd {
  readonly run: RunId
  readonly flow: string
  /** The place of its record in the run. */
  readonly seq: number
  readonly record: RunDone | RunFailed | RunCancelled
}

export interface Happened {
  /** The places of what happened last. */
  latest(): { readonly said: number; readonly batch: number }
  /** Events after the place `after`, oldest first. */
  said(after: number, limit: number): readonly Said[]
  /** Ends among the `limit` batches after the place `after`, and the place that was looked up to. */
  ended(after: number, limit: number): { readonly ends: readonly RunEnd[]; readonly upTo: number }
  /** How a run began; undefined for one that is gone. */
  began(run: RunId): RunStarted | undefined
  /** A value that a record holds. */
  value: ReturnType<typeof openPayloads>['value']
  close(): void
}

/** Opens what happened in `dir`. Undefined where nothing ever ran. */
export function openHappened(dir: string): Happened | undefined {
  const db = openDatabaseForReading(dir)
  if (db === undefined) return undefined
  try {
    requireCurrent(db)
    return happenedIn(db)
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

type Database = NonNullable<ReturnType<typeof openDatabaseForReading>>

function happenedIn(db: Database): Happened {
  const { value } = openPayloads({
    get: storeReader(db).get,
    put: () => {
      throw new Error('broken assumption: whoever looks keeps nothing')
    },
  })
  const latest = db.prepare(
    `SELECT (SELECT coalesce(max(n), 0) FROM said) AS said,
       (SELECT coalesce(max(id), 0) FROM batch) AS batch`,
  )
  const said = db.prepare(
    `SELECT said.n, said.event, said.at, run.id AS run FROM said LEFT JOIN run ON run.n = said.run
     WHERE said.n > ? ORDER BY said.n LIMIT ?`,
  )
  const ended = db.prepare(
    `SELECT batch.records, batch.place & 0xffffffff AS seq, run.id AS run, program.flow
     FROM batch CROSS JOIN run ON run.n = batch.place >> 32
     CROSS JOIN program ON program.id = run.program
     WHERE batch.id > ? AND batch.id <= ? AND (instr(batch.records, '"kind":"run.done"') > 0
       OR instr(batch.records, '"kind":"run.failed"') > 0 OR instr(batch.records, '"kind":"run.cancelled"') > 0)
     ORDER BY batch.id`,
  )
  const first = db.prepare(
    'SELECT records FROM batch WHERE place = (SELECT n << 32 FROM run WHERE id = ?)',
  )
  const latestNow: Happened['latest'] = () =>
    reading(() => {
      const row = latest.get()
      return { said: Number(row?.['said']), batch: Number(row?.['batch']) }
    })
  return {
    latest: latestNow,
    said: (after, limit) => reading(() => said.all(after, limit).map((row) => saidOf(row, value))),
    ended(after, limit) {
      const upTo = Math.min(after + limit, latestNow().batch)
      return { ends: reading(() => ended.all(after, upTo)).flatMap(endsOf), upTo }
    },
    began(run) {
      const records = reading(() => first.get(run))?.['records']
      const [line = ''] = typeof records === 'string' ? records.split('\n', 1) : []
      return line === '' ? undefined : (JSON.parse(line) as RunStarted)
    },
    value,
    close: () => {
      if (db.isOpen) db.close()
    },
  }
}

function saidOf(row: Record<string, unknown>, value: Happened['value']): Said {
  const { n, event, at, run } = row as { n: number; event: string; at: number; run: RunId | null }
  const { id, subject, data, key } = JSON.parse(event) as Outgoing
  const more = { ...(key === undefined ? {} : { key }), ...(run === null ? {} : { run }) }
  return { n, id, subject, data: value(data), at, ...more }
}

const endings = /^\{"kind":"run\.(?:done|failed|cancelled)"/

function endsOf(row: Record<string, unknown>): readonly RunEnd[] {
  const { records, seq, run, flow } = row as {
    records: string
    seq: number
    run: RunId
    flow: string
  }
  return records.split('\n').flatMap((line, i) => {
    if (!endings.test(line)) return []
    return { run, flow, seq: seq + i, record: JSON.parse(line) as RunEnd['record'] }
  })
}
