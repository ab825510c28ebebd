/**
 * `keys.sign` and `keys.verify`: signatures with keys that are secrets, and checks of
 * signatures with keys that are not.
 *
 * The algorithms are those of JSON Web Signatures (RFC 7518, RFC 8037). A key serves the
 * algorithms of its own kind only, so that a public key is never taken for a password.
 */
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'

import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import type { CallContext, HostOperations } from '#engine/sandbox/operations.ts'
import { readHandle, refused, textOf } from '#engine/sandbox/request/handle.ts'
import { takeSecrets } from '#engine/sandbox/request/secret.ts'

/** How an algorithm is computed, and which keys it takes. */
type Spec =
  | { readonly kind: 'hmac'; readonly hash: string }
  | { readonly kind: 'rsa'; readonly hash: string; readonly isPss: boolean }
  | { readonly kind: 'ec'; readonly hash: string; readonly curve: string }
  | { readonly kind: 'ed' }

const specs: Readonly<Record<string, Spec>> = {
  HS256: { kind: 'hmac', hash: 'sha256' },
  HS384: { kind: 'hmac', hash: 'sha384' },
  HS512: { kind: 'hmac', hash: 'sha512' },
  RS256: { kind: 'rsa', hash: 'sha256', isPss: false },
  RS384: { kind: 'rsa', hash: 'sha384', isPss: false },
  RS512: { kind: 'rsa', hash: 'sha512', isPss: false },
  PS256: { kind: 'rsa', hash: 'sha256', isPss: true },
  PS384: { kind: 'rsa', hash: 'sha384', isPss: true },
  PS512: { kind: 'rsa', hash: 'sha512', isPss: true },
  ES256: { kind: 'ec', hash: 'sha256', curve: 'prime256v1' },
  ES384: { kind: 'ec', hash: 'sha384', curve: 'secp384r1' },
  ES512: { kind: 'ec', hash: 'sha512', curve: 'secp521r1' },
  EdDSA: { kind: 'ed' },
}

export interface KeyPowers {
  readonly secrets: () => SecretBook | Promise<SecretBook>
}

/** The host's side of `ctx.keys`. */
export function keyOperations({ secrets }: KeyPowers): HostOperations {
  return {
    call: async (op, args, context) => {
      if (op === 'keys.sign') return await signFor(op, args, { context, secrets })
      if (op === 'keys.verify') return await verifyFor(op, args, { context, secrets })
      throw new IonError('CAP_NOT_GRANTED', `The host offers no operation "${op}".`)
    },
  }
}

interface Where extends KeyPowers {
  readonly context: CallContext
}

async function signFor(op: string, args: Json, where: Where): Promise<Json> {
  const { spec, data, key } = readAsked(args)
  const { name, text } = await secretIn(op, key, where)
  if (spec.kind === 'hmac') return { signature: hmac(spec.hash, text, data).toString('base64url') }
  const object = keyOf(name, () => createPrivateKey(text))
  fit(spec, object, name)
  const hash = spec.kind === 'ed' ? null : spec.hash
  const signature = signBytes(hash, data, { key: object, ...padding(spec) })
  return { signature: signature.toString('base64url') }
}

async function verifyFor(op: string, args: Json, where: Where): Promise<Json> {
  const { spec, data, key } = readAsked(args)
  const given = isObject(args) ? args['signature'] : undefined
  if (typeof given !== 'string') throw refused('To verify needs a signature in Base64 for URLs.')
  const signature = Buffer.from(given, 'base64url')
  if (signature.toString('base64url') !== given.replace(/=+$/, '')) return { ok: false }
  if (spec.kind === 'hmac') {
    const { text } = await secretIn(op, key, where)
    const wanted = hmac(spec.hash, text, data)
    return { ok: wanted.length === signature.length && timingSafeEqual(wanted, signature) }
  }
  const { name, object } = await publicKeyIn(op, key, where)
  fit(spec, object, name)
  const hash = spec.kind === 'ed' ? null : spec.hash
  return { ok: verifyBytes(hash, data, { key: object, ...padding(spec) }, signature) }
}

interface Asked {
  readonly spec: Spec
  readonly data: Uint8Array
  readonly key: Json | undefined
}

function readAsked(args: Json): Asked {
  const { algorithm, text, base64, key } = isObject(args) ? args : {}
  const spec =
    typeof algorithm === 'string' && Object.hasOwn(specs, algorithm) ? specs[algorithm] : undefined
  if (spec === undefined) throw refused(`An algorithm is one of ${Object.keys(specs).join(', ')}.`)
  if (typeof text === 'string') return { spec, data: Buffer.from(text), key }
  if (typeof base64 === 'string') return { spec, data: Buffer.from(base64, 'base64'), key }
  throw refused('What is signed is text or base64.')
}

async function secretIn(
  op: string,
  key: Json | undefined,
  { context, secrets }: Where,
): Promise<{ readonly name: string; readonly text: string }> {
  const handle = readHandle(key)
  if (handle === undefined) throw refused('The key is a secret: { secret: NAME } in the flow.')
  const values = await takeSecrets([handle.secret], { op, context, book: await secrets() })
  return { name: handle.secret, text: textOf(handle, values) }
}

/** A key that is no secret is PEM or a JSON Web Key. */
async function publicKeyIn(
  op: string,
  key: Json | undefined,
  where: Where,
): Promise<{ readonly name: string; readonly object: KeyObject }> {
  if (readHandle(key) !== undefined) {
    const { name, text } = await secretIn(op, key, where)
    return { name, object: keyOf(name, () => createPublicKey(text)) }
  }
  const name = 'key'
  if (typeof key === 'string') return { name, object: keyOf(name, () => createPublicKey(key)) }
  if (!isObject(key)) throw refused('The key is PEM, a JSON Web Key or a secret.')
  const jwk = key as unknown as JsonWebKey
  return { name, object: keyOf(name, () => createPublicKey({ key: jwk, format: 'jwk' })) }
}

/** What the library says of a key could quote it. */
function keyOf(name: string, read: () => KeyObject): KeyObject {
  try {
    return read()
  } catch {
    throw unfit(name, 'is no key in PEM')
  }
}

function fit(
  spec: Spec,
  { asymmetricKeyType: type, asymmetricKeyDetails: facts }: KeyObject,
  name: string,
): void {
  if (spec.kind === 'rsa') {
    if (type !== 'rsa') throw unfit(name, 'is no key for RSA')
    if ((facts?.modulusLength ?? 0) < limits.keyRsaBitsMin)
      throw unfit(name, `has fewer than ${limits.keyRsaBitsMin} bits`)
  }
  if (spec.kind === 'ec' && (type !== 'ec' || facts?.namedCurve !== spec.curve))
    throw unfit(name, `is no key on the curve "${spec.curve}"`)
  if (spec.kind === 'ed' && type !== 'ed25519' && type !== 'ed448')
    throw unfit(name, 'is no key for EdDSA')
}

function unfit(name: string, why: string): IonError {
  const message = `The key "${name}" ${why}.`
  return new IonError('CONN_SECRET_REFUSED', message, { data: { secret: name } })
}

function padding(spec: Spec): object {
  if (spec.kind === 'ec') return { dsaEncoding: 'ieee-p1363' }
  if (spec.kind !== 'rsa' || !spec.isPss) return {}
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

function hmac(hash: string, key: string, data: Uint8Array): Buffer {
  return createHmac(hash, key).update(data).digest()
}
