/**
 * Reads and writes TAR archives: the format of POSIX with its long paths, and those of GNU.
 *
 * Links, devices and what else is no file or folder is listed as what it is and never read.
 * A header whose sum is wrong ends the reading, because nothing behind it can be trusted.
 */
import type { Refuse } from './zip.ts'

export interface TarEntry {
  readonly path: string
  readonly size: number
  readonly isFolder: boolean
  readonly isFile: boolean
  /** Where its bytes begin. */
  readonly at: number
}

const block = 512

/** Whether the bytes begin like an archive. */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= block && sumOf(bytes, 0) === numberAt(bytes, 148, 8)
}

export function tarEntriesOf(
  bytes: Uint8Array,
  entriesMax: number,
  refuse: Refuse,
): readonly TarEntry[] {
  const entries: TarEntry[] = []
  let long: { path?: string; size?: number } = {}
  for (let at = 0; at + block <= bytes.length;) {
    if (isEmpty(bytes, at)) break
    if (sumOf(bytes, at) !== numberAt(bytes, at + 148, 8))
      return refuse('tar_malformed', 'A header of the archive has a wrong sum.')
    const size = long.size ?? numberAt(bytes, at + 124, 12)
    const start = at + block
    if (!Number.isSafeInteger(size) || size < 0 || start + size > bytes.length)
      return refuse('tar_malformed', 'The archive is cut off.')
    const kind = String.fromCharCode(bytes[at + 156] ?? 0)
    const data = bytes.subarray(start, start + size)
    if (kind === 'x') long = { ...long, ...paxOf(data, refuse) }
    else if (kind === 'L') long = { ...long, path: textOf(data) }
    else if (kind !== 'g' && kind !== 'K') {
      const path = long.path ?? pathAt(bytes, at)
      const isFolder = kind === '5' || path.endsWith('/')
      const isFile = !isFolder && (kind === '0' || kind === '\0' || kind === '7')
      entries.push({ path, size: isFile ? size : 0, isFolder, isFile, at: start })
      long = {}
    }
    if (entries.length > entriesMax)
      return refuse('too_many_entries', `The archive has more than ${entriesMax} entries.`)
    at = start + Math.ceil(size / block) * block
  }
  return entries
}

/** Folder and name; the old format has no folder there, but its own things. */
function pathAt(bytes: Uint8Array, at: number): string {
  const name = textOf(bytes.subarray(at, at + 100))
  const isPosix = textOf(bytes.subarray(at + 257, at + 262)) === 'ustar' && bytes[at + 262] === 0
  const folder = isPosix ? textOf(bytes.subarray(at + 345, at + 500)) : ''
  return folder === '' ? name : `${folder}/${name}`
}

/** `27 path=a/long/path\n`, with the length of each line in bytes. */
function paxOf(data: Uint8Array, refuse: Refuse): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {}
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(32, at)
    const length = Number(textOf(data.subarray(at, space)))
    if (space < 0 || !Number.isInteger(length) || length < 4 || at + length > data.length)
      return refuse('tar_malformed', 'An extended header of the archive is malformed.')
    const line = new TextDecoder().decode(data.subarray(space + 1, at + length - 1))
    if (line.startsWith('path=')) found.path = line.slice('path='.length)
    if (line.startsWith('size=')) found.size = Number(line.slice('size='.length))
    at += length
  }
  return found
}

/** Up to the first zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** Octal digits; large numbers of GNU are bytes behind a high bit. */
function numberAt(bytes: Uint8Array, at: number, length: number): number {
  if (((bytes[at] ?? 0) & 0x80) !== 0) {
    let value = (bytes[at] ?? 0) & 0x7f
    for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0)
    return value
  }
  const digits = textOf(bytes.subarray(at, at + length)).trim()
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN
}

/** The bytes of a header, those of the sum itself as spaces. */
function sumOf(bytes: Uint8Array, at: number): number {
  let sum = 8 * 32
  for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += bytes[at + i] ?? 0
  return sum
}

function isEmpty(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + block; i++) if (bytes[i] !== 0) return false
  return true
}

/** An archive of files; equal files give equal bytes. */
export function writeTar(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Uint8Array {
  const pieces = files.flatMap(({ path, bytes }) => {
    const name = new TextEncoder().encode(path)
    const line = new TextEncoder().encode(paxLine(path))
    const long = name.length <= 100 ? [] : [header('pax', line.length, 'x'), padded(line)]
    return [...long, header(path, bytes.length, '0'), padded(bytes)]
  })
  return joined([...pieces, new Uint8Array(2 * block)])
}

function paxLine(path: string): string {
  const size = new TextEncoder().encode(` path=${path}\n`).length
  const length = [1, 2, 3, 4, 5]
    .map((digits) => size + digits)
    .find((all, i) => String(all).length === i + 1)
  return `${length} path=${path}\n`
}

function header(path: string, size: number, kind: string): Uint8Array {
  const bytes = new Uint8Array(block)
  const put = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at)
  bytes.set(new TextEncoder().encode(path).subarray(0, 100))
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${size.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(156, kind)
  put(257, 'ustar\u000000')
  put(148, `${sumOf(bytes, 0).toString(8).padStart(6, '0')}\0 `)
  return bytes
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / block) * block)
  whole.set(bytes)
  return whole
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
