/**
 * Cryptography for registries, by Node.js: SHA-2 and Ed25519, which also runs on the threads
 * that Node.js has for it.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

import type { Crypto, Signed, Signer } from '#registry/ports.ts'

const keysKept = 1_000
const keys = new Map<string, KeyObject | undefined>()

/** An imported key; importing costs a quarter of what verifying does. */
function keyOf(bytes: Uint8Array): KeyObject | undefined {
  const x = Buffer.from(bytes).toString('base64url')
  if (keys.has(x)) return keys.get(x)
  if (keys.size >= keysKept) keys.clear()
  let key: KeyObject | undefined
  try {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  } catch {
    key = undefined
  }
  keys.set(x, key)
  return key
}

export const nodeCrypto: Crypto = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  sha512: (bytes) => hash('sha512', bytes, 'buffer'),
  verify: ({ key, message, signature }: Signed) => {
    const object = keyOf(key)
    return object !== undefined && verify(null, message, object, signature)
  },
  verifyLater: async ({ key, message, signature }: Signed) => {
    const object = keyOf(key)
    if (object === undefined) return false
    return await new Promise((resolve) => {
      verify(null, message, object, signature, (error, isGood) => {
        resolve(error === null && isGood)
      })
    })
  },
}

/** Signs with a private key in PEM (PKCS #8). Throws what Node.js throws for any other text. */
export function signerOf(pem: string): Signer {
  const key = createPrivateKey(pem)
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    key: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: (message) => sign(null, message, key),
  }
}
