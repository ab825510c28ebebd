/**
 * Requests that carry a blob, and answers that become one: the bytes go from the disk to
 * the other host, or back, and never through the guest.
 *
 * What is kept has the values of secrets taken out, like everything a guest is given.
 */
import type { Answer, Outgoing } from '#engine/connection/http.ts'
import type { Redactor } from '#engine/connection/redact.ts'
import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import type { Blobs } from '#engine/runtime/blobs.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'

import { handleOf } from '#engine/sandbox/capability/blob.ts'
import { blobRead, blobWrite, demandPower } from '#engine/sandbox/capability/demand.ts'
import type { AskedRequest } from './request.ts'

const op = 'http.fetch'

/** The body of a request, where it is a blob. Throws `CAP_NOT_GRANTED`. */
export async function uploadOf(
  { body }: AskedRequest,
  context: CallContext,
  open: () => Promise<Blobs>,
): Promise<Pick<Outgoing, 'body'>> {
  if (body.kind !== 'blob') return {}
  demandPower(op, blobRead, context)
  const blobs = await open()
  const { $blob } = body.blob
  const bytes = await blobs.size($blob)
  if (bytes !== undefined) return { body: { bytes, open: () => blobs.stream($blob) } }
  const message = `There is no blob "${$blob}" here to send.`
  throw new IonError('JOURNAL_PAYLOAD_MISSING', message, { data: { digest: $blob } })
}

export interface Download {
  readonly write: (piece: Uint8Array) => Promise<void>
  /** The handle; undefined for an answer that was no success, which is given as it is. */
  finish(answer: Answer): Promise<JsonObject | undefined>
  abandon(): Promise<void>
}

/** Where the answer is to go; undefined when it goes to the guest. Throws `CAP_NOT_GRANTED`. */
export async function downloadFor(
  { isSaved }: AskedRequest,
  { context, blobs, redactor }: Saving,
): Promise<Download | undefined> {
  if (!isSaved) return undefined
  demandPower(op, blobWrite, context)
  const writer = await (await blobs()).create()
  const stream = redactor?.stream()
  return {
    write: async (piece) => {
      if (stream === undefined) return await writer.write(piece)
      const { buffer, byteOffset, byteLength } = piece
      const text = Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
      await writer.write(Buffer.from(stream.push(text), 'latin1'))
    },
    async finish({ status, headers }) {
      if (status < 200 || status > 299) return undefined
      if (stream !== undefined) await writer.write(Buffer.from(stream.end(), 'latin1'))
      const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
      const isPlain = type !== undefined && /^[\x20-\x7e]{1,200}$/.test(type)
      return handleOf(await writer.finish(), isPlain ? (redactor?.text(type) ?? type) : undefined)
    },
    abandon: writer.abandon,
  }
}

interface Saving {
  readonly context: CallContext
  readonly blobs: () => Promise<Blobs>
  readonly redactor: Redactor | undefined
}
