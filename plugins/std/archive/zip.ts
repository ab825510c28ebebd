/**
 * Reads ZIP archives by their central directory, the one list of what is in them.
 *
 * Encrypted, split and 64-bit archives are refused; what is unpacked is held against the
 * size and the checksum that the directory names.
 */
import { inflate, TooLarge } from './inflate.ts'

export interface Entry {
  readonly path: string
  readonly size: number
  readonly packed: number
  readonly method: number
  readonly crc: number
  readonly at: number
  readonly isFolder: boolean
  readonly isEncrypted: boolean
}

export type Refuse = (code: string, message: string) => never

const directoryMark = 0x02014b50
const endMark = 0x06054b50
const fileMark = 0x04034b50

export function entriesOf(bytes: Uint8Array, entriesMax: number, refuse: Refuse): readonly Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endOf(view)
  if (end === undefined)
    return refuse('zip_malformed', 'The data has no directory of a ZIP archive.')
  const count = view.getUint16(end + 10, true)
  const start = view.getUint32(end + 16, true)
  if (count === 0xffff || start === 0xffff_ffff || view.getUint16(end + 4, true) !== 0)
    return refuse('zip_unsupported', 'The archive is split or uses 64-bit sizes.')
  if (count > entriesMax)
    return refuse('too_many_entries', `The archive has more than ${entriesMax} entries.`)
  const entries: Entry[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== directoryMark)
      return refuse('zip_malformed', 'The directory of the archive is cut off.')
    const [name, extra, comment] = [28, 30, 32].map((place) =>
      view.getUint16(at + place, true),
    ) as [number, number, number]
    const path = nameOf(bytes.subarray(at + 46, at + 46 + name))
    const flags = view.getUint16(at + 8, true)
    entries.push({
      path,
      size: view.getUint32(at + 24, true),
      packed: view.getUint32(at + 20, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      at: view.getUint32(at + 42, true),
      isFolder: path.endsWith('/'),
      isEncrypted: (flags & 1) !== 0,
    })
    at += 46 + name + extra + comment
  }
  return entries
}

/** The end of the directory, before a comment of at most 64 KiB. */
function endOf(view: DataView): number | undefined {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 65_535); at--) {
    if (
      view.getUint32(at, true) === endMark &&
      at + 22 + view.getUint16(at + 20, true) === view.byteLength
    )
      return at
  }
  return undefined
}

/** UTF-8, or the letters that old archives share with it; others become U+FFFD. */
function nameOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** Whether a path stays inside of the folder that an archive is unpacked to. */
export function isSafe(path: string): boolean {
  if (
    path === '' ||
    path.startsWith('/') ||
    path.includes('\\') ||
    path.includes('\0') ||
    /^[A-Za-z]:/.test(path)
  )
    return false
  return !path
    .replace(/\/$/, '')
    .split('/')
    .some((part) => part === '..' || part === '.' || part === '')
}

/** What an entry holds; more than `sizeMax` bytes are refused, whatever the directory says. */
export function contentOf(
  bytes: Uint8Array,
  entry: Entry,
  { sizeMax, refuse }: { sizeMax: number; refuse: Refuse },
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { path, at, packed, method, size, crc } = entry
  if (entry.isEncrypted || (method !== 0 && method !== 8))
    return refuse('zip_unsupported', `"${path}" is encrypted or packed in a way that is not known.`)
  if (at + 30 > bytes.length || view.getUint32(at, true) !== fileMark)
    return refuse('zip_malformed', `"${path}" is not where the directory says.`)
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true)
  if (start + packed > bytes.length) return refuse('zip_malformed', `"${path}" is cut off.`)
  if (size > sizeMax)
    return refuse('too_large', `"${path}" makes the output larger than is allowed.`)
  const data = bytes.subarray(start, start + packed)
  const content = method === 0 ? data : unpack(data, size, { path, refuse })
  if (content === undefined || content.length !== size || crc32(content) !== crc)
    return refuse(
      'zip_malformed',
      `"${path}" is not what the directory says: its size or checksum differs.`,
    )
  return content
}

function unpack(
  data: Uint8Array,
  size: number,
  { path, refuse }: { path: string; refuse: Refuse },
): Uint8Array | undefined {
  try {
    return inflate(data, size)
  } catch (thrown) {
    if (!(thrown instanceof TooLarge)) throw thrown
    return refuse('zip_malformed', `"${path}" is larger than the directory says.`)
  }
}

const table = Int32Array.from({ length: 256 }, (_, n) => {
  let value = n
  for (let bit = 0; bit < 8; bit++)
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

export function crc32(bytes: Uint8Array): number {
  let value = -1
  for (let i = 0; i < bytes.length; i++) {
    value = (value >>> 8) ^ (table[(value ^ (bytes[i] as number)) & 255] as number)
  }
  return ~value >>> 0
}
