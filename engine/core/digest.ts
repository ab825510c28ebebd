/**
 * Content digests: `sha256:` and lower-case hex over canonical bytes (DESIGN 5).
 *
 * Pure JavaScript, so that the studio computes the same digest in the browser as
 * the runner does on a server. It leaves the hash chain of the journal to
 * `durable`, which hashes thousands of records a second with the native code.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

import { canonical } from './canonical.ts'
import type { Json } from './json.ts'

declare const brand: unique symbol
/** `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly [brand]: 'Digest' }

export function digestOfBytes(bytes: Uint8Array): Digest {
  return `sha256:${bytesToHex(sha256(bytes))}` as Digest
}

export function digestOfText(text: string): Digest {
  return digestOfBytes(utf8ToBytes(text))
}

/** The digest of a value: over its canonical JSON (RFC 8785). */
export function digestOf(value: Json): Digest {
  return digestOfText(canonical(value))
}

export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}
