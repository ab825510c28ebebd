/**
 * The reading half of the journal: headers, records and the check of their chain.
 *
 * Used by the writer and, through a read-only connection, by other processes beside it.
 * No record is given out before its hash was found right.
 */
import type { DatabaseSync } from 'node:sqlite'

import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { chainBroken, chainNext, chainStart, headerProblem } from '#engine/durable/chain.ts'
import type { ChainReport, JournalReader } from '#engine/durable/durable.ts'
import type { ListRuns, RunHeader, Stored } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { reading } from './database.ts'
import { type RunRow, headerOf, headerSelect, statusNumber } from './rows.ts'
import { timerReader } from './timers.ts'
import { waitReader } from './waits.ts'

/** A record as text, its hash found right. */
interface Checked {
  readonly seq: number
  readonly text: string
  readonly hash: string
}

export interface SqliteReader {
  readonly journal: JournalReader
  /** The row of a run. Throws `RUN_NOT_FOUND`. */
  row(run: RunId): RunRow
  verify(run: RunId): ChainReport
}

export function sqliteReader(db: DatabaseSync): SqliteReader {
  const one = db.prepare(`${headerSelect} WHERE run.id = ?`)
  const batches = db.prepare(
    `SELECT place & 0xffffffff AS seq, records, lower(hex(head)) AS head FROM batch
     WHERE place BETWEEN (?1 << 32) AND (?1 << 32 | 0xffffffff) ORDER BY place`,
  )
  const unfinished = db.prepare(
    `SELECT n, id FROM run WHERE status = 0
     UNION SELECT p.n, p.id FROM run AS c JOIN run AS p ON p.id = c.parent
     WHERE c.parent IS NOT NULL AND c.status BETWEEN 2 AND 4 AND p.status IN (1, 5) ORDER BY n`,
  )

  const findRow = (run: RunId): RunRow | undefined =>
    reading(() => one.get(run) as RunRow | undefined)
  const row = (run: RunId): RunRow => {
    const found = findRow(run)
    if (found !== undefined) return found
    throw new IonError('RUN_NOT_FOUND', `There is no run "${run}" here.`, { data: { run } })
  }
  const checked = (found: RunRow): Checked[] =>
    reading(() => check(found, batches.all(found.n) as unknown as BatchRow[]))

  const journal: JournalReader = {
    read: (run) => checked(row(run)).map(({ text }) => parse(text)),
    readStored: (run) =>
      checked(row(run)).map(({ seq, text, hash }): Stored => ({ seq, record: parse(text), hash })),
    find(run) {
      const found = findRow(run)
      return found === undefined ? undefined : headerOf(found)
    },
    list: (query) => list(db, query),
    unfinished: () => reading(() => unfinished.all().map(({ id }) => id as RunId)),
    ...timerReader(db),
    ...waitReader(db),
  }
  return { journal, row, verify: (run) => verify(row(run), checked) }
}

interface BatchRow {
  readonly seq: unknown
  readonly records: unknown
  readonly head: unknown
}

/** Walks the chain; throws `JOURNAL_CHAIN_BROKEN` at the first batch that does not fit. */
function check(run: RunRow, batches: readonly BatchRow[]): Checked[] {
  const found: Checked[] = []
  let hash = chainStart(run.id)
  for (const { seq, records, head } of batches) {
    const first = found.length
    if (seq !== first) throw chainBroken(run.id, first, 'records are missing before the next ones')
    if (typeof records !== 'string') {
      throw chainBroken(run.id, first, 'the row does not hold records')
    }
    for (const text of records.split('\n')) {
      hash = chainNext(hash, text)
      found.push({ seq: found.length, text, hash })
    }
    if (head !== hash) throw chainBroken(run.id, first, 'the hash does not fit the records')
  }
  if (found.length === 0 || found.length < run.records) {
    throw chainBroken(run.id, found.length, `${run.records} records were written`)
  }
  return found
}

function verify(row: RunRow, checked: (row: RunRow) => readonly Checked[]): ChainReport {
  try {
    const records = checked(row)
    const reason = headerProblem(headerOf(row), parse(records[0]?.text ?? ''))
    if (reason !== undefined) return { ok: false, seq: 0, reason }
    return { ok: true, records: records.length, head: records.at(-1)?.hash ?? '' }
  } catch (error) {
    if (!(error instanceof IonError) || error.code !== 'JOURNAL_CHAIN_BROKEN') throw error
    const { seq, reason } = error.data as { seq: number; reason: string }
    return { ok: false, seq, reason }
  }
}

function parse(text: string): RunRecord {
  return JSON.parse(text) as RunRecord
}

function list(db: DatabaseSync, query: ListRuns): readonly RunHeader[] {
  const where: string[] = []
  const values: (string | number)[] = []
  const narrow = (sql: string, value: string | number): void => {
    where.push(sql)
    values.push(value)
  }
  if (query.status !== undefined) narrow('run.status = ?', statusNumber(query.status))
  if (query.flow !== undefined) narrow('program.flow = ?', query.flow)
  if (query.before !== undefined) narrow('run.n < (SELECT n FROM run WHERE id = ?)', query.before)
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
  return reading(() =>
    db
      .prepare(`${headerSelect} ${condition} ORDER BY run.n DESC LIMIT ?`)
      .all(...values, query.limit)
      .map((row) => headerOf(row as unknown as RunRow)),
  )
}
