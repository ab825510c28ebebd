/**
 * One writer per data directory, whatever dies: the lease is an exclusive lock on a tiny
 * SQLite file, which the operating system lets go of together with the process.
 *
 * So there is no stale lease and no guessing by process number. `owner.json` beside it
 * only says whom to talk to; it may outlive its writer and proves nothing.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { IonError } from '#engine/core/error.ts'
import { isObject } from '#engine/core/json.ts'
import { asIonError } from '#engine/durable/sqlite/database.ts'
import { type Lock, takeLock } from '#engine/durable/sqlite/lock.ts'
import { makeFolder } from '#engine/host/place/folder.ts'

/** Who holds the lease, as it said itself. */
export interface LeaseOwner {
  readonly pid: number
  /** Where it listens (`link.ts`). */
  readonly socket?: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

/** The right to write. Lost with the process; given back by `using`. */
export interface Lease {
  readonly owner: LeaseOwner
  [Symbol.dispose](): void
}

/**
 * Takes the lease of `dir`, which is made when it is missing; `undefined` when another
 * process, or this one, holds it.
 *
 * Throws `CLI_ENGINE_UNREACHABLE` when the directory may not be written.
 */
export function takeLease(
  dir: string,
  options: { readonly socket?: string } = {},
): Lease | undefined {
  let lock: Lock | undefined
  try {
    makeFolder(dir, 0o700)
    lock = takeLock(join(dir, 'lease.db'))
    return lock === undefined ? undefined : leaseWith(lock, dir, options.socket)
  } catch (error) {
    lock?.release()
    throw unreachable(dir, error)
  }
}

function leaseWith(lock: Lock, dir: string, socket: string | undefined): Lease {
  const owner = {
    pid: process.pid,
    ...(socket === undefined ? {} : { socket }),
    startedAt: Date.now(),
  }
  const path = join(dir, 'owner.json')
  writeFileSync(`${path}.new`, JSON.stringify(owner) + '\n', { mode: 0o600 })
  renameSync(`${path}.new`, path)
  let isHeld = true
  return {
    owner,
    [Symbol.dispose]() {
      if (!isHeld) return
      isHeld = false
      // First the name, then the lock: the next owner's name is never removed.
      rmSync(path, { force: true })
      lock.release()
    },
  }
}

/** Who says to hold the lease of `dir`. May be a process that is dead. */
export function leaseOwner(dir: string): LeaseOwner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dir, 'owner.json'), 'utf8'))
    if (!isObject(value)) return undefined
    const { pid, socket, startedAt } = value
    if (typeof pid !== 'number' || typeof startedAt !== 'number') return undefined
    return { pid, startedAt, ...(typeof socket === 'string' ? { socket } : {}) }
  } catch {
    return undefined
  }
}

function unreachable(dir: string, error: unknown): IonError {
  return asIonError('CLI_ENGINE_UNREACHABLE', `The data directory "${dir}" cannot be used.`, error)
}
