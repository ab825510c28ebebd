/**
 * The journal in SQLite: the writing half.
 *
 * A batch is printed and hashed when it is appended, one row when it is committed. All
 * batches of a turn share a transaction (`commit.ts`), so a step costs a few microseconds
 * and no sync of its own. Reading is `reads.ts`; one process writes (`host/lease.ts`).
 */
import type { DatabaseSync } from 'node:sqlite'

import { assert } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { chainBroken, chainNext, chainStart } from '#engine/durable/chain.ts'
import type { StateBook, StateWrite } from '#engine/durable/states.ts'
import {
  type Batch,
  hasEnded,
  type Journal,
  type RunHeader,
  type RunLog,
} from '#engine/runtime/ports.ts'

import type { GroupCommit, WriteEntry } from './commit.ts'
import { reading } from './database.ts'
import type { SqliteReader } from './reads.ts'
import { statusNumber } from './rows.ts'
import { stateWriter } from './states.ts'
import { type TimerWriter, timerWriter } from './timers.ts'
import { type MailEntry, waitWriter } from './waits.ts'

/** Where the next batch of a run goes. */
interface Position {
  /** The run's number in the file; 0 until its first batch. */
  n: number
  seq: number
  hash: string
}

/** A batch, printed. */
export interface Entry {
  readonly n: number
  readonly seq: number
  readonly count: number
  readonly text: string
  readonly head: string
  readonly batch: Batch
  /** With the first batch of a run. */
  readonly header?: RunHeader
  readonly states?: readonly StateWrite[]
}

/** The statements of one batch. */
export function entryWriter(db: DatabaseSync): WriteEntry<Entry> {
  const batch = db.prepare('INSERT INTO batch (place, records, head) VALUES (? << 32 | ?, ?, ?)')
  const status = db.prepare('UPDATE run SET status = ?, ended_at = ?, records = ? WHERE n = ?')
  const begin = runWriter(db)
  const timers = timerWriter(db)
  const states = stateWriter(db)
  const waits = waitWriter(db)
  return (entry) => {
    const { n, batch: change } = entry
    if (entry.header !== undefined) begin(entry, entry.header)
    else if (change.status !== undefined) {
      const endedAt = hasEnded(change.status) ? (change.endedAt ?? null) : null
      status.run(statusNumber(change.status), endedAt, entry.seq + entry.count, n)
    }
    if (entry.states !== undefined) states(entry.states)
    // A batch may only change timers or the status.
    if (entry.count > 0) batch.run(n, entry.seq, entry.text, Buffer.from(entry.head, 'hex'))
    writeTimers(timers, n, change)
    for (const wait of change.waits ?? []) waits.change(n, wait)
    for (const event of change.events ?? []) waits.send(event, n)
  }
}

function writeTimers(timers: TimerWriter, n: number, { timers: changes, status }: Batch): void {
  for (const change of changes ?? []) timers.change(n, change)
  if (status !== undefined && hasEnded(status)) timers.clear(n)
}

