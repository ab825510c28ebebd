/**
 * Group commit: everything that arrives in one turn of the event loop becomes durable
 * with one transaction, and its promises resolve only then.
 *
 * Once a commit has failed, nothing is taken any more until the file is opened anew:
 * what was acknowledged is on the disk, what was not is refused, and no batch can ever
 * be kept without the one before it. It does not know what a batch or a payload is.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { asIonError } from './database.ts'

/** Something that rides along with the batches: payloads before them, logs after them. */
export interface Companion {
  isWaiting(): boolean
  /** Writes all that waits. Called inside the transaction. */
  write(): void
  /** The transaction is durable: forget what was written. */
  committed(): void
}

/** Several as one, in their order. */
export function together(...all: readonly Companion[]): Companion {
  return {
    isWaiting: () => all.some((one) => one.isWaiting()),
    write() {
      for (const one of all) one.write()
    },
    committed() {
      for (const one of all) one.committed()
    },
  }
}

/** Puts `entry` into the open transaction. */
export type WriteEntry<Entry> = (entry: Entry) => void

interface Group<Entry> {
  readonly entries: Entry[]
  weight: number
  readonly done: PromiseWithResolvers<void>
}

/** What a transaction is made of, in this order. */
export interface CommitParts<Entry> {
  readonly before: Companion
  readonly write: WriteEntry<Entry>
  readonly after: Companion
}

export class GroupCommit<Entry> {
  readonly #db: DatabaseSync
  readonly #parts: CommitParts<Entry>
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #groups: Group<Entry>[] = []
  #immediate: NodeJS.Immediate | undefined
  #failure: IonError | undefined
  #isEnded = false

  constructor(db: DatabaseSync, parts: CommitParts<Entry>) {
    this.#db = db
    this.#parts = parts
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
  }

  /** Why nothing is taken any more. */
  get failure(): IonError | undefined {
    return this.#failure
  }

  /** Queues `entry`; the promise is shared by the whole group. `weight` counts its records. */
  append(entry: Entry, weight: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(refused(this.#failure))
    if (this.#isEnded) return Promise.reject(closed())
    const last = this.#groups.at(-1)
    const isRoomLeft = last !== undefined && last.weight + weight <= limits.commitRecordsMax
    const group = isRoomLeft ? last : open(this.#groups)
    group.entries.push(entry)
    group.weight += weight
    this.#schedule()
    return group.done.promise
  }

  /** Has companions written soon even when no entry comes. */
  nudge(): void {
    if (this.#failure === undefined && !this.#isEnded) this.#schedule()
  }

  /** Commits all that is queued, now. Failures reach those who wait, and `failure`. */
  flush(): void {
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    if (this.#failure !== undefined || this.#isEnded) return
    const { before, after } = this.#parts
    const groups = this.#groups
    try {
      if (groups.length === 0 && (before.isWaiting() || after.isWaiting())) this.#write([])
      while (groups.length > 0) {
        this.#write(groups[0]?.entries ?? [])
        groups.shift()?.done.resolve()
      }
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Commits what is queued and takes nothing more. */
  end(): void {
    this.flush()
    this.#isEnded = true
  }

  /** Not a microtask: the runs that an earlier commit woke would each get one of their own. */
  #schedule(): void {
    this.#immediate ??= setImmediate(() => this.flush())
  }

  #write(entries: readonly Entry[]): void {
    const { before, write, after } = this.#parts
    this.#begin.run()
    before.write()
    for (const entry of entries) write(entry)
    after.write()
    this.#commit.run()
    before.committed()
    after.committed()
  }

  #refuse(thrown: unknown): void {
    const failure = asIonError('JOURNAL_WRITE_FAILED', 'The journal could not be written.', thrown)
    this.#failure = failure
    rollBack(this.#db)
    for (const group of this.#groups.splice(0)) group.done.reject(failure)
  }
}

function open<Entry>(groups: Group<Entry>[]): Group<Entry> {
  const group: Group<Entry> = { entries: [], weight: 0, done: Promise.withResolvers<void>() }
  // A run may go ahead of its commit and look at the promise only before its next effect.
  group.done.promise.catch(() => undefined)
  groups.push(group)
  return group
}

function refused(cause: IonError): IonError {
  const message = `The journal takes nothing more until it is opened again. ${cause.message}`
  return new IonError('JOURNAL_WRITE_FAILED', message, { data: cause.data, cause })
}

function closed(): IonError {
  return new IonError('JOURNAL_WRITE_FAILED', 'The journal is closed.')
}

/** After some errors SQLite has rolled back by itself; a second failure changes nothing. */
function rollBack(db: DatabaseSync): void {
  try {
    if (db.isOpen && db.isTransaction) db.exec('ROLLBACK')
  } catch {
    // The connection is poisoned already, and an open transaction is never committed.
  }
}
