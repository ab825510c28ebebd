/**
 * The part of a generated plugin that is the same for every API: it puts an input into a
 * request and an answer into an output. It is the plugin's own file once it is written.
 */

const types = "import type { Context, HttpInit, Json, SecretHandle } from 'ionflux/plugin'"

export const runtimeText = String.raw`/** Sends an operation of main.ts. Made by ionflux plugin from-openapi; the same for every API. */
${types}

export interface Operation {
  readonly method: string
  /** With its parameters in braces. */
  readonly url: string
  readonly params?: Readonly<Record<string, Param>>
  readonly body?: 'json' | 'form' | 'text' | 'base64'
  readonly type?: string
  readonly auth?: Auth
  /** Statuses below 400 that the API gives besides 2xx, so that no redirect is followed. */
  readonly expect?: readonly number[]
}

export interface Param {
  readonly in: 'path' | 'query' | 'header'
  /** Its name there, where it is not that of the input. */
  readonly as?: string
  readonly style?: 'csv' | 'spaces' | 'pipes' | 'deep' | 'json' | 'segments'
}

export interface Auth {
  readonly kind: 'bearer' | 'basic' | 'header'
  /** Of a header. */
  readonly name?: string
}

type Input = Readonly<Record<string, unknown>>

export async function call<Output>(operation: Operation, given: object, context: Context): Promise<Output> {
  const input = given as Input
  const { method, expect = [] } = operation
  const url = urlOf(operation, input, context)
  const init: HttpInit = {
    method,
    headers: headersOf(operation, input, context),
    ...bodyOf(operation, input, context),
    ...(expect.length === 0 ? {} : { redirect: 'manual' }),
  }
  const response = await context.http.fetch(url, init)
  const { status } = response
  const type = (response.headers.get('content-type') ?? '').toLowerCase()
  const isText = type === '' || /^text\/|[/+](?:json|xml)\b/.test(type)
  const text = isText ? await response.text() : await response.base64()
  if (!response.ok && !expect.includes(status)) {
    const data = { status, url: response.url, body: text.slice(0, 1000) }
    context.fail(wordOf(status), method + ' ' + operation.url + ' answered ' + status + '.', data)
  }
  const body = text === '' ? null : /[/+]json\b/.test(type) ? parse(text, context) : text
  return { status, headers: Object.fromEntries(response.headers), body } as Output
}

function parse(text: string, context: Context): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return context.fail('no_json', 'The answer is no JSON.', { body: text.slice(0, 1000) })
  }
}

/** What a flow can name in retry.on and catch.on. */
function wordOf(status: number): string {
  if (status === 429) return 'rate_limited'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404 || status === 410) return 'not_found'
  if (status === 409 || status === 412) return 'conflict'
  return status >= 500 ? 'unavailable' : 'unexpected_status'
}

function urlOf({ url, params = {} }: Operation, input: Input, context: Context): string {
  const query: string[] = []
  let whole = url
  for (const [name, param] of Object.entries(params)) {
    const value = input[name]
    if (value === undefined) continue
    const key = param.as ?? name
    if (param.in === 'path') {
      whole = whole.replace('{' + key + '}', () => segment(name, value, param, context))
    } else if (param.in === 'query') query.push(...pairs(key, value, param))
  }
  return query.length === 0 ? whole : whole + (whole.includes('?') ? '&' : '?') + query.join('&')
}

/** A part of the path: nothing in it may lead to another place of the API. */
function segment(name: string, value: unknown, { style }: Param, context: Context): string {
  const text = Array.isArray(value) ? value.map(words).join(',') : words(value)
  const parts = style === 'segments' ? text.split('/') : [text]
  if (parts.some((part) => part === '.' || part === '..' || (part === '' && parts.length === 1))) {
    context.fail('bad_parameter', '"' + name + '" is empty, or would lead out of its place in the path.')
  }
  return parts.map(encodeURIComponent).join('/')
}

function pairs(key: string, value: unknown, { style }: Param): string[] {
  const pair = (name: string, one: unknown): string => encodeURIComponent(name) + '=' + encodeURIComponent(words(one))
  if (style === 'json') return [pair(key, JSON.stringify(value))]
  if (Array.isArray(value)) {
    const glue = style === 'csv' ? ',' : style === 'spaces' ? ' ' : style === 'pipes' ? '|' : undefined
    return glue === undefined ? value.map((one) => pair(key, one)) : [pair(key, value.map(words).join(glue))]
  }
  if (typeof value !== 'object' || value === null) return [pair(key, value)]
  return Object.entries(value).map(([name, one]) => pair(style === 'deep' ? key + '[' + name + ']' : name, one))
}

function words(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

type Header = [string, string | SecretHandle]

function headersOf({ method, params = {}, type, body, auth }: Operation, input: Input, context: Context): Header[] {
  const headers: Header[] = [['accept', 'application/json, */*;q=0.5']]
  if (method === 'POST' || method === 'PATCH') headers.push(['idempotency-key', context.run.key])
  if (type !== undefined && body !== 'form' && input['body'] !== undefined) headers.push(['content-type', type])
  for (const [name, param] of Object.entries(params)) {
    if (param.in === 'header' && input[name] !== undefined) headers.push([param.as ?? name, words(input[name])])
  }
  const secret = input[auth?.kind === 'basic' ? 'password' : auth?.kind === 'header' ? 'api_key' : 'token'] as SecretHandle | undefined
  if (auth === undefined || secret === undefined) return headers
  if (auth.kind === 'bearer') headers.push(['authorization', { ...secret, template: 'Bearer {}' }])
  else if (auth.kind === 'basic') headers.push(['authorization', { ...secret, basic: words(input['user'] ?? '') }])
  else headers.push([auth.name ?? 'authorization', secret])
  return headers
}

function bodyOf({ body: kind }: Operation, input: Input, context: Context): HttpInit {
  const body = input['body']
  if (kind === undefined || body === undefined) return {}
  if (kind === 'json') return { json: body as Json }
  if (kind === 'form') return { form: Object.entries(body as Input).map(([name, value]) => [name, words(value)] as const) }
  if (kind === 'text') return { body: String(body) }
  const bytes = bytesOf(String(body))
  return bytes === undefined ? context.fail('no_base64', '"body" is no base64.') : { body: bytes }
}

function bytesOf(base64: string): Uint8Array | undefined {
  const text = base64.replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(text)) return undefined
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8))
  let word = 0
  for (let i = 0, at = 0, bits = 0; i < text.length; i++) {
    word = ((word << 6) | letters.indexOf(text.charAt(i))) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (word >> bits) & 255
    }
  }
  return bytes
}
`
