/**
 * The mark that ionflux leaves in a data directory that it made, so that one that came with
 * a repository is told from it: an HMAC under a secret of this user, which lies elsewhere.
 *
 * The mark fits a directory that was moved (by its inode) and one whose file system gives
 * out new inodes (by its path). Where no secret can be kept there are no marks.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

import { isObject, type Json } from '#engine/core/json.ts'
import { makeFolder } from '#engine/host/place/folder.ts'

import { isTracked } from './git-index.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The name of the mark in a data directory. */
export const markName = 'trust.json'

/** Whether the mark of `directory` was made by ionflux for this user and this directory. */
export function isMarked(directory: string, environment: Environment): boolean {
  const key = readTrustKey(environment)
  const mark = key === undefined ? undefined : readMark(directory)
  if (key === undefined || mark === undefined) return false
  const { byInode, byPath } = macsOf(key, directory, mark.id)
  return isSame(mark.byInode, byInode) || isSame(mark.byPath, byPath)
}

/** Whether a directory can be marked: there is a secret, which is made where it is missing. */
export function canMark(environment: Environment): boolean {
  return (readTrustKey(environment) ?? makeTrustKey(environment)) !== undefined
}

/** Whether it looks as if one could be; nothing is made. */
export function couldMark(environment: Environment): boolean {
  if (readTrustKey(environment) !== undefined) return true
  const file = keyFile(environment)
  if (file === undefined || existsSync(file)) return false
  let nearest = dirname(file)
  while (!existsSync(nearest)) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK)
    return statSync(nearest).isDirectory()
  } catch {
    return false
  }
}

/** The secret by its place, for a message. */
export function trustKeyPlace(environment: Environment): string {
  const file = keyFile(environment)
  return file === undefined ? 'a secret of yours (there is no home)' : `your secret in "${file}"`
}

/** Marks `directory`, unless no secret can be kept. */
export function mark(directory: string, environment: Environment): void {
  const key = readTrustKey(environment) ?? makeTrustKey(environment)
  if (key === undefined) return
  const id = randomBytes(16).toString('hex')
  const file = join(directory, markName)
  const fresh = `${file}.${process.pid}`
  const text = JSON.stringify({ id, ...macsOf(key, directory, id) })
  writeFileSync(fresh, `${text}\n`, { mode: 0o600 })
  renameSync(fresh, file)
}

/** The secret of this user; undefined where there is none, or where others may know it. */
export function readTrustKey(environment: Environment): Buffer | undefined {
  const file = keyFile(environment)
  if (file === undefined) return undefined
  try {
    const stat = lstatSync(file)
    const isOurs =
      process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o077) === 0)
    if (!stat.isFile() || !isOurs || isTracked(file)) return undefined
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    return key.length === keyBytes ? key : undefined
  } catch {
    return undefined
  }
}

/** Writes it in one piece; of several processes that do so at once, one wins for all. */
function makeTrustKey(environment: Environment): Buffer | undefined {
  const file = keyFile(environment)
  if (file === undefined) return undefined
  const fresh = `${file}.${process.pid}`
  try {
    makeFolder(dirname(file), 0o700)
    writeFileSync(fresh, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600 })
    linkSync(fresh, file)
  } catch {
    // It is there already, or cannot be there: reading it tells which.
  }
  try {
    rmSync(fresh, { force: true })
  } catch {
    // Its folder may not be written.
  }
  return readTrustKey(environment)
}

/** A path that is not absolute would be looked for in the repository, so it counts as none. */
function keyFile(environment: Environment): string | undefined {
  const state = environment['XDG_STATE_HOME'] ?? ''
  const home = homedir()
  const base = isAbsolute(state) ? state : isAbsolute(home) ? join(home, '.local/state') : undefined
  return base === undefined ? undefined : join(base, 'ionflux', 'trust.key')
}

interface Macs {
  readonly byInode: string
  readonly byPath: string
}

function macsOf(key: Buffer, directory: string, id: string): Macs {
  const { ino } = statSync(directory, { bigint: true })
  return {
    byInode: macOf(key, 'directory by inode', `${id} ${ino}`),
    byPath: macOf(key, 'directory by path', `${id} ${realpathSync(directory)}`),
  }
}

/** An HMAC that is good for one purpose only. */
export function macOf(key: Buffer, purpose: string, text: string): string {
  return createHmac('sha256', key).update(`ionflux 1 ${purpose}\n`).update(text).digest('hex')
}

/** Whether two are the same, in a time that tells nothing. */
export function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function readMark(directory: string): ({ readonly id: string } & Macs) | undefined {
  try {
    const file = join(directory, markName)
    const stat = lstatSync(file)
    if (!stat.isFile() || stat.size > markBytesMax) return undefined
    const read = JSON.parse(readFileSync(file, 'utf8')) as Json
    if (!isObject(read)) return undefined
    const { id, byInode, byPath } = read
    const isWhole =
      typeof id === 'string' && typeof byInode === 'string' && typeof byPath === 'string'
    return isWhole ? { id, byInode, byPath } : undefined
  } catch {
    return undefined
  }
}

const keyBytes = 32
const markBytesMax = 1024
