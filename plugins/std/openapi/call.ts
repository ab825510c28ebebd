/** One call of one operation: input to request, request to answer. */
import type {
  Context,
  HttpInit,
  HttpResponse,
  Json,
  JsonObject,
  SecretHandle,
} from 'ionflux/plugin'

import { credentialsOf, type AuthInput } from './auth.ts'
import { findOperation, ApiDocument, isObject, objectOf, type Operation } from './document.ts'
import { readInput, type CallInput, type Sorted } from './input.ts'
import { contentOf, fillPath, pairsOf, simple, textOf, type Pairs } from './place.ts'

export interface Call extends CallInput, AuthInput {
  readonly document: JsonObject
  readonly operation: string
  readonly server?: string
  readonly server_variables?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly idempotency_header?: string
  readonly expect?: readonly (number | string)[]
  readonly timeout?: number
}

export type Answer = {
  readonly operation: string
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: Json
}

/** Calls it; `isSafe` refuses every operation but those that read. */
export async function callOperation(
  input: Call,
  context: Context,
  isSafe: boolean,
): Promise<Answer> {
  const document = new ApiDocument(input.document, context)
  const operation = findOperation(document, input.operation, context)
  const { method } = operation
  if (isSafe && method !== 'GET' && method !== 'HEAD') {
    const message = `"${operation.name}" may change something: use std/openapi/call.`
    return context.fail('operation_unsafe', message)
  }
  const sorted = await readInput(input, { document, operation, context })
  const { headers: secret, query } = credentialsOf(input, { document, operation, context })
  const url = urlOf(input, operation, { sorted, context })
  const init: HttpInit = {
    method,
    headers: [...headersOf(input, sorted, { method, key: context.run.key }), ...secret],
    ...bodyOf(input, sorted, context),
    ...(input.timeout === undefined ? {} : { timeout: input.timeout }),
  }
  const target = query === undefined ? url : withSecret(url, query)
  return await answerOf(await context.http.fetch(target, init), { input, operation, context })
}

function urlOf(
  { server, server_variables: chosen = {} }: Call,
  operation: Operation,
  { sorted: { values }, context }: { sorted: Sorted; context: Context },
): string {
  const [{ url: first = '/', variables } = {} as JsonObject] = operation.servers
  const base = (server ?? textOf(first)).replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const known = objectOf(objectOf(variables)[name])
    const value = chosen[name] ?? known['default']
    if (typeof value === 'string') return value
    return context.fail('server_missing', `The server has a place "${name}" without a value.`)
  })
  if (!/^https?:\/\//i.test(base)) {
    const message = `The document names the server "${base}", which is no address. Say in "server" where it is.`
    return context.fail('server_missing', message)
  }
  const path = fillPath(operation.path, values, context)
  const pairs = [...values].flatMap(([one, value]) => {
    if (one.in !== 'query') return []
    return contentOf(one.spec) === undefined
      ? pairsOf(one.name, value, one.spec)
      : [[one.name, textOf(value)] as const]
  })
  const query = pairs.length === 0 ? '' : `?${formOf(pairs)}`
  return base.replace(/\/+$/, '') + path + query
}

function formOf(pairs: Pairs): string {
  return pairs
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
}

/** The URL becomes the secret's: only then can the host write it into the query. */
function withSecret(
  url: string,
  { name, secret }: { readonly name: string; readonly secret: SecretHandle },
): SecretHandle {
  const mark = url.includes('?') ? '&' : '?'
  const plain = url.replaceAll('{', '%7B').replaceAll('}', '%7D')
  return { ...secret, template: `${plain}${mark}${encodeURIComponent(name)}={}` }
}

function headersOf(
  { headers = {}, idempotency_header: keyHeader = 'Idempotency-Key' }: Call,
  { values, media }: Sorted,
  { method, key }: { readonly method: string; readonly key: string },
): [string, string][] {
  const cookies: string[] = []
  const pairs: [string, string][] = []
  for (const [{ name, in: place, spec }, value] of values) {
    if (place === 'cookie')
      cookies.push(...pairsOf(name, value, spec).map((pair) => pair.join('=')))
    if (place === 'header')
      pairs.push([name, simple(value, spec['explode'] === true, (text) => text)])
  }
  if (cookies.length > 0) pairs.push(['cookie', cookies.join('; ')])
  if (media !== undefined) pairs.push(['content-type', media.type])
  pairs.push(...Object.entries(headers))
  const has = (name: string): boolean => pairs.some(([one]) => one.toLowerCase() === name)
  if (!has('accept')) pairs.push(['accept', 'application/json, */*;q=0.5'])
  const isRead = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  if (!isRead && keyHeader !== '' && !has(keyHeader.toLowerCase())) pairs.push([keyHeader, key])
  return pairs
}

function bodyOf({ body }: Call, { media }: Sorted, context: Context): HttpInit {
  if (media === undefined || body === undefined) return {}
  const { type, spec } = media
  if (/[/+]json\b/i.test(type)) return { json: body }
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    if (!isObject(body)) return context.fail('body_invalid', 'A form is an object of its fields.')
    const encoding = objectOf(spec['encoding'])
    const pairs = Object.entries(body).flatMap(([name, value]) =>
      pairsOf(name, value, objectOf(encoding[name])),
    )
    return { body: formOf(pairs) }
  }
  if (typeof body === 'string') return { body }
  return context.fail('body_invalid', `A body of "${type}" is a text.`)
}

interface Asked {
  readonly input: Call
  readonly operation: Operation
  readonly context: Context
}

async function answerOf(
  response: HttpResponse,
  { input, operation, context }: Asked,
): Promise<Answer> {
  const { status, headers } = response
  const { expect = ['2xx'] } = input
  const text = await response.text()
  const isJson = /\b(?:application\/json|\+json)\b/i.test(headers.get('content-type') ?? '')
  let body: Json = text === '' ? null : text
  if (isJson && text !== '') {
    try {
      body = JSON.parse(text) as Json
    } catch {
      context.fail('no_json', `The answer of "${operation.name}" is no JSON.`, { status })
    }
  }
  const name = operation.id ?? operation.name
  if (expect.includes(status) || expect.includes(`${Math.floor(status / 100)}xx`)) {
    return { operation: name, status, headers: Object.fromEntries(headers), body }
  }
  const said = typeof body === 'string' ? body.slice(0, 1_000) : body
  const message = `"${name}" answered ${status}${meaningOf(operation, status)}`
  return context.fail(wordOf(status), message, { status, body: said })
}

/** What the document says that the status means. */
function meaningOf({ spec }: Operation, status: number): string {
  const { description } = objectOf(objectOf(spec['responses'])[String(status)])
  return typeof description === 'string' ? `: ${description.split('\n')[0] ?? ''}` : '.'
}

function wordOf(status: number): string {
  if (status === 429) return 'rate_limited'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404 || status === 410) return 'not_found'
  if (status === 409 || status === 412) return 'conflict'
  if (status === 400 || status === 422) return 'refused'
  return status >= 500 ? 'unavailable' : 'unexpected_status'
}
