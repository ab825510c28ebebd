/**
 * The directory that keeps runs: private to its user, invisible to Git by a `.gitignore`
 * of its own, and used only where this user made it or named it.
 *
 * What lies in it is executed: unfinished runs are carried on, bundled code is run. So one
 * that came with a repository is refused before anything in it is read.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'

import { isTracked } from './git-index.ts'
import { dataDirectory, isNamed, type DataDirectoryWish } from '#engine/host/repository/root.ts'
import { isMarked, mark, markName } from './mark.ts'

/** Named in this process, or made by it where no mark can be kept. */
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
 * where it cannot be made.
 */
export function prepareDataDirectory(directory: string): void {
  demandTrust(directory)
  try {
    makeDirectory(resolve(directory))
    const names = readdirSync(directory)
    // The mark comes first: another process that looks in between finds an empty directory.
    const isNew = isFresh(names)
    if ((isNew || trusted.has(resolve(directory))) && !isMarked(directory, process.env))
      keepTrust(directory)
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
 * Makes `directory` and what is missing above it, private. Its own loop, because `recursive`
 * never returns in a file system that takes no directories, such as `/proc`.
 */
function makeDirectory(directory: string): void {
  const missing: string[] = []
  for (let path = directory; !existsSync(path); path = dirname(path)) missing.unshift(path)
  for (const path of missing) {
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (thrown) {
      // Another process may have made it meanwhile.
      if (!existsSync(path)) throw thrown
    }
  }
  if (!statSync(directory).isDirectory()) throw new Error(`"${directory}" is no directory`)
}

function keepTrust(directory: string): void {
  if (!mark(directory, process.env)) trusted.add(resolve(directory))
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
    `The data directory "${directory}" ${reason}, so nothing in it is run. ` +
      'Delete it, or name it with --data-dir or IONFLUX_DATA_DIR if it is yours.',
    { data: { directory, reason } },
  )
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
