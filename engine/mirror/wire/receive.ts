/**
 * Takes the answer to a fetch apart as it comes: the new edge of the history, then the
 * pack, which goes on in pieces and is never held whole.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { lineOf, malformed, PacketReader, type Packet } from './packet.ts'
import { saidBy } from './said.ts'

export interface Received {
  /** Commits that are the edge of the history from now on. */
  readonly shallow: readonly string[]
  /** Commits that are no longer its edge. */
  readonly unshallow: readonly string[]
  readonly packBytes: number
}

type Section = 'start' | 'shallow' | 'pack' | 'ended'

/** `write` gets the pieces of the pack in order. */
export class PackReceiver {
  readonly #host: string
  readonly #write: (bytes: Uint8Array) => Promise<void>
  readonly #reader: PacketReader
  readonly #shallow: string[] = []
  readonly #unshallow: string[] = []
  #section: Section = 'start'
  #packBytes = 0

  constructor(host: string, write: (bytes: Uint8Array) => Promise<void>) {
    this.#host = host
    this.#write = write
    this.#reader = new PacketReader(host)
  }

  /** Throws `MIRROR_REMOTE_MALFORMED`, `MIRROR_FETCH_FAILED` or `MIRROR_LIMIT_EXCEEDED`. */
  async take(piece: Uint8Array): Promise<void> {
    for (const one of this.#reader.read(piece)) await this.#packet(one)
  }

  /** What came in all. Throws when the pack is not whole. */
  end(): Received {
    this.#reader.end()
    if (this.#section !== 'ended') throw malformed(this.#host, 'it ends before the pack does')
    return { shallow: this.#shallow, unshallow: this.#unshallow, packBytes: this.#packBytes }
  }

  async #packet(one: Packet): Promise<void> {
    if (this.#section === 'ended') throw malformed(this.#host, 'something follows the end')
    if (this.#section === 'pack') return await this.#band(one)
    if (one === 'delim') {
      this.#section = 'start'
      return
    }
    const line = lineOf(one)
    if (line === undefined) throw malformed(this.#host, 'it ends before the pack begins')
    if (line.startsWith('ERR ')) throw saidBy(this.#host, line.slice(4))
    if (this.#section === 'shallow') this.#edge(line)
    else if (line === 'shallow-info') this.#section = 'shallow'
    else if (line === 'packfile') this.#section = 'pack'
    else throw malformed(this.#host, 'a section that was not asked for')
  }

  #edge(line: string): void {
    const [, kind, oid] = /^(shallow|unshallow) ([0-9a-f]{40})$/.exec(line) ?? []
    if (oid === undefined) throw malformed(this.#host, 'a line is no edge of a history')
    const list = kind === 'shallow' ? this.#shallow : this.#unshallow
    if (list.length >= limits.gitRefsMax) throw malformed(this.#host, 'it has too many edges')
    list.push(oid)
  }

  /** Band 1 is the pack, 2 is for people, 3 says what went wrong. */
  async #band(one: Packet): Promise<void> {
    if (one === 'flush') {
      this.#section = 'ended'
      return
    }
    if (typeof one === 'string') throw malformed(this.#host, 'a section within the pack')
    const band = one[0]
    const bytes = one.subarray(1)
    if (band === 3) throw saidBy(this.#host, Buffer.from(bytes).toString('utf8'))
    if (band === 2) return
    if (band !== 1) throw malformed(this.#host, 'a band that there is not')
    this.#packBytes += bytes.length
    if (this.#packBytes > limits.mirrorPackBytesMax) throw tooLarge(this.#host)
    await this.#write(bytes)
  }
}

function tooLarge(host: string): IonError {
  const { mirrorPackBytesMax: bytesMax } = limits
  return new IonError(
    'MIRROR_LIMIT_EXCEEDED',
    `"${host}" sends a pack of more than ${limits.mirrorPackBytesMax} bytes, which is more than a mirror takes.`,
    { data: { host, bytesMax } },
  )
}
