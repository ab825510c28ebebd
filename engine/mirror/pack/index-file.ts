/**
 * The index of a pack as bytes (version 2), so that readers find an object by its id. Pure.
 */
import { createHash } from 'node:crypto'

export interface IndexRow {
  readonly oid: string
  /** In the pack; packs here are far below 2 GiB. */
  readonly offset: number
  /** Of the packed bytes. */
  readonly crc: number
}

/** `digest` is the one at the end of the pack. The same object twice is one row. */
export function printIndex(rows: readonly IndexRow[], digest: Uint8Array): Buffer {
  const unique = [...new Map(rows.map((row) => [row.oid, row])).values()]
  const sorted = unique.toSorted((a, b) => (a.oid < b.oid ? -1 : 1))
  const fanout = Buffer.alloc(256 * 4)
  const counts = Array.from({ length: 256 }, () => 0)
  for (const { oid } of sorted) {
    const first = Number.parseInt(oid.slice(0, 2), 16)
    counts[first] = (counts[first] ?? 0) + 1
  }
  let sum = 0
  for (const [index, count] of counts.entries()) fanout.writeUInt32BE((sum += count), index * 4)
  const numbers = (pick: (row: IndexRow) => number): Buffer => {
    const buffer = Buffer.alloc(sorted.length * 4)
    for (const [index, row] of sorted.entries()) buffer.writeUInt32BE(pick(row), index * 4)
    return buffer
  }
  const body = Buffer.concat([
    Buffer.from('ff744f6300000002', 'hex'),
    fanout,
    Buffer.from(sorted.map(({ oid }) => oid).join(''), 'hex'),
    numbers(({ crc }) => crc),
    numbers(({ offset }) => offset),
    digest,
  ])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}
