/**
 * The directory that keeps runs: private to its user, invisible to Git by a `.gitignore`
 * of its own, and used only where this user made it or named it.
 *
 * What lies in it is executed: unfinished runs are carried on, bundled code is run. So one
 * that came with a repository is refused before anything in it is read.
 */
import { lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'

import { makeFolder } from '#engine/host/place/folder.ts'
import { dataDirectory, isNamed, type DataDirectoryWish } from '#engine/host/repository/root.ts'

import { isTracked } from './git-index.ts'
import { canMark, isMarked, mark, markName, readTrustKey, trustKeyPlace } from './mark.ts'

/** Named in this process. */
const trusted = new Set<string>()

/**
 * The data directory of a call, which is neither made nor changed. One that the caller
 * names is trusted; any other that is there and not ours is `JOURNAL_UNTRUSTED`.
 */
export function chooseDataDirectory(wish: DataDirectoryWish): string {
  const directory = dataDirectory(wish)
  if (isNamed(wish)) trusted.add(resolve(directory))
  demandTrust(directory)
  return directory
}

/**
 * Creates `directory` where it is missing, and marks what is trusted for later calls.
 * Throws `JOURNAL_UNTRUSTED` where it is there and not ours, and `CLI_FILE_UNREADABLE`
 * where it cannot be made, or where a later call could not know that it is ours.
 */
export function prepareDataDirectory(directory: string): void {
  demandTrust(directory)
  demandMark(directory)
  try {
    makeFolder(directory, 0o700)
    const names = readdirSync(directory)
    // The mark comes first: another process that looks in between finds an empty directory.
    const isNew = isFresh(names)
    if ((isNew || trusted.has(resolve(directory))) && !isMarked(directory, process.env))
      mark(directory, process.env)
    if (!isNew || names.includes('.gitignore')) return
    writeFileSync(join(directory, '.gitignore'), '*\n', { mode: 0o600 })
  } catch (cause) {
    throw new IonError(
      'CLI_FILE_UNREADABLE',
      `The data directory "${directory}" cannot be written. Choose another with --data-dir.`,
      { data: { directory }, cause },
    )
  }
}

/**
 * Refuses to make what nobody would know again: runs in it would be out of reach from the
 * next call on. One that is named needs no mark.
 */
function demandMark(directory: string): void {
  if (trusted.has(resolve(directory)) || isMarked(directory, process.env)) return
  if (canMark(process.env)) return
  const place = trustKeyPlace(process.env)
  throw new IonError(
    'CLI_FILE_UNREADABLE',
    `No later call could know "${directory}" as yours: ${place} cannot be kept. ${unkeptAdvice}`,
    { data: { directory } },
  )
}

/** Why `directory` may not be used although it is there; undefined where it may. */
export function distrust(directory: string): string | undefined {
  if (trusted.has(resolve(directory))) return undefined
  const stat = attempt(() => lstatSync(directory))
  if (stat === undefined) return undefined
  if (stat.isSymbolicLink()) return 'is a link'
  if (!stat.isDirectory()) return undefined
  if (process.getuid !== undefined && stat.uid !== process.getuid())
    return 'belongs to another user'
  if (isTracked(directory)) return 'holds files that Git tracks'
  if (isMarked(directory, process.env)) return undefined
  const names = attempt(() => readdirSync(directory))
  return names === undefined || isFresh(names) ? undefined : 'was not made by ionflux for you'
}

function demandTrust(directory: string): void {
  const reason = distrust(directory)
  if (reason === undefined) return
  throw new IonError(
    'JOURNAL_UNTRUSTED',
    `The data directory "${directory}" ${reason}, so nothing in it is run. ${trustAdvice()}`,
    { data: { directory, reason } },
  )
}

/** What to do where no mark can be kept. */
export const unkeptAdvice =
  'Name the data directory with --data-dir or IONFLUX_DATA_DIR in every call, or set XDG_STATE_HOME to a private folder that can be written.'

/** What to do with a directory that is not trusted; never to delete it, which may hold runs. */
export function trustAdvice(): string {
  const advice =
    'If it is yours, name it with --data-dir or IONFLUX_DATA_DIR; else choose another directory so.'
  if (readTrustKey(process.env) !== undefined) return advice
  return `${advice} While ${trustKeyPlace(process.env)} cannot be read, every call has to name it.`
}

/** Holds nothing but what the making of it leaves. */
function isFresh(names: readonly string[]): boolean {
  return names.every((name) => name === '.gitignore' || name.startsWith(markName))
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
