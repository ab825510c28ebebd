/** One request and its answer, with what every action here has in common. */
import type {
  BlobHandle,
  Context,
  HttpInit,
  HttpResponse,
  Json,
  SecretHandle,
} from 'ionflux/plugin'

type Scalar = string | number | boolean

export interface Auth {
  readonly bearer?: SecretHandle
  readonly basic?: { readonly user: string; readonly password: SecretHandle }
  readonly header?: {
    readonly name: string
    readonly value: SecretHandle
    readonly template?: string
  }
}

/** What all requests take. */
export interface CommonInput {
  readonly url: string
  readonly headers?: Readonly<Record<string, Scalar | SecretHandle>>
  readonly query?: Readonly<Record<string, Scalar | null | readonly Scalar[]>>
  readonly auth?: Auth
  readonly expect?: readonly (number | string)[]
  readonly timeout?: number
  readonly redirect?: 'follow' | 'manual' | 'error'
}

export interface RequestInput extends CommonInput {
  readonly method?: string
  readonly json?: Json
  readonly form?: Readonly<Record<string, Scalar>>
  readonly body?: string
  readonly body_base64?: string
  readonly body_secrets?: Readonly<Record<string, SecretHandle>>
  readonly idempotency_header?: string
  readonly blob?: BlobHandle
  readonly parse?: 'auto' | 'json' | 'text' | 'base64' | 'none'
}

export type Answer = {
  readonly status: number
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: Json
}

/** Sends `input` and reads the answer; a status that is not expected fails the action. */
export async function send(input: RequestInput, context: Context): Promise<Answer> {
  const response = await fetchChecked(input, context)
  return {
    status: response.status,
    url: response.url,
    headers: Object.fromEntries(response.headers),
    body: await bodyOf(response, input.parse ?? 'auto', context),
  }
}

/** Sends `input`; gives back an answer whose status is expected. */
export async function fetchChecked(
  input: RequestInput,
  context: Context,
  isSaved = false,
): Promise<HttpResponse> {
  const { method = 'GET', timeout, redirect, expect = ['2xx'] } = input
  const init: HttpInit = {
    method,
    headers: headersOf(input),
    ...bodyInit(input, context),
    ...(input.body_secrets === undefined ? {} : { secrets: input.body_secrets }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(redirect === undefined ? {} : { redirect }),
    ...(isSaved ? { save: true } : {}),
  }
  const response = await context.http.fetch(withQuery(input.url, input.query), init)
  const { status } = response
  if (expect.includes(status) || expect.includes(`${Math.floor(status / 100)}xx`)) return response
  const text = await response.text()
  const data = { status, url: response.url, body: text.slice(0, excerptChars) }
  return context.fail(wordOf(status), `${method} ${input.url} answered ${status}.`, data)
}

const excerptChars = 1_000

/** What a flow can name in `retry.on` and `catch.on`. */
function wordOf(status: number): string {
  if (status === 429) return 'rate_limited'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404 || status === 410) return 'not_found'
  return status >= 500 ? 'unavailable' : 'unexpected_status'
}

function headersOf({ headers = {}, auth = {} }: CommonInput): [string, string | SecretHandle][] {
  const pairs = Object.entries(headers).map(([name, value]): [string, string | SecretHandle] => [
    name,
    typeof value === 'object' ? value : String(value),
  ])
  const { bearer, basic, header } = auth
  if (bearer !== undefined) pairs.push(['authorization', { ...bearer, template: 'Bearer {}' }])
  if (basic !== undefined) {
    pairs.push(['authorization', { ...basic.password, basic: basic.user }])
  }
  if (header !== undefined) {
    const { name, value, template } = header
    pairs.push([name, template === undefined ? value : { ...value, template }])
  }
  return pairs
}

function bodyInit(input: RequestInput, context: Context): HttpInit {
  if (input.blob !== undefined) return { body: input.blob }
  const { json, form, body, body_base64: base64 } = input
  const given = [json, form, body, base64].filter((one) => one !== undefined)
  if (given.length > 1) {
    context.fail('two_bodies', 'A request has one body: json, form, body or body_base64.')
  }
  if (json !== undefined) return { json }
  if (form !== undefined) {
    return { form: Object.entries(form).map(([name, value]) => [name, String(value)] as const) }
  }
  if (body !== undefined) return { body }
  return base64 === undefined ? {} : { body: bytesOf(base64, context) }
}

function bytesOf(base64: string, context: Context): Uint8Array {
  const text = base64.replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(text)) context.fail('no_base64', '"body_base64" is no base64.')
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

/** Adds names and values to the query of a URL, ahead of its fragment. */
export function withQuery(url: string, query: CommonInput['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly Scalar[]) : [value]).flatMap((one) =>
      one === null ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`],
    ),
  )
  if (pairs.length === 0) return url
  const [whole = ''] = url.split('#')
  const mark = !whole.includes('?') ? '?' : /[?&]$/.test(whole) ? '' : '&'
  return whole + mark + pairs.join('&')
}

async function bodyOf(response: HttpResponse, parse: string, context: Context): Promise<Json> {
  if (parse === 'none') return null
  if (parse === 'base64') return await response.base64()
  const text = await response.text()
  const isJson = /\b(?:application\/json|\+json)\b/i.test(
    response.headers.get('content-type') ?? '',
  )
  if (parse === 'text' || (parse === 'auto' && !isJson)) return text
  return text === '' && parse === 'auto' ? null : parseJson(text, response.url, context)
}

/** JSON, or the failure `no_json`. */
export function parseJson(text: string, url: string, context: Context): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    const data = { url, body: text.slice(0, excerptChars) }
    return context.fail('no_json', `The answer of ${url} is no JSON.`, data)
  }
}
