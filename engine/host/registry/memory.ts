/**
 * What this user has seen of each registry: the newest head, kept in the state directory, so
 * that no registry can show less tomorrow than it showed today.
 *
 * It only moves forward, also with several processes at once.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { takeLock } from '#engine/durable/sqlite/lock.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import type { Known } from '#registry/log/guard.ts'

function fileOf(address: string, purpose: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? ''
  const base = isAbsolute(state) ? state : join(homedir(), '.local/state')
  const name = createHash('sha256').update(`${purpose}\n${address}`).digest('hex').slice(0, 32)
  return join(base, 'ionflux', 'registries', `${name}.json`)
}

/**
 * Nobody else on this machine does `purpose` with the registry at `address` until it is
 * disposed; undefined while somebody does, also after `waitMs`.
 */
export function hold(address: string, purpose: string, waitMs = 0): Disposable | undefined {
  const file = fileOf(address, purpose).replace(/json$/, 'lock')
  makeFolder(dirname(file), 0o700)
  const lock = takeLock(file, waitMs)
  return lock === undefined ? undefined : { [Symbol.dispose]: () => lock.release() }
}

/**
 * The newest head that was seen at `address`; undefined where none was. `purpose` keeps what a
 * witness promised apart from what a reader saw. Throws `REG_ROLLED_BACK` for a memory that
 * cannot be read: forgetting must be somebody's decision.
 */
export function recall(address: string, purpose = 'reader'): Known | undefined {
  const file = fileOf(address, purpose)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw lost(address, file, cause)
  }
  let value: Json = null
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw lost(address, file, cause)
  }
  if (!isKnown(value)) throw lost(address, file, undefined)
  return value
}

function isKnown(value: Json): value is Json & Known {
  if (!isObject(value)) return false
  const { origin, size, root, trust, version } = value
  const isTexts = [origin, root, trust].every((text) => typeof text === 'string')
  return isTexts && Number.isInteger(size) && Number.isInteger(version)
}

function lost(address: string, file: string, cause: unknown): IonError {
  const message = `What was seen of "${address}" cannot be read from "${file}". Remove the file to believe what it shows now.`
  return new IonError('REG_ROLLED_BACK', message, { cause })
}

/**
 * Remembers for a reader a head that was checked against `seen`. Where somebody else remembered
 * another one meanwhile, that one stays and is the result.
 */
export function moveOn(address: string, next: Known, seen: Known | undefined): Known | undefined {
  let held: Disposable | undefined
  try {
    held = hold(address, 'reader', limits.registryMemoryMsMax)
  } catch (cause) {
    throw unwritable(fileOf(address, 'reader'), cause)
  }
  if (held === undefined) throw unwritable(fileOf(address, 'reader'), undefined)
  using _ = held
  const now = recall(address)
  if (now !== undefined && isSame(now, next)) return undefined
  if (now !== undefined && (seen === undefined || !isSame(now, seen))) return now
  remember(address, next)
  return undefined
}

/** The same head under the same root of trust. */
function isSame(one: Known, other: Known): boolean {
  return one.size === other.size && one.root === other.root && one.version === other.version
}

/** Remembers a head that was checked against what was seen before; the caller holds the memory. */
export function remember(address: string, known: Known, purpose = 'reader'): void {
  const file = fileOf(address, purpose)
  const fresh = `${file}.${randomBytes(4).toString('hex')}`
  try {
    makeFolder(dirname(file), 0o700)
    writeFileSync(fresh, JSON.stringify(known) + '\n', { mode: 0o600 })
    renameSync(fresh, file)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

function unwritable(file: string, cause: unknown): IonError {
  return new IonError('CLI_FILE_UNREADABLE', `"${file}" cannot be written.`, { cause })
}

/** Forgets what was seen; false where nothing was. */
export function forget(address: string, purpose = 'reader'): boolean {
  const file = fileOf(address, purpose)
  try {
    readFileSync(file)
  } catch {
    return false
  }
  rmSync(file)
  return true
}
