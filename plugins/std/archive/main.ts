/** Looks into archives, and makes them. */
import type { Action, Context } from 'ionflux/plugin'

import { gunzip as unpack } from './gzip.ts'
import { isTar, tarEntriesOf, writeTar } from './tar.ts'
import { writeZip } from './zip-write.ts'
import { contentOf, entriesOf, isSafe } from './zip.ts'

type Encoding = 'text' | 'base64'
const entriesMax = 10_000
const bytesMaxDefault = 8 * 1024 * 1024
const tarBytesMax = 64 * 1024 * 1024

interface Listed {
  readonly path: string
  readonly size: number
  readonly packed: number
  readonly is_folder: boolean
  readonly is_safe: boolean
}

/** What is in an archive. */
export const list: Action<{ readonly data: string }, readonly Listed[]> = ({ data }, context) =>
  open(read(data, context), context).map(({ path, size, packed, isFolder }) => ({
    path,
    size,
    packed,
    is_folder: isFolder,
    is_safe: isSafe(path),
  }))

interface Read {
  readonly data: string
  readonly paths?: readonly string[]
  readonly as?: Encoding
  readonly bytes_max?: number
}

/** The files of an archive. */
export const files: Action<Read> = (input, context) => {
  const { paths, as = 'text', bytes_max: bytesMax = bytesMaxDefault } = input
  const entries = open(read(input.data, context), context).filter((entry) => entry.isFile)
  const chosen = paths === undefined ? entries : paths.map((path) => find(entries, path, context))
  let left = bytesMax
  return chosen.map((entry) => {
    if (!isSafe(entry.path))
      return context.fail('path_unsafe', `"${entry.path}" leads out of the archive.`)
    const content = entry.read(left)
    left -= content.length
    return { path: entry.path, size: entry.size, content: written(content, as, context) }
  })
}

/** One thing in an archive, of whichever format. */
interface Thing {
  readonly path: string
  readonly size: number
  readonly packed: number
  readonly isFolder: boolean
  readonly isFile: boolean
  /** Its bytes, at most `sizeMax`. */
  read(sizeMax: number): Uint8Array
}

/** ZIP, TAR, or TAR in GZIP, by what the bytes begin with. */
function open(bytes: Uint8Array, context: Context): readonly Thing[] {
  const refuse = context.fail
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
  const whole = isPacked ? unpack(bytes, tarBytesMax, refuse) : bytes
  if (isTar(whole)) {
    return tarEntriesOf(whole, entriesMax, refuse).map((entry) => ({
      ...entry,
      packed: entry.size,
      read: (sizeMax) =>
        entry.size > sizeMax
          ? refuse('too_large', `"${entry.path}" makes the output larger than is allowed.`)
          : whole.subarray(entry.at, entry.at + entry.size),
    }))
  }
  return entriesOf(whole, entriesMax, refuse).map((entry) => ({
    ...entry,
    isFile: !entry.isFolder,
    read: (sizeMax) => contentOf(whole, entry, { sizeMax, refuse }),
  }))
}

/** Of two entries with one path the last one counts, as it does where they are unpacked. */
function find(entries: readonly Thing[], path: string, context: Context): Thing {
  const entry = entries.findLast((one) => one.path === path)
  return entry ?? context.fail('not_found', `The archive has no file "${path}".`)
}

interface Pack {
  readonly files: readonly {
    readonly path: string
    readonly text?: string
    readonly base64?: string
  }[]
  readonly format?: 'zip' | 'tar'
}

/** Files as an archive in Base64. */
export const pack: Action<Pack, string> = ({ files: given, format = 'zip' }, context) => {
  const seen = new Set<string>()
  const packed = given.map(({ path, text = '', base64 }) => {
    if (!isSafe(path) || path.endsWith('/'))
      return context.fail('path_unsafe', `"${path}" is no path of a file in an archive.`)
    if (seen.has(path)) return context.fail('path_taken', `"${path}" is there twice.`)
    seen.add(path)
    const bytes = base64 === undefined ? new TextEncoder().encode(text) : read(base64, context)
    return { path, bytes }
  })
  return (format === 'zip' ? writeZip(packed) : writeTar(packed)).toBase64()
}

interface Gunzip {
  readonly data: string
  readonly as?: Encoding
  readonly bytes_max?: number
}

/** What is packed with GZIP. */
export const gunzip: Action<Gunzip, string> = (
  { data, as = 'text', bytes_max = bytesMaxDefault },
  context,
) => written(unpack(read(data, context), bytes_max, context.fail), as, context)

function read(data: string, context: Context): Uint8Array {
  try {
    return Uint8Array.fromBase64(data.replaceAll(/[\r\n]/g, ''))
  } catch {
    return context.fail('encoding_malformed', 'The data is no Base64.')
  }
}

function written(bytes: Uint8Array, as: Encoding, context: Context): string {
  if (as === 'base64') return bytes.toBase64()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return context.fail('not_text', 'A file is no text in UTF-8; ask for it as base64.')
  }
}
