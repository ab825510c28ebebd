/**
 * What every host does alike: the digest of bytes, the largest value, the errors for bytes
 * that are not there and for a writer that was passed over.
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

/** Of a process that writes where another one writes now. */
export function takenOver(): IonError {
  return new IonError(
    'JOURNAL_WRITE_FAILED',
    'Another process has taken over this data directory; it carries on what was under way here.',
    { data: { reason: 'taken over' } },
  )
}
