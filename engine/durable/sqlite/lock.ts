/**
 * A lock on a file that no crash leaves behind: an exclusive transaction of SQLite, which
 * the operating system ends together with the process.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { sqliteCode } from './database.ts'

export interface Lock {
  release(): void
}

/**
 * Locks the file at `path`, made when missing; `undefined` when it is locked already, and stays
 * so for `waitMs`. Waiting blocks the thread: only for locks that are held for moments.
 */
export function takeLock(path: string, waitMs = 0): Lock | undefined {
  makeFile(path)
  const db = new DatabaseSync(path)
  try {
    db.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`)
    return {
      release() {
        if (db.isOpen) db.close()
      },
    }
  } catch (error) {
    db.close()
    if (sqliteCode(error) === 'SQLITE_BUSY') return undefined
    throw error
  }
}

/**
 * Makes the file, readable by its owner only. An existing one is not opened here: closing
 * a second handle would end this process's own lock on it (POSIX).
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
