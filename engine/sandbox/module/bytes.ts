/**
 * Reads the pieces that WebAssembly's binary format is made of, and writes the one that
 * is written back. Every read is inside the bytes, or the module is malformed.
 */

/** Thrown for bytes that are no module, or one that may not run here; the message ends a sentence. */
export class Refused extends Error {}

const text = new TextDecoder('utf-8', { fatal: true })

export class Reader {
  readonly #bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.at = at
    this.end = end
  }

  get isDone(): boolean {
    return this.at >= this.end
  }

  byte(): number {
    if (this.at >= this.end) throw new Refused('it ends in the middle')
    return this.#bytes[this.at++] as number
  }

  /** Goes past `count` bytes. */
  skip(count: number): void {
    if (count > this.end - this.at) throw new Refused('it ends in the middle')
    this.at += count
  }

  /** An unsigned number of at most 32 bits. */
  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value += (byte & 127) * 2 ** shift
      if (byte < 128) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    throw new Refused('a number in it is too large')
  }

  /** A number of at most `bits` bits whose value does not matter. */
  number(bits: 32 | 33 | 64): void {
    for (let count = Math.ceil(bits / 7); count > 0; count--) if (this.byte() < 128) return
    throw new Refused('a number in it is too large')
  }

  /** A signed number of at most 32 bits. */
  s32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 127) << shift
      if (byte >= 128) continue
      return byte >= 64 && shift < 25 ? value | (-1 << (shift + 7)) : value
    }
    throw new Refused('a number in it is too large')
  }

  name(): string {
    const length = this.u32()
    const from = this.at
    this.skip(length)
    try {
      return text.decode(this.#bytes.subarray(from, this.at))
    } catch {
      throw new Refused('a name in it is not UTF-8')
    }
  }

  /** How many things follow; more than `max` of `what` are refused before they are read. */
  count(what: string, max: number): number {
    const count = this.u32()
    if (count > max) throw new Refused(`it has ${count} ${what}, and ${max} are the most`)
    return count
  }

  /** The next `length` bytes as a reader of their own. */
  part(length: number): Reader {
    const from = this.at
    this.skip(length)
    return new Reader(this.#bytes, from, this.at)
  }
}

/** `value` as WebAssembly writes a signed number of at most 32 bits. */
export function s32Bytes(value: number): readonly number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 127
    const isLast = rest >> 6 === 0 || rest >> 6 === -1
    if (isLast) return [...bytes, low]
    bytes.push(low | 128)
  }
}

/** `value` as WebAssembly writes an unsigned number. */
export function u32Bytes(value: number): readonly number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}
