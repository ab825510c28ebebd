/**
 * Reads the body of an answer, unpacked, and never more of it than allowed.
 *
 * What is counted is what comes out of the unpacking: a few bytes may unpack to
 * gigabytes. At most one layer of compression is undone.
 */
import { pipeline, type Duplex, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

import { IonError } from '#engine/core/error.ts'

export interface BodySource {
  readonly host: string
  readonly body: Readable
  /** The header, where there was one. */
  readonly encoding: string | undefined
  readonly bytesMax: number
  /** Called with every piece that came. */
  readonly heard: () => void
  /** Takes the pieces, which are then not kept: what comes back is empty. */
  readonly save?: ((piece: Uint8Array) => Promise<void>) | undefined
}

/** A body that is not in memory: it is opened anew for every hop. */
export interface StreamedBody {
  readonly bytes: number
  open(): AsyncIterable<Uint8Array>
}

export function isStreamed(body: Uint8Array | StreamedBody | undefined): body is StreamedBody {
  return body !== undefined && 'open' in body
}

/** What is asked for in `Accept-Encoding`. */
export const encodings = 'gzip, br'

/**
 * The whole body. Throws `CONN_RESPONSE_TOO_LARGE`, or `CONN_PROTOCOL` for a compression
 * that is broken or not known; what the stream throws comes through.
 */
export async function readBody(source: BodySource): Promise<Uint8Array> {
  const { host, body, bytesMax } = source
  const unpack = unpackerOf(source)
  const stream = unpack === undefined ? body : pipeline(body, unpack, () => undefined)
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      source.heard()
      bytes += piece.length
      if (bytes > bytesMax) throw tooLarge(host, bytesMax)
      if (source.save === undefined) pieces.push(piece)
      else await source.save(piece)
    }
  } catch (thrown) {
    body.destroy()
    const { code } = thrown as { readonly code?: unknown }
    if (typeof code !== 'string' || !/^(?:Z_|ERR__?BROTLI|ERR_BUFFER|ERR_ZLIB)/.test(code))
      throw thrown
    throw malformed(host, `its body is not the ${source.encoding} that it claims to be`, code)
  }
  return Buffer.concat(pieces)
}

function unpackerOf({ host, body, encoding = '' }: BodySource): Duplex | undefined {
  const name = encoding.trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  if (name === 'gzip' || name === 'x-gzip') return createGunzip()
  if (name === 'deflate') return createInflate()
  if (name === 'br') return createBrotliDecompress()
  body.on('error', () => undefined).destroy()
  throw malformed(
    host,
    `it packs its body as "${name.slice(0, 50)}", which was not asked for`,
    name,
  )
}

function tooLarge(host: string, bytesMax: number): IonError {
  const message = `The answer of "${host}" is larger than ${bytesMax} bytes. Ask for less at a time.`
  return new IonError('CONN_RESPONSE_TOO_LARGE', message, { data: { host, bytesMax } })
}

function malformed(host: string, why: string, reason: string): IonError {
  const data = { host, reason: reason.slice(0, 50) }
  return new IonError('CONN_PROTOCOL', `"${host}" cannot be understood: ${why}.`, { data })
}
