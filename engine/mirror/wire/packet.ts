/**
 * The framing of Git's protocol: each packet says its length in four hex digits, and three
 * short ones are marks. Pure; pieces may come cut anywhere.
 */
import { IonError } from '#engine/core/error.ts'

/** A line, or one of the marks: end of all, end of a section, end of the answer. */
export type Packet = Uint8Array | 'flush' | 'delim' | 'end'

const marks: Readonly<Record<number, Packet>> = { 0: 'flush', 1: 'delim', 2: 'end' }
const headBytes = 4
/** The longest that the protocol allows. */
const packetBytesMax = 65_520

/** One line as it is sent. */
export function packet(line: string): Buffer {
  const bytes = Buffer.from(`${line}\n`)
  return Buffer.concat([
    Buffer.from((bytes.length + headBytes).toString(16).padStart(4, '0')),
    bytes,
  ])
}

export const flush = Buffer.from('0000')
export const delim = Buffer.from('0001')

/** Cuts what comes in into packets; `host` is for messages. */
export class PacketReader {
  readonly #host: string
  #rest: Buffer = Buffer.alloc(0)

  constructor(host: string) {
    this.#host = host
  }

  /** The packets that are whole with this piece. Throws `MIRROR_REMOTE_MALFORMED`. */
  *read(piece: Uint8Array): Generator<Packet> {
    const whole = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let left = this.#rest.length === 0 ? whole : Buffer.concat([this.#rest, whole])
    while (left.length >= headBytes) {
      const head = left.toString('latin1', 0, headBytes)
      const length = /^[0-9a-fA-F]{4}$/.test(head) ? Number.parseInt(head, 16) : Number.NaN
      const mark = marks[length]
      if (mark !== undefined) {
        yield mark
        left = left.subarray(headBytes)
        continue
      }
      if (!(length > headBytes && length <= packetBytesMax)) {
        throw malformed(this.#host, 'a packet has no length')
      }
      if (left.length < length) break
      yield left.subarray(headBytes, length)
      left = left.subarray(length)
    }
    this.#rest = Buffer.from(left)
  }

  /** Throws when the last packet was cut off. */
  end(): void {
    if (this.#rest.length > 0) throw malformed(this.#host, 'it ends within a packet')
  }
}

/** The text of a line, without its end; undefined for a mark. */
export function lineOf(packet: Packet): string | undefined {
  if (typeof packet === 'string') return undefined
  return Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
    .toString('utf8')
    .replace(/\n$/, '')
}

export function malformed(host: string, why: string): IonError {
  return new IonError(
    'MIRROR_REMOTE_MALFORMED',
    `What "${host}" answers is not Git's protocol (version 2): ${why}.`,
    { data: { host, reason: why } },
  )
}
