/**
 * Says how large an object is without unpacking it.
 *
 * A file of 600 kB may unpack to 600 MB, so a reader that holds objects in memory asks
 * here first. Only the first bytes of an object are inflated: a header names its size,
 * and a delta names the size of its base and its result.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync, constants } from 'node:zlib'

/** In bytes, of the object or the largest base it is made from; undefined when it is not there. */
export function objectSize(gitDir: string, oid: string): number | undefined {
  const loose = join(gitDir, 'objects', oid.slice(0, 2), oid.slice(2))
  const head = withFile(loose, (file) => readAt(file, 0, 128))
  if (head !== undefined) {
    const match = /^[a-z]+ (\d+)\0/.exec(inflateStart(head).toString('latin1'))
    return match === null ? undefined : Number(match[1])
  }
  const folder = join(gitDir, 'objects/pack')
  for (const name of indexesIn(folder)) {
    const offset = withFile(join(folder, name), (file) => findOffset(file, oid))
    if (offset === undefined) continue
    return withFile(join(folder, name.replace(/idx$/, 'pack')), (file) => sizeAt(file, offset))
  }
  return undefined
}

function indexesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.idx'))
  } catch {
    return []
  }
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return use(file)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(file, buffer, 0, length, position))
}

/** What the first bytes of a deflated stream unpack to, as far as they go. */
function inflateStart(bytes: Buffer): Buffer {
  try {
    return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1024 * 1024 })
  } catch {
    return Buffer.alloc(0)
  }
}

const idxHeader = 8
const fanoutBytes = 256 * 4

/** Looks `oid` up in a pack index of version 2 by bisection. */
function findOffset(file: number, oid: string): number | undefined {
  const wanted = Buffer.from(oid, 'hex')
  const head = readAt(file, 0, idxHeader + fanoutBytes)
  if (head.length < idxHeader + fanoutBytes || head.readUInt32BE(0) !== 0xff744f63) return undefined
  const first = wanted[0] ?? 0
  const count = head.readUInt32BE(idxHeader + 255 * 4)
  let low = first === 0 ? 0 : head.readUInt32BE(idxHeader + (first - 1) * 4)
  let high = head.readUInt32BE(idxHeader + first * 4)
  const names = idxHeader + fanoutBytes
  const bucket = readAt(file, names + low * 20, (high - low) * 20)
  for (const base = low; low < high;) {
    const middle = (low + high) >> 1
    const order = bucket.subarray((middle - base) * 20, (middle - base) * 20 + 20).compare(wanted)
    if (order === 0) return offsetOf(file, count, middle)
    if (order < 0) low = middle + 1
    else high = middle
  }
  return undefined
}

function offsetOf(file: number, count: number, index: number): number {
  const offsets = idxHeader + fanoutBytes + count * 24
  const small = readAt(file, offsets + index * 4, 4).readUInt32BE(0)
  if (small < 0x80000000) return small
  const large = readAt(file, offsets + count * 4 + (small - 0x80000000) * 8, 8)
  return Number(large.readBigUInt64BE(0))
}

const ofsDelta = 6
const refDelta = 7

/** Type and size in front of an object; for a delta the larger of its base and its result. */
function sizeAt(file: number, offset: number): number | undefined {
  const bytes = readAt(file, offset, 256)
  const type = ((bytes[0] ?? 0) >> 4) & 7
  const header = variable(bytes, 0, 4)
  if (type !== ofsDelta && type !== refDelta) return header.value
  const skipped = type === refDelta ? header.next + 20 : afterOffset(bytes, header.next)
  const delta = inflateStart(bytes.subarray(skipped))
  if (delta.length < 2) return undefined
  const base = variable(delta, 0, 7)
  return Math.max(base.value, variable(delta, base.next, 7).value)
}

/** A little-endian number of 7 bits a byte; the first byte holds `firstBits` of it. */
function variable(bytes: Buffer, at: number, firstBits: number): { value: number; next: number } {
  let value = (bytes[at] ?? 0) & ((1 << firstBits) - 1)
  let scale = 2 ** firstBits
  let next = at + 1
  for (let byte = bytes[at] ?? 0; byte & 0x80 && next < bytes.length; next++) {
    byte = bytes[next] ?? 0
    value += (byte & 0x7f) * scale
    scale *= 128
  }
  return { value, next }
}

function afterOffset(bytes: Buffer, at: number): number {
  let next = at
  while (next < bytes.length && (bytes[next] ?? 0) & 0x80) next++
  return next + 1
}
