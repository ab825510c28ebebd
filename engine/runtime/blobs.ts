/**
 * Large data by digest: what a run passes on without carrying it.
 *
 * A flow holds a handle, which is plain JSON; the bytes lie beside the journal, go in and
 * out in pieces, and are never in memory as a whole. A handle is given out only after its
 * bytes are durable, so a record never names what is not there.
 */
import { isDigest, type Digest } from '#engine/core/digest.ts'
import { isObject, type Json } from '#engine/core/json.ts'

/** What steps hand on: `{ $blob: 'sha256:…', bytes: 12, mediaType: 'text/csv' }`. */
export interface BlobHandle {
  readonly $blob: Digest
  readonly bytes: number
  readonly mediaType?: string
}

export interface BlobWriter {
  /** Throws `RUN_LIMIT_EXCEEDED` for more than a blob may have. */
  write(piece: Uint8Array): Promise<void>
  /** Makes everything written a blob, durably. */
  finish(): Promise<{ readonly digest: Digest; readonly bytes: number }>
  /** Forgets what was written; harmless after `finish`. */
  abandon(): Promise<void>
}

export interface Blobs {
  create(): Promise<BlobWriter>
  /** How many bytes it has; undefined when it is not here. */
  size(digest: Digest): Promise<number | undefined>
  /** At most `length` bytes from `offset`; fewer only at the end. Throws `JOURNAL_PAYLOAD_MISSING`. */
  read(
    digest: Digest,
    range: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array>
  /** All of it in pieces; throws `JOURNAL_PAYLOAD_MISSING` at the end when they are not what they were. */
  stream(digest: Digest): AsyncIterable<Uint8Array>
}

/** Reads a handle from a value that somebody else made. */
export function readHandle(value: Json | undefined): BlobHandle | undefined {
  if (!isObject(value)) return undefined
  const { $blob, bytes, mediaType } = value
  if (typeof $blob !== 'string' || !isDigest($blob)) return undefined
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return undefined
  if (mediaType === undefined) return { $blob, bytes }
  return typeof mediaType === 'string' ? { $blob, bytes, mediaType } : undefined
}
