/** Looks into archives. */
import type { Action, Context } from 'ionflux/plugin'

import { fromBase64, toBase64 } from './base64.ts'
import { gunzip as unpack } from './gzip.ts'
import { contentOf, entriesOf, isSafe, type Entry } from './zip.ts'

type Encoding = 'text' | 'base64'
const entriesMax = 10_000
const bytesMaxDefault = 8 * 1024 * 1024

interface Listed {
  readonly path: string
  readonly size: number
  readonly packed: number
  readonly is_folder: boolean
  readonly is_safe: boolean
}

/** What is in a ZIP archive. */
export const list: Action<{ readonly data: string }, readonly Listed[]> = ({ data }, context) =>
  entriesOf(read(data, context), entriesMax, context.fail).map((entry) => ({
    path: entry.path,
    size: entry.size,
    packed: entry.packed,
    is_folder: entry.isFolder,
    is_safe: isSafe(entry.path),
  }))

interface Read {
  readonly data: string
  readonly paths?: readonly string[]
  readonly as?: Encoding
  readonly bytes_max?: number
}

/** The files of a ZIP archive. */
export const files: Action<Read> = (input, context) => {
  const { paths, as = 'text', bytes_max: bytesMax = bytesMaxDefault } = input
  const bytes = read(input.data, context)
  const entries = entriesOf(bytes, entriesMax, context.fail).filter((entry) => !entry.isFolder)
  const chosen = paths === undefined ? entries : paths.map((path) => find(entries, path, context))
  let left = bytesMax
  return chosen.map((entry) => {
    if (!isSafe(entry.path))
      return context.fail('path_unsafe', `"${entry.path}" leads out of the archive.`)
    const content = contentOf(bytes, entry, { sizeMax: left, refuse: context.fail })
    left -= content.length
    return { path: entry.path, size: entry.size, content: written(content, as, context) }
  })
}

/** Of two entries with one path the last one counts, as it does where they are unpacked. */
function find(entries: readonly Entry[], path: string, context: Context): Entry {
  const entry = entries.findLast((one) => one.path === path)
  return entry ?? context.fail('not_found', `The archive has no file "${path}".`)
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
  const bytes = fromBase64(data, false)
  return bytes ?? context.fail('encoding_malformed', 'The data is no Base64.')
}

function written(bytes: Uint8Array, as: Encoding, context: Context): string {
  if (as === 'base64') return toBase64(bytes, false)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return context.fail('not_text', 'A file is no text in UTF-8; ask for it as base64.')
  }
}
