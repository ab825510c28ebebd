/**
 * What steps wrote while they ran. Buffered, and written with the next commit or shortly
 * after; lines that a crash takes are lost without harm to any run.
 */
import type { DatabaseSync } from 'node:sqlite'

import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { LogLine, Logs, StepLog } from '#engine/runtime/ports.ts'

import type { Companion, GroupCommit } from './commit.ts'
import { reading } from './database.ts'

/** Their place in this list is what the file keeps. */
const levels: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error']

export interface SqliteLogs {
  readonly logs: Logs
  readonly companion: Companion
  /** Forgets the order for the next commit. */
  close(): void
}

export function sqliteLogs(
  db: DatabaseSync,
  commit: () => Pick<GroupCommit<unknown>, 'nudge' | 'flush'>,
): SqliteLogs {
  const insert = db.prepare(
    'INSERT INTO log (run, at, level, path, text) SELECT n, ?, ?, ?, ? FROM run WHERE id = ?',
  )
  const { read } = logReader(db)
  let queued: { readonly run: RunId; readonly path: string; readonly line: LogLine }[] = []
  let timer: NodeJS.Timeout | undefined

  const writeOrDrop = (): void => {
    commit().flush()
    // Still there: the journal has failed, and the run is about to hear of it.
    queued = []
  }
  const logs: Logs = {
    write(run, path, line) {
      queued.push({ run, path, line })
      if (queued.length >= limits.commitLogLinesMax) writeOrDrop()
      timer ??= setTimeout(() => commit().nudge(), limits.commitLogDelayMs).unref()
    },
    read(run) {
      if (queued.length > 0) commit().flush()
      return read(run)
    },
  }
  const companion: Companion = {
    isWaiting: () => queued.length > 0,
    write() {
      for (const { run, path, line } of queued) {
        const text = line.text.slice(0, limits.logCharsMax)
        insert.run(Math.floor(line.at), levels.indexOf(line.level), path, text, run)
      }
    },
    committed() {
      queued = []
      clearTimeout(timer)
      timer = undefined
    },
  }
  return { logs, companion, close: () => clearTimeout(timer) }
}

/** The half that needs no writer. */
export function logReader(db: DatabaseSync): Pick<Logs, 'read'> {
  const select = db.prepare(
    `SELECT at, level, path, text FROM log
     WHERE run = (SELECT n FROM run WHERE id = ?) ORDER BY id`,
  )
  return { read: (run) => reading(() => select.all(run).map(stepLog)) }
}

function stepLog(row: Record<string, unknown>): StepLog {
  const { at, level, path, text } = row as Omit<StepLog, 'level'> & { level: number }
  return { at, level: levels[level] ?? 'info', path, text }
}
