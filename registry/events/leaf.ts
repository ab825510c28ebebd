/**
 * An event as a leaf of the log: its canonical bytes, what its signatures are over, and
 * whether they hold.
 *
 * Each event names the leaf of its namespace before it (`after`), so a signature vouches for
 * the whole chain of a namespace, and not even the log can leave one out or change the order.
 */
import { canonical } from '#engine/core/canonical.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { fromBase64, textOf, toBase64, toHex, utf8 } from '#registry/bytes.ts'
import type { EventBody, EventSignature, RegistryEvent } from '#registry/event.ts'
import { leafHash } from '#registry/log/tree.ts'
import type { Crypto, Signer } from '#registry/ports.ts'

import { isEvent } from './shape.ts'
import { isSshSigned } from './sshsig.ts'

/** The bytes of the leaf: canonical JSON (RFC 8785). */
export function leafBytes(event: RegistryEvent): Uint8Array {
  return utf8(canonical(event as unknown as Json))
}

/** The event in a leaf; undefined for bytes that are not the one way to write one. */
export function readLeaf(bytes: Uint8Array): RegistryEvent | undefined {
  const text = textOf(bytes)
  if (text === undefined) return undefined
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    return undefined
  }
  if (!isEvent(value) || !isCanonical(value, text)) return undefined
  return value as unknown as RegistryEvent
}

/** Whether `text` is the canonical one of `value`: the native printer's, with every key in order. */
function isCanonical(value: Json, text: string): boolean {
  if (/\\u[dD]/.test(text)) return false // half of a character, which canonical JSON has not
  return JSON.stringify(value) === text && isInOrder(value)
}

function isInOrder(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isInOrder)
  let last = ''
  for (const [key, inner] of Object.entries(value)) {
    if (key <= last || !isInOrder(inner as Json)) return false
    last = key
  }
  return true
}

/** The name of a leaf, which the next event of the namespace gives as `after`: its hash in the tree. */
export function leafDigest(crypto: Crypto, bytes: Uint8Array): Digest {
  return `sha256:${toHex(leafHashOf(crypto, bytes))}` as Digest
}

export function leafHashOf(crypto: Crypto, bytes: Uint8Array): Uint8Array {
  return leafHash((part) => crypto.sha256(part), bytes)
}

/** What signatures are over. */
export function signedBytes(body: EventBody): Uint8Array {
  return utf8(`ionflux registry event/v1\n${canonical(body as unknown as Json)}`)
}

/** @example printPublicKey(bytes) // 'ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=' */
export function printPublicKey(key: Uint8Array): string {
  return `ed25519:${toBase64(key)}`
}

/** The 32 bytes of a public key; undefined for a text that is none. */
export function parsePublicKey(text: string): Uint8Array | undefined {
  if (!text.startsWith('ed25519:')) return undefined
  const key = fromBase64(text.slice('ed25519:'.length))
  return key?.length === 32 ? key : undefined
}

/** The event, signed by each of `signers` in the order of their keys. */
export function signEvent(body: EventBody, signers: readonly Signer[]): RegistryEvent {
  const message = signedBytes(body)
  const signatures = signers.map((signer): EventSignature => {
    const value = toBase64(signer.sign(message))
    return { key: printPublicKey(signer.key), form: 'ed25519', value }
  })
  return { body, signatures: signatures.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }
}

/** Whether one signature holds. */
export function isSigned(crypto: Crypto, message: Uint8Array, given: EventSignature): boolean {
  const key = parsePublicKey(given.key)
  const signature = fromBase64(given.value)
  if (key === undefined || signature === undefined) return false
  if (given.form === 'ssh') return isSshSigned(crypto, { key, message, blob: signature })
  return crypto.verify({ key, message, signature })
}

/** Whether every signature of the event holds, perhaps on other threads. */
export async function isVouched(crypto: Crypto, event: RegistryEvent): Promise<boolean> {
  const message = signedBytes(event.body)
  const all = event.signatures.map(async (given) => {
    const key = parsePublicKey(given.key)
    const signature = fromBase64(given.value)
    if (given.form === 'ssh' || key === undefined || signature === undefined)
      return isSigned(crypto, message, given)
    return await crypto.verifyLater({ key, message, signature })
  })
  return (await Promise.all(all)).every(Boolean)
}

/** The namespace that an event is about. */
export function namespaceOf(body: EventBody): string {
  return 'namespace' in body ? body.namespace : (body.name.split('/', 1)[0] ?? '')
}
