/**
 * Packs as no honest server sends them: the name of the case, the bytes, the code.
 */
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

import { limits } from '#engine/core/limits.ts'

export type PackCase = readonly [name: string, make: () => Uint8Array, code: string]

const refused = 'MIRROR_PACK_REFUSED'
const exceeded = 'MIRROR_LIMIT_EXCEEDED'
const mebibyte = 1024 * 1024
const hello = Buffer.from('hello\n')

/** Type and size, then what follows them. */
function entry(type: number, size: number, ...rest: Uint8Array[]): Buffer {
  const head = [(type << 4) | (size & 15)]
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    const last = head.length - 1
    head[last] = (head[last] ?? 0) | 0x80
    head.push(left & 0x7f)
  }
  return Buffer.concat([Buffer.from(head), ...rest])
}
const blob = (bytes: Uint8Array): Buffer => entry(3, bytes.length, deflateSync(bytes))

export function pack(
  entries: readonly Uint8Array[],
  over: { count?: number; version?: number } = {},
): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK', 'latin1')
  head.writeUInt32BE(over.version ?? 2, 4)
  head.writeUInt32BE(over.count ?? entries.length, 8)
  const body = Buffer.concat([head, ...entries])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

const blobId = createHash('sha1').update('blob 6\0').update(hello).digest()
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]
const delta = (from: number, to: number, ...ops: number[]): Buffer =>
  Buffer.from([...varint(from), ...varint(to), ...ops])
/** A delta whose base is `back` bytes before it. */
const behind = (back: number, bytes: Uint8Array): Buffer =>
  entry(6, bytes.length, Buffer.from([back]), deflateSync(bytes))
const ofId = (base: Uint8Array, bytes: Uint8Array): Buffer =>
  entry(7, bytes.length, base, deflateSync(bytes))
const base = blob(hello)
const on = (bytes: Uint8Array): Buffer => pack([base, behind(base.length, bytes)])
const changed = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  const place = at < 0 ? copy.length + at : at
  copy[place] = (copy[place] ?? 0) ^ 0xff
  return copy
}

export const packCases: readonly PackCase[] = [
  ['nothing', () => Buffer.alloc(0), refused],
  ['a page of the web', () => Buffer.from('<!doctype html><title>404</title> and so on'), refused],
  ['another version', () => pack([base], { version: 3 }), refused],
  ['more objects than it has', () => pack([base], { count: 2 }), refused],
  ['fewer objects than it has', () => pack([base, base], { count: 1 }), refused],
  ['4 billion objects', () => pack([base], { count: 0xffffffff }), exceeded],
  ['another sum than its own', () => changed(pack([base]), -1), refused],
  ['a bit that fell over', () => changed(pack([base]), 14), refused],
  ['an end within an object', () => pack([base.subarray(0, 5)]), refused],
  ['an end within a size', () => pack([Buffer.from([0xb0, 0x80])], { count: 1 }), refused],
  ['an object of type 0', () => pack([entry(0, 6, deflateSync(hello))]), refused],
  ['an object of type 5', () => pack([entry(5, 6, deflateSync(hello))]), refused],
  ['an object that is larger than it says', () => pack([entry(3, 5, deflateSync(hello))]), refused],
  [
    'an object that is smaller than it says',
    () => pack([entry(3, 7, deflateSync(hello))]),
    refused,
  ],
  ['an object that is not deflated', () => pack([entry(3, 6, hello)]), refused],
  [
    '100 MiB in an object of 1 KiB',
    () => pack([entry(3, 1024, deflateSync(Buffer.alloc(100 * mebibyte)))]),
    refused,
  ],
  ['an object of 17 MiB', () => pack([blob(Buffer.alloc(17 * mebibyte))]), exceeded],
  ['an object of 2^60 bytes', () => pack([entry(3, 2 ** 60, deflateSync(hello))]), exceeded],
  ['600 MiB in 38 objects', () => pack(Array.from({ length: 38 }, () => sixteen())), exceeded],
  [
    'a delta without a base',
    () => pack([ofId(Buffer.alloc(20, 1), delta(6, 6, 0x90, 6))]),
    refused,
  ],
  ['a delta on itself', () => pack([behind(0, delta(6, 6, 0x90, 6))]), refused],
  ['a delta on what is before the pack', () => pack([behind(100, delta(6, 6, 0x90, 6))]), refused],
  [
    'a delta on the middle of an object',
    () => pack([base, behind(base.length - 2, delta(6, 6, 0x90, 6))]),
    refused,
  ],
  [
    'deltas on each other',
    () =>
      pack([
        ofId(Buffer.alloc(20, 1), delta(6, 6, 0x90, 6)),
        ofId(Buffer.alloc(20, 2), delta(6, 6, 0x90, 6)),
      ]),
    refused,
  ],
  ['a delta for another size', () => on(delta(7, 6, 0x90, 6)), refused],
  ['a delta that copies from beyond', () => on(delta(6, 7, 0x90, 7)), refused],
  [
    'a delta that copies from far beyond',
    () => on(delta(6, 1, 0x98 | 0x07, 0xff, 0xff, 0xff, 0xff, 1)),
    refused,
  ],
  ['a delta that makes more than it says', () => on(delta(6, 3, 0x90, 6)), refused],
  ['a delta that makes less than it says', () => on(delta(6, 60, 0x90, 6)), refused],
  ['a delta that inserts what is not there', () => on(delta(6, 9, 9, 1, 2)), refused],
  ['a delta with instruction 0', () => on(delta(6, 6, 0)), refused],
  ['a delta that makes 4 GiB', () => on(Buffer.concat([delta(6, 2 ** 32, 0x90, 6)])), exceeded],
  ['a delta without an end', () => on(Buffer.from([0x86, 0x80, 0x80, 0x80])), refused],
  ['a delta of 17 MiB out of 20 KiB', () => bomb(), exceeded],
  ['5,000 deltas on each other', () => chain(limits.mirrorDeltaDepthMax + 900), refused],
  [
    'a delta on an object that comes by id',
    () => pack([ofId(blobId, delta(9, 9, 0x90, 9)), base]),
    refused,
  ],
]

let zeros: Buffer | undefined
function sixteen(): Buffer {
  return (zeros ??= blob(Buffer.alloc(16 * mebibyte)))
}

/** Copies 64 KiB again and again out of one base. */
function bomb(): Buffer {
  const wide = blob(Buffer.alloc(65_536))
  const copies = Array.from({ length: 17 * 16 }, () => 0x80)
  const bytes = delta(65_536, 17 * mebibyte, ...copies)
  return pack([wide, ofBack(wide.length, bytes)])
}

/** The last of them comes first, so that each waits for the next. */
function chain(length: number): Buffer {
  const entries: Buffer[] = [base]
  let id = blobId
  for (let i = 0; i < length; i++) {
    const text = String(i).padStart(6, '0')
    entries.unshift(ofId(id, delta(6, 6, 6, ...Buffer.from(text))))
    id = createHash('sha1').update(`blob 6\0${text}`).digest()
  }
  return pack(entries)
}

/** As `behind`, for any distance. */
function ofBack(distance: number, bytes: Uint8Array): Buffer {
  const groups = [distance & 0x7f]
  for (let left = Math.floor(distance / 128); left > 0; left = Math.floor(left / 128)) {
    left -= 1
    groups.unshift(0x80 | (left & 0x7f))
  }
  return entry(6, bytes.length, Buffer.from(groups), deflateSync(bytes))
}
