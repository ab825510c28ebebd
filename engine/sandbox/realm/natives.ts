/**
 * What the prelude has done by the host, because an interpreter would take up to a
 * hundred times as long: encodings, addresses, digests.
 *
 * Functions of their arguments and nothing else, so they need no grant, run on the
 * guest's own time, and are not journaled. Text crosses as JSON: the border would end
 * it at its first zero.
 */
import { createHash, createHmac } from 'node:crypto'

import { limits } from '#engine/core/limits.ts'

/** What a guest may hand over: a text, a number, or a copy of its bytes. */
export type NativeValue = string | number | Uint8Array
type Native = (...args: NativeValue[]) => string | Uint8Array | undefined

const textOf = (json: NativeValue | undefined): string => JSON.parse(String(json)) as string
const bytesOf = (value: NativeValue | undefined): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array()

const hashes = ['sha1', 'sha256', 'sha384', 'sha512']
const spellings = ['base64', 'base64url', 'hex'] as const
const patterns = {
  base64: /^[A-Za-z0-9+/]*={0,2}$/,
  base64url: /^[A-Za-z0-9_-]*={0,2}$/,
  hex: /^(?:[0-9a-fA-F]{2})*$/,
}

function hashOf(name: NativeValue | undefined): string {
  const found = hashes.find((hash) => hash === name)
  if (found === undefined) throw new TypeError('The sandbox knows no such digest.')
  return found
}

function spellingOf(name: NativeValue | undefined): (typeof spellings)[number] {
  const found = spellings.find((one) => one === name)
  if (found === undefined) throw new TypeError('The sandbox knows no such spelling.')
  return found
}

/** An empty text says that something is no URL, or that the part cannot be changed so. */
function takeApart(json: NativeValue | undefined): string {
  const asked = JSON.parse(String(json)) as readonly string[]
  if (asked.some((text) => text.length > limits.sandboxUrlCharsMax))
    throw new RangeError('The URL is too long.')
  const [href = '', part, value] = asked
  const base = value === undefined ? part : undefined
  if (!URL.canParse(href, base)) return ''
  const url = new URL(href, base)
  if (part !== undefined && value !== undefined) Reflect.set(url, part, value)
  const { origin, protocol, username, password, host } = url
  const { hostname, port, pathname, search, hash } = url
  const where = { origin, protocol, username, password, host, hostname }
  return JSON.stringify({ href: url.href, ...where, port, pathname, search, hash })
}

const natives: Readonly<Record<string, Native>> = {
  encode: (text) => new TextEncoder().encode(textOf(text)),
  decode: (bytes, fatal, ignoreBOM) => {
    const decoder = new TextDecoder('utf-8', { fatal: fatal === 1, ignoreBOM: ignoreBOM === 1 })
    return JSON.stringify(decoder.decode(bytesOf(bytes)))
  },
  btoa: (text) => btoa(textOf(text)),
  atob: (text) => {
    try {
      return JSON.stringify(atob(textOf(text)))
    } catch {
      return ''
    }
  },
  spell: (name, bytes) => Buffer.from(bytesOf(bytes)).toString(spellingOf(name)),
  bytes: (name, text) => {
    const spelling = spellingOf(name)
    const found = textOf(text)
    return patterns[spelling].test(found) ? Buffer.from(found, spelling) : undefined
  },
  url: takeApart,
  digest: (hash, data) => createHash(hashOf(hash)).update(bytesOf(data)).digest(),
  hmac: (hash, key, data) => createHmac(hashOf(hash), bytesOf(key)).update(bytesOf(data)).digest(),
}

/** Throws a `TypeError` or `RangeError`, which the guest gets as its own. */
export function callNative(
  name: string,
  args: readonly NativeValue[],
): string | Uint8Array | undefined {
  const native = Object.hasOwn(natives, name) ? natives[name] : undefined
  if (native === undefined) throw new TypeError('The sandbox has no such function.')
  return native(...args)
}
