/**
 * Unpacks what was packed with DEFLATE (RFC 1951), up to a size.
 *
 * The size that an archive names is no promise, so what comes out is counted while it
 * comes out. Undefined where the bytes are no such stream.
 */
interface Tree {
  /** How many codes have each length. */
  readonly counts: Uint16Array
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array
}

interface Stream {
  readonly bytes: Uint8Array
  at: number
  bits: number
  held: number
  readonly out: Uint8Array
  size: number
}

class Broken extends Error {}
export class TooLarge extends Error {}

/** What is packed in `bytes`; throws `TooLarge` beyond `sizeMax`. */
export function inflate(bytes: Uint8Array, sizeMax: number): Uint8Array | undefined {
  const stream: Stream = { bytes, at: 0, bits: 0, held: 0, out: new Uint8Array(sizeMax), size: 0 }
  try {
    for (;;) {
      const isLast = take(stream, 1) === 1
      const kind = take(stream, 2)
      if (kind === 0) stored(stream)
      else if (kind === 1) packed(stream, fixed.lengths, fixed.distances)
      else if (kind === 2) dynamic(stream)
      else throw new Broken()
      if (isLast) return stream.out.slice(0, stream.size)
    }
  } catch (thrown) {
    if (thrown instanceof Broken) return undefined
    throw thrown
  }
}

function take(stream: Stream, count: number): number {
  while (stream.held < count) {
    const byte = stream.bytes[stream.at++]
    if (byte === undefined) throw new Broken()
    stream.bits |= byte << stream.held
    stream.held += 8
  }
  const value = stream.bits & ((1 << count) - 1)
  stream.bits >>>= count
  stream.held -= count
  return value
}

function reserve(stream: Stream, count: number): void {
  if (stream.size + count > stream.out.length) throw new TooLarge()
}

function stored(stream: Stream): void {
  stream.bits = 0
  stream.held = 0
  const { bytes } = stream
  const length = (bytes[stream.at] ?? 0) | ((bytes[stream.at + 1] ?? 0) << 8)
  const check = (bytes[stream.at + 2] ?? 0) | ((bytes[stream.at + 3] ?? 0) << 8)
  stream.at += 4
  if (length !== (~check & 0xffff) || stream.at + length > bytes.length) throw new Broken()
  reserve(stream, length)
  stream.out.set(bytes.subarray(stream.at, stream.at + length), stream.size)
  stream.at += length
  stream.size += length
}

function treeOf(lengths: readonly number[]): Tree {
  const counts = new Uint16Array(16)
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
  counts[0] = 0
  const offsets = new Uint16Array(16)
  let left = 1
  for (let i = 1; i < 16; i++) {
    left = left * 2 - (counts[i] ?? 0)
    // More codes than bits can tell apart.
    if (left < 0) throw new Broken()
    offsets[i] = (offsets[i - 1] ?? 0) + (counts[i - 1] ?? 0)
  }
  const symbols = new Uint16Array(lengths.length)
  lengths.forEach((length, symbol) => {
    if (length === 0) return
    symbols[offsets[length] ?? 0] = symbol
    offsets[length] = (offsets[length] ?? 0) + 1
  })
  return { counts, symbols }
}

/** Reads one code bit by bit; codes of one length are numbers in a row. */
function symbol(stream: Stream, { counts, symbols }: Tree): number {
  let code = 0
  let first = 0
  let index = 0
  for (let length = 1; length < 16; length++) {
    if (stream.held === 0) {
      const byte = stream.bytes[stream.at++]
      if (byte === undefined) throw new Broken()
      stream.bits = byte
      stream.held = 8
    }
    code |= stream.bits & 1
    stream.bits >>>= 1
    stream.held--
    const count = counts[length] as number
    if (code - count < first) return symbols[index + code - first] as number
    index += count
    first = (first + count) << 1
    code <<= 1
  }
  throw new Broken()
}

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
]
const lengthBits = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
]

function packed(stream: Stream, lengths: Tree, distances: Tree): void {
  const { out } = stream
  for (;;) {
    const code = symbol(stream, lengths)
    if (code === 256) return
    if (code < 256) {
      reserve(stream, 1)
      out[stream.size++] = code
      continue
    }
    const base = lengthBase[code - 257]
    if (base === undefined) throw new Broken()
    const length = base + take(stream, lengthBits[code - 257] ?? 0)
    const far = symbol(stream, distances)
    const distance = (distanceBase[far] ?? 0) + take(stream, far < 2 ? 0 : (far >> 1) - 1)
    if (far > 29 || distance > stream.size) throw new Broken()
    reserve(stream, length)
    for (let i = 0; i < length; i++)
      out[stream.size + i] = out[stream.size + i - distance] as number
    stream.size += length
  }
}

const fixed = {
  lengths: treeOf(
    Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
  ),
  distances: treeOf(Array.from({ length: 30 }, () => 5)),
}
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

function dynamic(stream: Stream): void {
  const lengthCount = take(stream, 5) + 257
  const distanceCount = take(stream, 5) + 1
  const codeCount = take(stream, 4) + 4
  const codes = Array.from({ length: 19 }, () => 0)
  for (let i = 0; i < codeCount; i++) codes[order[i] as number] = take(stream, 3)
  const tree = treeOf(codes)
  const lengths: number[] = []
  while (lengths.length < lengthCount + distanceCount) {
    const code = symbol(stream, tree)
    if (code < 16) {
      lengths.push(code)
      continue
    }
    if (code === 16 && lengths.length === 0) throw new Broken()
    const value = code === 16 ? (lengths.at(-1) as number) : 0
    const times =
      code === 16 ? 3 + take(stream, 2) : code === 17 ? 3 + take(stream, 3) : 11 + take(stream, 7)
    for (let i = 0; i < times; i++) lengths.push(value)
  }
  if (lengths.length > lengthCount + distanceCount || lengths[256] === 0) throw new Broken()
  packed(stream, treeOf(lengths.slice(0, lengthCount)), treeOf(lengths.slice(lengthCount)))
}
