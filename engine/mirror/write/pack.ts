/**
 * Objects as one pack, the form in which the system's git takes many at once.
 */
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

import type { NewObject, ObjectFormat } from './objects.ts'

const kinds = { commit: 1, tree: 2, blob: 3, tag: 4 } as const

/** A pack of version 2 with every object whole. */
export function packOf(format: ObjectFormat, objects: readonly NewObject[]): Uint8Array {
  const head = Buffer.alloc(12)
  head.write('PACK', 0, 'latin1')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.length, 8)
  const parts = objects.flatMap(({ kind, bytes }) => [
    headerOf(kinds[kind], bytes.length),
    deflateSync(bytes),
  ])
  const body = Buffer.concat([head, ...parts])
  return Buffer.concat([body, createHash(format).update(body).digest()])
}

/** Kind and size: four bits of size in the first byte, seven in each that follows. */
function headerOf(kind: number, size: number): Uint8Array {
  const bytes: number[] = []
  let left = Math.floor(size / 16)
  bytes.push((left > 0 ? 0x80 : 0) | (kind << 4) | (size & 15))
  while (left > 0) {
    const next = Math.floor(left / 128)
    bytes.push((next > 0 ? 0x80 : 0) | (left & 127))
    left = next
  }
  return Uint8Array.from(bytes)
}
