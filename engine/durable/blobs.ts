/**
 * Blobs as files of the data directory, each named by its digest.
 *
 * A blob is written under a name of its own and gets its real one when it is whole and on
 * the disk; what a crash leaves behind is a file that nothing names. One that is there is
 * never written again. What nothing names any more is removed by `host/data/collect.ts`.
 */
import { createHash, randomUUID } from 'node:crypto'
import { constants, mkdirSync, type Stats } from 'node:fs'
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { Blobs, BlobWriter } from '#engine/runtime/blobs.ts'

import { payloadMissing } from './content.ts'

/** The blobs under `directory`, which is made with the first of them. */
export function openBlobs(directory: string): Blobs {
  const pathOf = (digest: Digest): string =>
    join(directory, digest.slice(7, 9), digest.slice('sha256:'.length))
  return {
    create: async () => await createBlob(directory, pathOf),
    size: async (digest) => (await find(pathOf(digest)))?.size,
    async read(digest, { offset, length }) {
      await using file = await openBlob(digest, pathOf(digest))
      const most = Math.min(length, limits.blobPieceBytesMax)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, offset)
      return buffer.subarray(0, bytesRead)
    },
    stream: (digest) => streamOf(digest, pathOf(digest)),
  }
}

async function createBlob(
  directory: string,
  pathOf: (digest: Digest) => string,
): Promise<BlobWriter> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `new-${randomUUID()}`)
  const file = await writing(() => open(path, 'wx', 0o600))
  const hash = createHash('sha256')
  let bytes = 0
  let isOpen = true
  const leave = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await file.close().catch(() => undefined)
    await rm(path, { force: true })
  }
  return {
    async write(piece) {
      if (bytes + piece.byteLength > limits.blobBytesMax) throw tooLarge()
      bytes += piece.byteLength
      hash.update(piece)
      await writing(() => writeAll(file, piece))
    },
    async finish() {
      const digest = `sha256:${hash.digest('hex')}` as Digest
      const target = pathOf(digest)
      await writing(async () => {
        await file.sync()
        if ((await find(target)) !== undefined) return await leave()
        isOpen = false
        await file.close()
        mkdirSync(join(target, '..'), { recursive: true, mode: 0o700 })
        await rename(path, target)
        await syncFolder(join(target, '..'))
        await syncFolder(directory)
      })
      return { digest, bytes }
    },
    abandon: leave,
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.byteLength;) {
    const { bytesWritten } = await file.write(piece, at)
    at += bytesWritten
  }
}

/** A name is durable once the folder that has it is. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function find(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => undefined)
}

async function openBlob(digest: Digest, path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    throw payloadMissing(digest, 'there is no such blob')
  }
}

async function* streamOf(digest: Digest, path: string): AsyncGenerator<Uint8Array> {
  await using file = await openBlob(digest, path)
  const hash = createHash('sha256')
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024))
    if (bytesRead === 0) break
    const piece = buffer.subarray(0, bytesRead)
    hash.update(piece)
    yield piece
  }
  if (`sha256:${hash.digest('hex')}` !== digest) {
    throw payloadMissing(digest, 'its bytes were changed')
  }
}

async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof IonError) throw cause
    const { code = 'unknown' } = cause as { readonly code?: string }
    const message = `A blob could not be written (${code}).`
    throw new IonError('JOURNAL_WRITE_FAILED', message, { data: { reason: code }, cause })
  }
}

function tooLarge(): IonError {
  const { blobBytesMax: bytesMax } = limits
  const message = `A blob has at most ${bytesMax} bytes.`
  return new IonError('RUN_LIMIT_EXCEEDED', message, { data: { bytesMax } })
}
