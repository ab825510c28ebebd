/**
 * The entries of a pack, one after the other: type, size and the bytes they unpack to.
 *
 * Nothing is unpacked beyond the size that an entry names, and no entry may name more
 * than a mirror bears, so a small pack cannot fill the memory.
 */
import { constants, inflateSync } from 'node:zlib'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

export type EntryKind = 'commit' | 'tree' | 'blob' | 'tag'

export interface PackEntry {
  /** Where it begins in the pack, and where the next one does. */
  readonly start: number
  readonly end: number
  /** Absent for a delta. */
  readonly kind?: EntryKind
  /** Where the packed bytes begin. */
  readonly data: number
  readonly size: number
  /** Of a delta: the base by place in this pack, or by id. */
  readonly base?: number | string
}

const kinds: Readonly<Record<number, EntryKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' }
const headBytes = 12
export const trailerBytes = 20

/** How many objects a pack says it has. Throws `MIRROR_LIMIT_EXCEEDED`, or an `Error` for no pack. */
export function countOf(pack: Buffer): number {
  if (pack.length < headBytes + trailerBytes || pack.toString('latin1', 0, 4) !== 'PACK')
    throw new Error('it does not begin as a pack')
  if (pack.readUInt32BE(4) !== 2) throw new Error('it is of another version than 2')
  const count = pack.readUInt32BE(8)
  if (count > limits.mirrorObjectsMax) {
    throw overLimit(`${count} objects`, limits.mirrorObjectsMax)
  }
  return count
}

/** Reads where each entry is; every one is unpacked once on the way, and dropped. */
export function readEntries(pack: Buffer): readonly PackEntry[] {
  const count = countOf(pack)
  const entries: PackEntry[] = []
  let at = headBytes
  let unpacked = 0
  for (let index = 0; index < count; index++) {
    const head = readHead(pack, at)
    unpacked += head.size
    if (unpacked > limits.mirrorUnpackedBytesMax)
      throw overLimit(`${unpacked} bytes unpacked`, limits.mirrorUnpackedBytesMax)
    const { used } = unpack(pack, head)
    at = head.data + used
    entries.push({ ...head, end: at })
  }
  if (at !== pack.length - trailerBytes) throw new Error('something follows its last object')
  return entries
}

/** The bytes of one entry: of a delta, the delta. */
export function bytesOf(pack: Buffer, entry: PackEntry): Buffer {
  return unpack(pack, entry).bytes
}

function readHead(pack: Buffer, start: number): Omit<PackEntry, 'end'> {
  const end = pack.length - trailerBytes
  let at = start
  const next = (): number => {
    if (at >= end) throw new Error('it is cut within an object')
    return pack[at++] ?? 0
  }
  let byte = next()
  const type = (byte >> 4) & 7
  let size = byte & 15
  for (let scale = 16; (byte & 0x80) !== 0; scale *= 128) {
    byte = next()
    size += (byte & 0x7f) * scale
    if (size > limits.gitBlobBytesMax) break
  }
  if (size > limits.gitBlobBytesMax)
    throw overLimit(`an object of ${size} bytes`, limits.gitBlobBytesMax)
  const kind = kinds[type]
  if (kind !== undefined) return { start, kind, data: at, size }
  if (type === 7) {
    if (at + 20 > end) throw new Error('it is cut within an object')
    const base = pack.toString('hex', at, at + 20)
    return { start, data: at + 20, size, base }
  }
  if (type !== 6) throw new Error(`an object has the unknown type ${type}`)
  byte = next()
  let back = byte & 0x7f
  for (let length = 0; (byte & 0x80) !== 0; length++) {
    if (length > 6) throw new Error('a delta has no base')
    byte = next()
    back = (back + 1) * 128 + (byte & 0x7f)
  }
  if (back === 0 || back > start - headBytes) throw new Error('a delta has no base')
  return { start, data: at, size, base: start - back }
}

interface Unpacked {
  readonly bytes: Buffer
  /** How many packed bytes it took. */
  readonly used: number
}

function unpack(
  pack: Buffer,
  { data, size }: { readonly data: number; readonly size: number },
): Unpacked {
  // A stored block costs 5 bytes in 65,535; what is packed is never much larger than that.
  const most = size + Math.ceil(size / 1_000) * 6 + 64
  const packed = pack.subarray(data, Math.min(data + most, pack.length - trailerBytes))
  let result: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
  try {
    result = inflateSync(packed, {
      info: true,
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.max(64, size),
      finishFlush: constants.Z_FINISH,
    }) as unknown as typeof result
  } catch (cause) {
    throw new Error('an object is damaged, or not as large as it says', { cause })
  }
  if (result.buffer.length !== size) throw new Error('an object is not as large as it says')
  return { bytes: result.buffer, used: result.engine.bytesWritten }
}

function overLimit(what: string, max: number): IonError {
  return new IonError(
    'MIRROR_LIMIT_EXCEEDED',
    `The repository sends ${what}, and a mirror takes ${max} at most.`,
    { data: { what, max } },
  )
}
