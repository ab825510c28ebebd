/**
 * One request to the API of GitHub, and lists in pages.
 *
 * What goes wrong gets a word that a flow can retry on: a limit on requests is
 * `rate_limited`, whichever of its three forms it comes in.
 */
import type { Context, HttpResponse, Json, JsonObject, SecretHandle } from 'ionflux/plugin'

/** What every action takes. */
export interface Common {
  readonly repo: string
  readonly token?: SecretHandle
  readonly api?: string
}

export interface Wish {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Parts of the path below the repository; each is encoded. */
  readonly path: readonly (string | number)[]
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: JsonObject
  /** Statuses that are no failure, besides 2xx. */
  readonly also?: readonly number[]
  readonly accept?: string
}

export interface Where {
  readonly input: Common
  readonly context: Context
}

/** Sends a request below `/repos/OWNER/NAME`. */
export async function ask(where: Where, wish: Wish): Promise<HttpResponse> {
  const { input, context } = where
  return await send(where, urlOf(input, wish, context), wish)
}

async function send({ input, context }: Where, url: string, wish: Wish): Promise<HttpResponse> {
  const { method = 'GET', json, also = [], accept = 'application/vnd.github+json' } = wish
  const headers: [string, string | SecretHandle][] = [
    ['accept', accept],
    ['x-github-api-version', '2022-11-28'],
  ]
  if (input.token !== undefined) {
    headers.push(['authorization', { ...input.token, template: 'Bearer {}' }])
  }
  const init = { method, headers, ...(json === undefined ? {} : { json }) }
  const response = await context.http.fetch(url, init)
  if (response.ok || also.includes(response.status)) return response
  return await fail(response, `${method} ${url}`, context)
}

/** Sends a request and reads the JSON of its answer. */
export async function askJson<Value>(where: Where, wish: Wish): Promise<Value> {
  return (await (await ask(where, wish)).json()) as Value
}

const perPage = 100

/**
 * Reads a list page by page until it ends or has `itemsMax` items. `member` names the list
 * where a page is an object. Stops early where `isEnough` says so of an item.
 */
export async function list<Item>(
  where: Where,
  wish: Wish & { readonly member?: string },
  { itemsMax, isEnough }: { itemsMax: number; isEnough?: (item: Item) => boolean },
): Promise<{ readonly items: readonly Item[]; readonly isTruncated: boolean }> {
  const { input, context } = where
  const query = { ...wish.query, per_page: Math.min(itemsMax, perPage) }
  const items: Item[] = []
  let url: string | undefined = urlOf(input, { ...wish, query }, context)
  const [origin = ''] = /^https?:\/\/[^/]+/i.exec(url) ?? []
  while (url !== undefined && items.length < itemsMax) {
    const response: HttpResponse = await send(where, url, wish)
    const page = await response.json<Json>()
    const found = wish.member === undefined ? page : (page as JsonObject)[wish.member]
    if (!Array.isArray(found)) {
      return context.fail('unexpected_answer', `The answer of ${url} is no list.`)
    }
    const more = found as unknown as readonly Item[]
    items.push(...more)
    url = nextOf(response.headers.get('link') ?? '')
    if (isEnough !== undefined && more.some(isEnough)) break
    // The token goes along with the next request, so it must not lead elsewhere.
    if (url !== undefined && !url.startsWith(`${origin}/`)) {
      return context.fail('unexpected_answer', `The next page is said to be at ${url}.`)
    }
  }
  const isTruncated = items.length > itemsMax || url !== undefined
  return { items: items.slice(0, itemsMax), isTruncated }
}

function nextOf(link: string): string | undefined {
  return /<([^<>]*)>[^,<]*;\s*rel="next"/.exec(link)?.[1]
}

function urlOf(
  { repo, api = 'https://api.github.com' }: Common,
  { path, query = {} }: Wish,
  context: Context,
): string {
  const parts = [...repo.split('/'), ...path].map((part) => {
    // A dot part would lead to another place of the API.
    if (part === '' || part === '.' || part === '..') {
      context.fail('path_refused', `"${part}" cannot be a part of a path.`)
    }
    return encodeURIComponent(part)
  })
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  const asked = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  return `${api.replace(/\/+$/, '')}/repos/${parts.join('/')}${asked}`
}

async function fail(response: HttpResponse, asked: string, context: Context): Promise<never> {
  const { status, headers } = response
  const text = await response.text()
  const said = saidBy(text)
  const after = Number(headers.get('retry-after') ?? Number.NaN)
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN)
  const data: Record<string, Json> = { status, said }
  if (Number.isFinite(after)) data['retry_after'] = after
  if (Number.isFinite(reset)) data['reset_at'] = new Date(reset * 1000).toISOString()
  const message = `${asked} answered ${status}: ${said}`
  return context.fail(wordOf(status, headers, said), message, data)
}

/** What GitHub says, with its list of mistakes. */
function saidBy(text: string): string {
  try {
    const { message = '', errors = [] } = JSON.parse(text) as {
      readonly message?: string
      readonly errors?: readonly (string | { readonly message?: string; readonly code?: string })[]
    }
    const more = errors.map((one) =>
      typeof one === 'string' ? one : (one.message ?? one.code ?? ''),
    )
    return [message, ...more].filter((one) => one !== '').join('; ')
  } catch {
    return text.slice(0, 200)
  }
}

function wordOf(status: number, headers: HttpResponse['headers'], said: string): string {
  const isLimit =
    headers.get('x-ratelimit-remaining') === '0' ||
    headers.has('retry-after') ||
    /rate limit/i.test(said)
  if (status === 429 || (status === 403 && isLimit)) return 'rate_limited'
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 404 || status === 410) return 'not_found'
  if (status === 409) return 'conflict'
  if (status === 422) return 'refused'
  return status >= 500 ? 'unavailable' : 'unexpected_status'
}

/** The key of a step as hex: its author may have given it any text. */
export async function keyDigest(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
