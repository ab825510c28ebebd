/**
 * Reads what a guest asks of `http.fetch`. Everything in it is untrusted; what does not
 * have the shape of a request is refused with a sentence about what is missing.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Redirect } from '#engine/connection/redirect.ts'
import type { BlobHandle } from '#engine/runtime/blobs.ts'

import { handleIn } from '#engine/sandbox/capability/blob.ts'

import { readHandle, refused, type Handle } from './handle.ts'
import { readSign, type AskedSign } from './sign.ts'

export type AskedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly blob: BlobHandle }
  | { readonly kind: 'json'; readonly json: Json }
  | { readonly kind: 'form'; readonly pairs: readonly (readonly [string, string])[] }

/** A request as the guest wrote it, with its secrets still names. */
export interface AskedRequest {
  readonly url: string | Handle
  readonly method: string
  readonly headers: readonly (readonly [string, string | Handle])[]
  readonly body: AskedBody
  /** Secrets in the body, by JSON Pointer (json) or `/name` (form). */
  readonly fields: readonly (readonly [pointer: string, Handle])[]
  readonly sign: AskedSign | undefined
  readonly redirect: Redirect
  readonly timeMs: number
  /** Whether the body of the answer is to become a blob. */
  readonly isSaved: boolean
}

/** Throws `CONN_REQUEST_REFUSED`. */
export function readRequest(args: Json): AskedRequest {
  if (!isObject(args)) throw refused('A request is an object with a url.')
  const { method = 'GET', headers = [], redirect = 'follow' } = args
  const url = readUrl(args['url'])
  if (typeof method !== 'string') throw refused('The method of a request is a text.')
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error') {
    throw refused('"redirect" is "follow", "manual" or "error".')
  }
  const fields = Object.entries(isObject(args['secrets']) ? args['secrets'] : {})
  if (fields.length > limits.secretsPerRequestMax) throw tooManySecrets()
  return {
    url,
    method: method.toUpperCase(),
    headers: readHeaders(headers),
    body: readBody(args['body']),
    fields: fields.map(([at, value]) => {
      const handle = readHandle(value)
      if (handle === undefined)
        throw refused(`"${at.slice(0, 100)}" is marked for a secret and names none.`)
      return [at, handle]
    }),
    sign: readSign(args['sign']),
    redirect,
    timeMs: readTime(args['timeout']),
    isSaved: args['save'] === true,
  }
}

/** A secret may be the whole URL or stand behind its host, never in it: names are looked up. */
function readUrl(url: Json | undefined): string | Handle {
  const read = typeof url === 'string' ? url : readHandle(url)
  if (read === undefined) throw refused('A request needs a url.')
  if (typeof read === 'string') return read
  if (/^(?:\{\}|https?:\/\/[^{}/?#\\]+\/.*)$/.test(read.template) && read.basic === undefined)
    return read
  throw refused('A secret is a whole URL, or stands behind the host of one.')
}

function readTime(timeout: Json | undefined): number {
  if (timeout === undefined) return limits.httpTimeMsDefault
  const isTime = typeof timeout === 'number' && timeout > 0 && timeout <= limits.httpTimeMsMax
  if (!isTime)
    throw refused(`"timeout" is a number of milliseconds, at most ${limits.httpTimeMsMax}.`)
  return timeout
}

function readHeaders(headers: Json): AskedRequest['headers'] {
  if (!Array.isArray(headers) || headers.length > limits.httpHeadersMax) {
    throw refused(`The headers of a request are pairs, at most ${limits.httpHeadersMax}.`)
  }
  let secrets = 0
  return headers.map((pair: Json): readonly [string, string | Handle] => {
    const [name, value] = Array.isArray(pair) ? (pair as readonly Json[]) : []
    const read = typeof value === 'string' ? value : readHandle(value)
    if (typeof name !== 'string' || read === undefined) {
      throw refused('A header is a name with a text, or with a secret.')
    }
    if (typeof read === 'object' && ++secrets > limits.secretsPerRequestMax) throw tooManySecrets()
    return [name, read]
  })
}

function readBody(body: Json | undefined): AskedBody {
  if (body === undefined || body === null) return { kind: 'none' }
  const { text, base64, json, form } = (isObject(body) ? body : {}) as Partial<JsonObject>
  if (typeof text === 'string') return { kind: 'text', text }
  if (typeof base64 === 'string') return { kind: 'bytes', bytes: Buffer.from(base64, 'base64') }
  if (json !== undefined) return { kind: 'json', json }
  const blob = isObject(body) ? body['blob'] : undefined
  if (blob !== undefined) return { kind: 'blob', blob: handleIn('http.fetch', blob) }
  if (!Array.isArray(form))
    throw refused('The body of a request is text, base64, a blob, json or form.')
  const pairs = form.map((pair: Json): readonly [string, string] => {
    const [name, value] = Array.isArray(pair) ? (pair as readonly Json[]) : []
    if (typeof name === 'string' && typeof value === 'string') return [name, value]
    throw refused('A form consists of names and texts. Mark what is a secret in "secrets".')
  })
  return { kind: 'form', pairs }
}

function tooManySecrets(): Error {
  return refused(`A request carries at most ${limits.secretsPerRequestMax} secrets.`)
}
