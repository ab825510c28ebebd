/**
 * Puts the values of secrets into the places of a request that a guest has named.
 *
 * This is where a name becomes a value, after every check, and the last place on this
 * side of the network that has both.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Headers } from '#engine/connection/headers.ts'

import { textOf, type Handle } from './handle.ts'
import type { AskedBody, AskedRequest } from './request.ts'

/** The parts of a request that may carry secrets, ready to be sent. */
export interface Filled {
  readonly headers: Headers
  readonly credentials: Headers
  readonly body?: Uint8Array
  readonly isBodySecret: boolean
}

/** Fills a request; `values` has every secret that it names. */
export function fill(asked: AskedRequest, values: ReadonlyMap<string, string>): Filled {
  const { headers, body, fields } = asked
  const plain = headers.flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
  const credentials = headers.flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [[name, headerOf(name, value, values)] as const],
  )
  const type = typeOf(body)
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type')
  const bytes = bytesOf(body, fields, values)
  return {
    headers: type === undefined || hasType ? plain : [...plain, ['content-type', type]],
    credentials,
    ...(bytes === undefined ? {} : { body: bytes }),
    isBodySecret: fields.length > 0,
  }
}

/** A line break would end the header and begin another one. */
function headerOf(name: string, handle: Handle, values: ReadonlyMap<string, string>): string {
  const text = textOf(handle, values)
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text
  const message = `The secret "${handle.secret}" has characters that a header cannot carry.`
  throw new IonError('CONN_SECRET_REFUSED', message, {
    data: { secret: handle.secret, header: name.slice(0, 100) },
  })
}

function typeOf(body: AskedBody): string | undefined {
  const { kind } = body
  if (kind === 'blob') return body.blob.mediaType
  if (kind === 'json') return 'application/json'
  if (kind === 'form') return 'application/x-www-form-urlencoded;charset=UTF-8'
  return kind === 'text' ? 'text/plain;charset=UTF-8' : undefined
}

function bytesOf(
  body: AskedBody,
  fields: AskedRequest['fields'],
  values: ReadonlyMap<string, string>,
): Uint8Array | undefined {
  const filled = fields.map(([at, handle]) => [at, textOf(handle, values)] as const)
  if (body.kind === 'form') {
    const form = new URLSearchParams(
      body.pairs.map(([name, value]): [string, string] => [name, value]),
    )
    for (const [at, text] of filled) form.set(segmentsOf(at).join('/'), text)
    return Buffer.from(form.toString())
  }
  if (body.kind === 'json') {
    return Buffer.from(
      JSON.stringify(
        filled.reduce((json, [at, text]) => put(json, segmentsOf(at), text), body.json),
      ),
    )
  }
  if (filled.length > 0) {
    throw new IonError(
      'CONN_REQUEST_REFUSED',
      'Only a body of json or form has places for secrets.',
    )
  }
  if (body.kind === 'none' || body.kind === 'blob') return undefined
  return body.kind === 'text' ? Buffer.from(body.text) : body.bytes
}

function segmentsOf(at: string): readonly string[] {
  const segments = at.split('/').slice(1)
  if (!at.startsWith('/') || segments.length === 0 || segments.length > limits.injectDepthMax) {
    throw noPlace(at)
  }
  return segments.map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A copy of `json` with `text` at the place; objects on the way are made. */
function put(json: Json, [key = '', ...rest]: readonly string[], text: string): Json {
  if (Array.isArray(json)) {
    const index = Number(key)
    if (!/^(?:0|[1-9]\d*)$/.test(key) || index >= json.length) throw noPlace(key)
    return json.map((item: Json, i) =>
      i === index ? (rest.length === 0 ? text : put(item, rest, text)) : item,
    )
  }
  if (!isObject(json)) throw noPlace(key)
  const inner =
    rest.length === 0 ? text : put(Object.hasOwn(json, key) ? (json[key] ?? {}) : {}, rest, text)
  return Object.fromEntries([
    ...Object.entries(json).filter(([name]) => name !== key),
    [key, inner],
  ])
}

function noPlace(at: string): IonError {
  const message = `The body has no place "${at.slice(0, 100)}" for a secret.`
  return new IonError('CONN_REQUEST_REFUSED', message)
}
