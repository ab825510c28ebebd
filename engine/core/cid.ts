/**
 * The other name of a digest: CIDv1 (raw, sha2-256) in base 32, as content networks write it.
 */
import type { Digest } from './digest.ts'
import { base32 } from './id.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** Version 1, codec raw (0x55), sha2-256 (0x12), 32 bytes long. */
const head = [0x01, 0x55, 0x12, 0x20]

/**
 * The CID of the bytes that `digest` is over.
 *
 * @example
 * aliasOf(digestOfText('')) // 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
 */
export function aliasOf(digest: Digest): string {
  const hex = digest.slice('sha256:'.length)
  const bytes = [...head]
  for (let at = 0; at < hex.length; at += 2) bytes.push(Number.parseInt(hex.slice(at, at + 2), 16))
  return `b${base32(bytes, alphabet)}`
}
