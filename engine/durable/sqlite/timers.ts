/**
 * Timers of waiting runs: rows of the database, so that a parked run costs no memory.
 *
 * Written with the batch that sets or takes them back, found again by their due time.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { Instant } from '#engine/core/clock.ts'
import type { RunId } from '#engine/core/id.ts'
import type { DueTimer, TimerChange } from '#engine/runtime/ports.ts'
import type { TimerKind } from '#engine/runtime/record.ts'

import { reading } from './database.ts'

/** Their place in this list is what the file keeps. */
const kinds: readonly TimerKind[] = ['sleep', 'retry', 'timeout', 'escalate']

export interface TimerWriter {
  /** Sets the timer, moves it, or takes it back. Inside a transaction. */
  change(n: number, change: TimerChange): void
  /** Takes back all timers of a run that has ended. */
  clear(n: number): void
}

export function timerWriter(db: DatabaseSync): TimerWriter {
  const set = db.prepare(
    `INSERT INTO timer (run, path, timer, due) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET due = excluded.due`,
  )
  const remove = db.prepare('DELETE FROM timer WHERE run = ? AND path = ? AND timer = ?')
  const clear = db.prepare('DELETE FROM timer WHERE run = ?')
  return {
    change(n, { path, timer, due }) {
      if (due === undefined) remove.run(n, path, kinds.indexOf(timer))
      else set.run(n, path, kinds.indexOf(timer), Math.ceil(due))
    },
    clear: (n) => void clear.run(n),
  }
}

export interface TimerReader {
  dueTimers(now: Instant, limit: number): readonly DueTimer[]
  nextDue(): Instant | undefined
}

export function timerReader(db: DatabaseSync): TimerReader {
  const next = db.prepare('SELECT min(due) AS due FROM timer')
  let due: StatementSync | undefined
  return {
    dueTimers: (now, limit) =>
      reading(() => {
        due ??= db.prepare(
          `SELECT run.id, timer.path, timer.timer, timer.due FROM timer JOIN run ON run.n = timer.run
           WHERE timer.due <= ? ORDER BY timer.due, timer.run, timer.path, timer.timer LIMIT ?`,
        )
        return due.all(Math.floor(now), limit).map(dueTimer)
      }),
    nextDue: () => reading(() => (next.get()?.['due'] ?? undefined) as Instant | undefined),
  }
}

function dueTimer(row: Record<string, unknown>): DueTimer {
  const { id, path, timer, due } = row as { id: RunId; path: string; timer: number; due: Instant }
  return { run: id, path, timer: kinds[timer] ?? 'sleep', due }
}
