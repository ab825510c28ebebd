/**
 * Brings a journal file to the shape of this release, in one transaction.
 *
 * `user_version` is the number of the last file of `sql/` that was applied. A file
 * that is newer than this release is refused, never guessed at.
 */
import type { DatabaseSync } from 'node:sqlite'

import { IonError } from '#engine/core/error.ts'

import { sql as first } from '#engine/durable/sql/0001.ts'
import { sql as second } from '#engine/durable/sql/0002.ts'
import { sql as third } from '#engine/durable/sql/0003.ts'
import { sql as fourth } from '#engine/durable/sql/0004.ts'
import { sql as fifth } from '#engine/durable/sql/0005.ts'
import { sql as sixth } from '#engine/durable/sql/0006.ts'

/** Every shape that was released, oldest first: `migrations[0]` leads to version 1. */
export const migrations: readonly string[] = [first, second, third, fourth, fifth, sixth]

/** Marks the file as ours: "ionf" in ASCII. */
const applicationId = 0x696f6e66

/** Applies what is missing. Throws `JOURNAL_VERSION_UNKNOWN`; on any failure the file is as before. */
export function migrate(db: DatabaseSync, steps: readonly string[] = migrations): void {
  if (versionOf(db, steps.length) === steps.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    const from = versionOf(db, steps.length)
    for (const step of steps.slice(from)) db.exec(step)
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Says no to a file that this release cannot read as it is. For readers, who change nothing. */
export function requireCurrent(db: DatabaseSync, steps: readonly string[] = migrations): void {
  const version = versionOf(db, steps.length)
  if (version === steps.length) return
  throw new IonError(
    'JOURNAL_VERSION_UNKNOWN',
    `The journal has version ${version}, this release reads version ${steps.length}: start or resume a run once to bring it up to date.`,
    { data: { version, known: steps.length } },
  )
}

function versionOf(db: DatabaseSync, known: number): number {
  const version = numberOf(db, 'user_version')
  const owner = numberOf(db, 'application_id')
  if (version > known) {
    throw new IonError(
      'JOURNAL_VERSION_UNKNOWN',
      `The journal has version ${version}, this release knows versions up to ${known}: upgrade ionflux.`,
      { data: { version, known } },
    )
  }
  if (owner !== applicationId && (owner !== 0 || version !== 0)) {
    throw new IonError(
      'JOURNAL_VERSION_UNKNOWN',
      'The file journal.db belongs to another program: name another --data-dir.',
      { data: { version, applicationId: owner } },
    )
  }
  return version
}

function numberOf(db: DatabaseSync, pragma: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
}
