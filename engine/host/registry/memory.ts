/**
 * What this user has seen of each registry: the newest head, kept in the state directory, so
 * that no registry can show less tomorrow than it showed today.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import type { Known } from '#registry/log/guard.ts'

function fileOf(address: string, purpose: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? ''
  const base = isAbsolute(state) ? state : join(homedir(), '.local/state')
  const name = createHash('sha256').update(`${purpose}\n${address}`).digest('hex').slice(0, 32)
  return join(base, 'ionflux', 'registries', `${name}.json`)
}

/** The file that whoever writes into the registry at `folder` locks; its own folder is there. */
export function lockFile(folder: string): string {
  const file = fileOf(folder, 'keeper').replace(/json$/, 'lock')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  return file
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

/** Remembers a head that was checked against what was seen before. */
export function remember(address: string, known: Known, purpose = 'reader'): void {
  const file = fileOf(address, purpose)
  const fresh = `${file}.${randomBytes(4).toString('hex')}`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(fresh, JSON.stringify(known) + '\n', { mode: 0o600 })
    renameSync(fresh, file)
  } catch (cause) {
    throw new IonError('CLI_FILE_UNREADABLE', `"${file}" cannot be written.`, { cause })
  }
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
