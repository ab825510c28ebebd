/**
 * `ctx.blob`: large data in pieces of bounded size, passed on by its digest.
 *
 * A digest says nothing about who may read: whoever holds a handle got it from somebody
 * who had the bytes, or made it from them. What a call began and did not finish is
 * forgotten with the call.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { readHandle, type BlobHandle, type Blobs, type BlobWriter } from '#engine/runtime/blobs.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

import { argumentsOf, misused, type Arguments } from './arguments.ts'

/** The host's side of `ctx.blob`; `open` is asked with the first use. */
export function blobOperations(open: () => Promise<Blobs>): HostOperations {
  return {
    call: async (op, args, { scope }) => {
      const blobs = await open()
      const writers = scope.keep('blobs', () => new Writers())
      if (op === 'blob.create') return { id: await writers.add(blobs) }
      if (op === 'blob.append')
        return await append(writers, argumentsOf(op, args, ['id', 'base64']))
      if (op === 'blob.finish')
        return await finish(writers, argumentsOf(op, args, ['id', 'mediaType']))
      return await read(blobs, argumentsOf(op, args, ['blob', 'offset', 'length']))
    },
  }
}

/** The handle among the arguments. Throws `RUN_INPUT_REFUSED`. */
export function handleIn(op: string, value: Json | undefined): BlobHandle {
  const handle = readHandle(value)
  if (handle !== undefined) return handle
  throw misused(op, 'a blob is given by its handle, { $blob, bytes }')
}

/** A handle as a step hands it on. */
export function handleOf(
  { digest, bytes }: { readonly digest: BlobHandle['$blob']; readonly bytes: number },
  mediaType?: string,
): { readonly $blob: string; readonly bytes: number; readonly mediaType?: string } {
  const handle = { $blob: digest, bytes }
  return mediaType === undefined ? handle : { ...handle, mediaType }
}

async function append(writers: Writers, asked: Arguments): Promise<Json> {
  const piece = Buffer.from(asked.text('base64'), 'base64')
  if (piece.length > limits.blobPieceBytesMax) {
    throw misused('blob.append', `a piece has at most ${limits.blobPieceBytesMax} bytes`)
  }
  await writers.write(asked.findNumber('id') ?? 0, piece)
  return null
}

async function finish(writers: Writers, asked: Arguments): Promise<Json> {
  const mediaType = asked.findText('mediaType')
  if (mediaType !== undefined && !/^[\x20-\x7e]{1,200}$/.test(mediaType)) {
    throw misused('blob.finish', '"mediaType" is such as "text/csv"')
  }
  return handleOf(await writers.finish(asked.findNumber('id') ?? 0), mediaType)
}

async function read(blobs: Blobs, asked: Arguments): Promise<Json> {
  const { $blob } = handleIn('blob.read', asked.find('blob'))
  const offset = asked.findNumber('offset') ?? 0
  const length = asked.findNumber('length') ?? limits.blobPieceBytesMax
  const piece = await blobs.read($blob, { offset, length })
  const { buffer, byteOffset, byteLength } = piece
  return { base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
}

/** What a call has begun to write. */
class Writers implements AsyncDisposable {
  readonly #open = new Map<number, BlobWriter>()
  /** Those that are being made are not open yet, and count. */
  #making = 0
  #ids = 0
  #bytes = 0
  #isOver = false

  async add(blobs: Blobs): Promise<number> {
    if (this.#open.size + this.#making >= limits.blobsOpenPerCallMax) {
      const message = `A call writes at most ${limits.blobsOpenPerCallMax} blobs at a time. Finish one first.`
      throw new IonError('RUN_LIMIT_EXCEEDED', message)
    }
    const id = ++this.#ids
    this.#making++
    const writer = await blobs.create().finally(() => this.#making--)
    if (this.#isOver) await writer.abandon()
    else this.#open.set(id, writer)
    return id
  }

  async write(id: number, piece: Uint8Array): Promise<void> {
    this.#bytes += piece.byteLength
    if (this.#bytes > limits.blobCallBytesMax) {
      const message = `A call writes at most ${limits.blobCallBytesMax} bytes of blobs.`
      throw new IonError('RUN_LIMIT_EXCEEDED', message)
    }
    await this.#find(id).write(piece)
  }

  async finish(id: number): ReturnType<BlobWriter['finish']> {
    const writer = this.#find(id)
    this.#open.delete(id)
    return await writer.finish()
  }

  #find(id: number): BlobWriter {
    const writer = this.#open.get(id)
    if (writer !== undefined) return writer
    throw misused('blob', 'this blob is finished, or was never begun')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    for (const writer of this.#open.values()) await writer.abandon()
    this.#open.clear()
  }
}
