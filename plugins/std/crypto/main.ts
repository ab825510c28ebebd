/** Digests, message codes, encodings, names out of data, and the inside of a token. */
import type { Action, Context, Json, JsonObject } from 'ionflux/plugin'

import { decode as fromText, encode as toText, type Encoding } from './encoding.ts'
import { md5, sha1 } from './old.ts'
import { sha256, sha512 } from './sha2.ts'

type Algorithm = 'sha256' | 'sha512' | 'sha1' | 'md5'
type Digest = (message: Uint8Array) => Uint8Array
const digests: Readonly<Record<Algorithm, Digest>> = { sha256, sha512, sha1, md5 }
const blockBytes: Readonly<Record<Algorithm, number>> = {
  sha256: 64,
  sha512: 128,
  sha1: 64,
  md5: 64,
}

interface Message {
  readonly data: string
  readonly from?: Encoding
  readonly to?: Exclude<Encoding, 'text'>
  readonly algorithm?: Algorithm
}

/** The digest of a text or of bytes. */
export const digest: Action<Message, string> = (
  { data, from = 'text', to = 'hex', algorithm = 'sha256' },
  context,
) => written(digests[algorithm](read(data, from, context)), to, context)

interface Keyed extends Message {
  readonly key: string
  readonly key_from?: Encoding
}

/** HMAC (RFC 2104). */
export const hmac: Action<Keyed, string> = (input, context) => {
  const { data, key, from = 'text', key_from = 'text', to = 'hex', algorithm = 'sha256' } = input
  const run = digests[algorithm]
  const size = blockBytes[algorithm]
  const given = read(key, key_from, context)
  const block = new Uint8Array(size)
  block.set(given.length > size ? run(given) : given)
  const inner = run(
    joined(
      block.map((byte) => byte ^ 0x36),
      read(data, from, context),
    ),
  )
  return written(
    run(
      joined(
        block.map((byte) => byte ^ 0x5c),
        inner,
      ),
    ),
    to,
    context,
  )
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
export const uuid: Action<{ readonly name: string; readonly namespace: string }, string> = (
  { name, namespace },
  context,
) => {
  const space = read((namespaces[namespace] ?? namespace).replaceAll('-', ''), 'hex', context)
  const bytes = sha1(joined(space, read(name, 'text', context))).slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return written(bytes, 'hex', context).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** What a JSON Web Token says. Whether it is true needs its signature. */
export const jwt: Action<{ readonly token: string }> = ({ token }, context) => {
  const [header, payload, signature, ...more] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return context.fail('token_malformed', 'A signed token has three parts with dots between them.')
  return {
    header: part(header, 'header', context),
    payload: part(payload, 'payload', context),
    signature,
  }
}

function part(text: string, name: string, context: Context): JsonObject {
  const bytes = fromText(text, 'base64url')
  const json = bytes === undefined ? undefined : toText(bytes, 'text')
  try {
    const value = JSON.parse(json ?? '') as Json
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as JsonObject
  } catch {
    // It is said below.
  }
  return context.fail('token_malformed', `The ${name} of the token is no JSON object in Base64.`)
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
