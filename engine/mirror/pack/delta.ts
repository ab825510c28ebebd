/**
 * Git's delta: an object said as pieces of another one and new bytes. Pure.
 */

/** The sizes that a delta names. Throws an `Error` for one that is cut. */
export function deltaSizes(delta: Uint8Array): { readonly base: number; readonly result: number } {
  const base = readSize(delta, 0)
  return { base: base.value, result: readSize(delta, base.next).value }
}

/** The object that `delta` makes of `base`. Throws an `Error` for what does not fit. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Buffer {
  const from = readSize(delta, 0)
  const to = readSize(delta, from.next)
  if (from.value !== base.length) throw new Error('a delta is for another object')
  const result = Buffer.allocUnsafe(to.value)
  let at = to.next
  let filled = 0
  while (at < delta.length) {
    const op = delta[at++] ?? 0
    if (op === 0) throw new Error('a delta has an unknown instruction')
    const copy = (op & 0x80) === 0 ? undefined : readCopy(delta, at, op)
    const source = copy === undefined ? delta : base
    const start = copy === undefined ? at : copy.offset
    const size = copy === undefined ? op : copy.size
    if (start + size > source.length || filled + size > result.length)
      throw new Error('a delta reaches out of its object')
    result.set(source.subarray(start, start + size), filled)
    filled += size
    at = copy === undefined ? at + size : copy.next
  }
  if (filled !== result.length) throw new Error('a delta is shorter than it says')
  return result
}

/** Offset and size: each byte is there when its bit of the instruction is set. */
function readCopy(
  delta: Uint8Array,
  start: number,
  op: number,
): { readonly offset: number; readonly size: number; readonly next: number } {
  let at = start
  const number = (bits: readonly number[]): number => {
    let value = 0
    for (const [index, bit] of bits.entries())
      if ((op & bit) !== 0) value += (delta[at++] ?? 0) * 256 ** index
    return value
  }
  const offset = number([0x01, 0x02, 0x04, 0x08])
  const size = number([0x10, 0x20, 0x40])
  if (at > delta.length) throw new Error('a delta is cut')
  return { offset, size: size === 0 ? 0x10000 : size, next: at }
}

function readSize(delta: Uint8Array, start: number): { value: number; next: number } {
  let value = 0
  let scale = 1
  for (let at = start; at < delta.length && at - start < 8; at++) {
    const byte = delta[at] ?? 0
    value += (byte & 0x7f) * scale
    if ((byte & 0x80) === 0) return { value, next: at + 1 }
    scale *= 128
  }
  throw new Error('a delta is cut')
}
