/** Digests, message codes, encodings, names out of data, signatures and tokens. */
import type { Action, Context, JsonObject, KeyAlgorithm, SecretHandle } from 'ionflux/plugin'

import { decode as fromText, encode as toText, type Encoding } from './encoding.ts'
import { md5 } from './md5.ts'
import { partsOf } from './token.ts'

export { signJwt, verifyJwt } from './token.ts'

type Algorithm = 'sha256' | 'sha512' | 'sha1' | 'md5'
/** What the host does; MD5 it does not offer. */
const ofHost = { sha256: 'SHA-256', sha512: 'SHA-512', sha1: 'SHA-1' } as const

async function digestOf(algorithm: Algorithm, message: Uint8Array): Promise<Uint8Array> {
  if (algorithm === 'md5') return md5(message)
  return new Uint8Array(await crypto.subtle.digest(ofHost[algorithm], bytesOf(message)))
}

async function codeOf(
  algorithm: Algorithm,
  key: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  if (algorithm === 'md5') return codeOfMd5(key, message)
  const asked = { name: 'HMAC', hash: ofHost[algorithm] }
  const made = await crypto.subtle.importKey('raw', bytesOf(key), asked, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', made, bytesOf(message)))
}

function codeOfMd5(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(64)
  block.set(key.length > 64 ? md5(key) : key)
  const mixed = (byte: number): Uint8Array => block.map((one) => one ^ byte)
  return md5(joined(mixed(0x5c), md5(joined(mixed(0x36), message))))
}

/** No view of memory that threads share. */
function bytesOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

interface Message {
  readonly data: string
  readonly from?: Encoding
  readonly to?: Exclude<Encoding, 'text'>
  readonly algorithm?: Algorithm
}

/** The digest of a text or of bytes. */
export const digest: Action<Message, string> = async (
  { data, from = 'text', to = 'hex', algorithm = 'sha256' },
  context,
) => written(await digestOf(algorithm, read(data, from, context)), to, context)

interface Keyed extends Message {
  readonly key: string
  readonly key_from?: Encoding
}

/** HMAC (RFC 2104). */
export const hmac: Action<Keyed, string> = async (input, context) => {
  const { data, key, from = 'text', key_from = 'text', to = 'hex', algorithm = 'sha256' } = input
  const [given, message] = [read(key, key_from, context), read(data, from, context)]
  return written(await codeOf(algorithm, given, message), to, context)
}

interface Recode {
  readonly data: string
  readonly from?: Encoding
  readonly to?: Encoding
}

/** Bytes in another encoding. */
export const encode: Action<Recode, string> = ({ data, from = 'text', to = 'base64' }, context) =>
  written(read(data, from, context), to, context)

/** Bytes as text. */
export const decode: Action<Recode, string> = ({ data, from = 'base64', to = 'text' }, context) =>
  written(read(data, from, context), to, context)

const namespaces: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
}

/** A UUID of version 5 (RFC 9562): the same for the same name. */
export const uuid: Action<{ readonly name: string; readonly namespace: string }, string> = async (
  { name, namespace },
  context,
) => {
  const space = read((namespaces[namespace] ?? namespace).replaceAll('-', ''), 'hex', context)
  const named = await digestOf('sha1', joined(space, read(name, 'text', context)))
  const bytes = named.slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return written(bytes, 'hex', context).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** What a JSON Web Token says. Whether it is true needs its signature. */
export const jwt: Action<{ readonly token: string }> = ({ token }, context) => {
  const { header, payload, signature } = partsOf(token, context)
  return { header, payload, signature }
}

interface Sign {
  readonly data: string
  readonly from?: Encoding
  readonly algorithm: KeyAlgorithm
  readonly key: SecretHandle
}

/** The signature in Base64 for URLs. */
export const sign: Action<Sign, string> = async (
  { data, from = 'text', algorithm, key },
  context,
) => await context.keys.sign({ algorithm, base64: read(data, from, context).toBase64(), key })

interface Verify extends Omit<Sign, 'key'> {
  readonly signature: string
  readonly signature_from?: 'hex' | 'base64' | 'base64url'
  readonly key: SecretHandle | string | JsonObject
}

/** Whether a signature is right. */
export const verify: Action<Verify, { readonly valid: boolean }> = async (input, context) => {
  const { data, from = 'text', algorithm, key, signature, signature_from: spelled } = input
  const bytes = fromText(signature, spelled ?? 'base64url')
  if (bytes === undefined) return { valid: false }
  const base64 = read(data, from, context).toBase64()
  const text = toText(bytes, 'base64url') ?? ''
  return { valid: await context.keys.verify({ algorithm, base64, signature: text, key }) }
}

function read(data: string, from: Encoding, context: Context): Uint8Array {
  const bytes = fromText(data, from)
  if (bytes !== undefined) return bytes
  return context.fail('encoding_malformed', `The data is not what "${from}" says.`)
}

function written(bytes: Uint8Array, to: Encoding, context: Context): string {
  const text = toText(bytes, to)
  if (text !== undefined) return text
  return context.fail('not_text', 'The bytes are no text in UTF-8.')
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length)
  bytes.set(one)
  bytes.set(other, one.length)
  return bytes
}