function runWriter(db: DatabaseSync): (entry: Entry, header: RunHeader) => void {
  const run = db.prepare(
    `INSERT INTO run (n, id, program, status, records, started_at, ended_at, parent)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const addProgram = db.prepare('INSERT OR IGNORE INTO program (flow, plan) VALUES (?, ?)')
  const findProgram = db.prepare('SELECT id FROM program WHERE flow = ? AND plan = ?')
  const programs = new Map<string, number>()

  const program = ({ flow, plan }: RunHeader): number => {
    const key = `${plan} ${flow}`
    const known = programs.get(key)
    if (known !== undefined) return known
    addProgram.run(flow, plan)
    const id = Number(findProgram.get(flow, plan)?.['id'])
    if (programs.size >= limits.programsResidentMax) programs.clear()
    programs.set(key, id)
    return id
  }
  return ({ n, count, batch }, header) => {
    const status = batch.status ?? header.status
    const endedAt = hasEnded(status) ? (batch.endedAt ?? header.endedAt ?? null) : null
    const { run: id, startedAt, parent } = header
    run.run(n, id, program(header), statusNumber(status), count, startedAt, endedAt, parent ?? null)
  }
}

/** What a journal shares with the other ports of its file. */
export interface JournalParts {
  readonly commit: Pick<GroupCommit<Entry | MailEntry>, 'append' | 'flush'>
  readonly states: Pick<StateBook, 'carry'>
  close(): Promise<void>
}

/** The journal over its parts. */
export function sqliteJournal(
  db: DatabaseSync,
  reader: SqliteReader,
  { commit, states, close }: JournalParts,
): Journal {
  const exists = db.prepare('SELECT 1 FROM run WHERE id = ?')
  const findEnd = endFinder(db, reader)
  const open = new Set<RunId>()
  // Let go of while their last batch was still queued.
  const closing = new Set<RunId>()
  let lastN = reading(() => Number(db.prepare('SELECT max(n) AS n FROM run').get()?.['n'] ?? 0))

  function log(run: RunId, at: Position, header: RunHeader | undefined): RunLog {
    assert(!open.has(run), `run ${run} is open twice`)
    open.add(run)
    let isOpen = true
    let last: Promise<void> | undefined
    return {
      run,
      append(batch) {
        if (!isOpen) return Promise.reject(new Error('broken assumption: the log is closed'))
        const put = (writes?: readonly StateWrite[]): Promise<void> => {
          const first = at.n === 0 ? header : undefined
          if (first !== undefined) at.n = ++lastN
          const entry = printed(at, batch, first)
          last = commit.append(
            writes === undefined ? entry : { ...entry, states: writes },
            entry.count,
          )
          return last
        }
        return batch.states === undefined ? put() : states.carry(batch.states, put)
      },
      close() {
        if (!isOpen) return
        isOpen = false
        open.delete(run)
        if (last === undefined) return
        const forget = (): void => void closing.delete(run)
        closing.add(run)
        last.then(forget, forget)
      },
    }
  }

  return {
    ...reader.journal,
    create(header) {
      const { run } = header
      const isNew = !closing.has(run) && reading(() => exists.get(run)) === undefined
      assert(isNew, `run ${run} was created before`)
      return log(run, { n: 0, seq: 0, hash: chainStart(run) }, header)
    },
    open(run) {
      if (closing.has(run)) commit.flush()
      return log(run, findEnd(run), undefined)
    },
    publish: (event) => commit.append({ publish: event }, 1),
    delivered: (id) => commit.append({ delivered: id }, 1),
    close,
  }
}

/** Prints and hashes `batch` and moves the position behind it. */
function printed(at: Position, batch: Batch, header: RunHeader | undefined): Entry {
  const { n, seq } = at
  const count = batch.records.length
  assert(count > 0 || header === undefined, 'a run begins with a record')
  assert(seq + count <= 0xffffffff, 'a run has at most 2^32 records')
  let text = ''
  let head = at.hash
  for (const record of batch.records) {
    const line = JSON.stringify(record)
    head = chainNext(head, line)
    text += text === '' ? line : '\n' + line
  }
  at.seq = seq + count
  at.hash = head
  return header === undefined
    ? { n, seq, count, text, head, batch }
    : { n, seq, count, text, head, batch, header }
}

/** Finds where the next batch of a run goes: from its last one, without reading the rest. */
function endFinder(db: DatabaseSync, reader: SqliteReader): (run: RunId) => Position {
  const last = db.prepare(
    `SELECT place & 0xffffffff AS seq, records, lower(hex(head)) AS head FROM batch
     WHERE place BETWEEN (?1 << 32) AND (?1 << 32 | 0xffffffff) ORDER BY place DESC LIMIT 1`,
  )
  return (run) => {
    const { n } = reader.row(run)
    const found = reading(() => last.get(n)) as
      | { seq: number; records: string; head: string }
      | undefined
    if (found === undefined) throw chainBroken(run, 0, 'it has no records')
    return { n, seq: found.seq + found.records.split('\n').length, hash: found.head }
  }
}
