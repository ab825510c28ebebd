/**
 * Whether Git tracks a file or folder, read from the index: what is tracked came with the
 * repository, or goes away with it.
 *
 * No program is started and no Git library loaded, because every start asks this. An index
 * that cannot be read counts as one that tracks: the answer decides about trust.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'

import { gitDirectory } from '#engine/host/repository/head.ts'

/** Whether the repository around `path` tracks it, or anything in it. */
export function isTracked(path: string): boolean {
  const parent = realOf(dirname(resolve(path)))
  if (parent === undefined) return false
  for (let at = parent; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) {
      const directory = gitDirectory(at)
      const inside = relative(at, join(parent, basename(path)))
        .split(sep)
        .join('/')
      return directory !== undefined && tracks(directory, inside)
    }
    if (dirname(at) === at) return false
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function tracks(directory: string, path: string): boolean {
  // Letters are compared without their case: so do some file systems.
  const wanted = Buffer.from(path).toString('latin1').toLowerCase()
  try {
    const names = readdirSync(directory).filter((name) => /^(?:index$|sharedindex\.)/.test(name))
    return names.some((name) => indexHas(readFileSync(join(directory, name)), directory, wanted))
  } catch {
    return true
  }
}

function indexHas(index: Buffer, directory: string, wanted: string): boolean {
  if (index.toString('latin1', 0, 4) !== 'DIRC') return true
  const version = index.readUInt32BE(4)
  if (version !== 2 && version !== 3 && version !== 4) return true
  // Whole paths are in the text of all but version 4.
  if (version < 4 && !index.toString('latin1').toLowerCase().includes(wanted)) return false
  for (const name of entriesOf(index, version, idBytesOf(directory))) {
    const low = name.toLowerCase()
    if (low === wanted || low.startsWith(`${wanted}/`)) return true
    // A sparse index has whole folders as one entry.
    if (low.endsWith('/') && wanted.startsWith(low)) return true
  }
  return false
}

/** The paths of an index, as bytes in Latin-1. Throws where it is not what it says. */
function* entriesOf(index: Buffer, version: number, idBytes: number): Generator<string> {
  const count = index.readUInt32BE(8)
  let at = 12
  let name = ''
  for (let entry = 0; entry < count; entry++) {
    const start = at
    at += 40 + idBytes
    const isExtended = (index.readUInt16BE(at) & 0x4000) !== 0
    at += isExtended ? 4 : 2
    if (version === 4) {
      const [dropped, next] = varint(index, at)
      name = name.slice(0, name.length - dropped)
      at = next
    } else name = ''
    const end = index.indexOf(0, at)
    if (end === -1) throw new RangeError('the index ends within a path')
    name += index.toString('latin1', at, end)
    // Up to version 3 an entry is filled up to a multiple of eight, with one zero at least.
    at = version === 4 ? end + 1 : start + ((end - start + 8) & ~7)
    yield name
  }
}

/** The numbers of an index: seven bits a byte, the highest first, each length counted anew. */
function varint(index: Buffer, start: number): readonly [value: number, next: number] {
  let at = start
  let byte = index.readUInt8(at++)
  let value = byte & 0x7f
  while ((byte & 0x80) !== 0) {
    byte = index.readUInt8(at++)
    value = (value + 1) * 128 + (byte & 0x7f)
  }
  return [value, at]
}

function idBytesOf(directory: string): number {
  const common = join(directory, 'commondir')
  const base = existsSync(common)
    ? resolve(directory, readFileSync(common, 'utf8').trim())
    : directory
  const config = join(base, 'config')
  const text = existsSync(config) ? readFileSync(config, 'utf8') : ''
  return /^\s*objectformat\s*=\s*"?sha256/im.test(text) ? 32 : 20
}
