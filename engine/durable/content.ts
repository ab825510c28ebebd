/**
 * What every content store does alike: the digest of bytes, the largest value, the error
 * for bytes that are not there.
 */
import { hash } from 'node:crypto'

import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

/** The digest of bytes, with the native code. Throws `RUN_LIMIT_EXCEEDED` for too many of them. */
export function digestOfPayload(bytes: Uint8Array): Digest {
  const { payloadBytesMax } = limits
  if (bytes.length <= payloadBytesMax) return `sha256:${hash('sha256', bytes, 'hex')}` as Digest
  throw new IonError(
    'RUN_LIMIT_EXCEEDED',
    `A value of ${bytes.length} bytes is larger than the ${payloadBytesMax} that a run may keep.`,
    { data: { bytes: bytes.length, bytesMax: payloadBytesMax } },
  )
}

export function payloadMissing(digest: Digest, reason: string): IonError {
  return new IonError(
    'JOURNAL_PAYLOAD_MISSING',
    `The payload "${digest}" cannot be read: ${reason}.`,
    { data: { digest, reason } },
  )
}
