/**
 * Signatures as `ssh-keygen -Y sign` writes them (PROTOCOL.sshsig), of Ed25519 keys only.
 *
 * So a publisher signs with the key that lies in an agent or on a token, and nothing of ours
 * ever reads it.
 */
import { isSame, join, textOf, utf8 } from '#registry/bytes.ts'
import type { Crypto } from '#registry/ports.ts'

const magic = utf8('SSHSIG')
const algorithm = 'ssh-ed25519'
/** The namespace that is given to `ssh-keygen -n`. */
export const sshNamespace = 'ionflux-registry'

/** What is between the lines `BEGIN SSH SIGNATURE` and `END SSH SIGNATURE`, decoded. */
export interface SshSigned {
  readonly key: Uint8Array
  readonly message: Uint8Array
  readonly blob: Uint8Array
}

/** Whether `blob` is a signature of `message` by `key` for this purpose. */
export function isSshSigned(crypto: Crypto, { key, message, blob }: SshSigned): boolean {
  const parts = partsOf(blob)
  if (parts === undefined || !isSame(parts.key, key)) return false
  const digest = parts.hash === 'sha512' ? crypto.sha512(message) : crypto.sha256(message)
  const signed = join([
    magic,
    withLength(utf8(sshNamespace)),
    withLength(new Uint8Array()),
    withLength(utf8(parts.hash)),
    withLength(digest),
  ])
  return crypto.verify({ key, message: signed, signature: parts.signature })
}

interface Parts {
  readonly key: Uint8Array
  readonly hash: 'sha256' | 'sha512'
  readonly signature: Uint8Array
}

function partsOf(blob: Uint8Array): Parts | undefined {
  if (!isSame(blob.subarray(0, 6), magic)) return undefined
  const fields = fieldsOf(blob.subarray(10))
  const version = new DataView(blob.buffer, blob.byteOffset, blob.length)
  if (blob.length < 10 || version.getUint32(6) !== 1 || fields?.length !== 5) return undefined
  const [keyBlob, namespace, reserved, hash, signatureBlob] = fields as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const key = valueOf(keyBlob)
  const signature = valueOf(signatureBlob)
  const name = textOf(hash)
  if (textOf(namespace) !== sshNamespace || reserved.length > 0) return undefined
  if (key?.length !== 32 || signature?.length !== 64) return undefined
  return name === 'sha256' || name === 'sha512' ? { key, hash: name, signature } : undefined
}

/** The second field of a blob whose first is the algorithm. */
export function valueOf(blob: Uint8Array): Uint8Array | undefined {
  const fields = fieldsOf(blob)
  if (fields?.length !== 2 || textOf(fields[0] ?? blob) !== algorithm) return undefined
  return fields[1]
}

/** Fields behind their length in four bytes; undefined when they do not fill the bytes. */
function fieldsOf(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const fields: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + view.getUint32(at)
    if (end > bytes.length) return undefined
    fields.push(bytes.subarray(at + 4, end))
    at = end
  }
  return fields
}

function withLength(bytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(4)
  new DataView(head.buffer).setUint32(0, bytes.length)
  return join([head, bytes])
}
