/** Lists that come in pages. */
import type { Context, HttpResponse, Json } from 'ionflux/plugin'

import { fetchChecked, parseJson, type CommonInput } from './send.ts'

export interface PaginateInput extends CommonInput {
  readonly items?: string
  readonly next?: {
    readonly link?: true
    readonly cursor?: { readonly at: string; readonly query: string }
    readonly page?: { readonly query: string; readonly first?: number }
  }
  readonly max_pages?: number
  readonly max_items?: number
}

export type Pages = {
  readonly items: readonly Json[]
  readonly pages: number
  readonly is_truncated: boolean
}

interface Page {
  readonly url: string
  readonly query: NonNullable<CommonInput['query']>
}

/** Reads pages until there is no next one, or as many as were asked for. */
export async function pagesOf(input: PaginateInput, context: Context): Promise<Pages> {
  const { max_pages: pagesMax = 100, max_items: itemsMax = Infinity } = input
  const items: Json[] = []
  let page: Page | undefined = firstOf(input)
  let pages = 0
  while (page !== undefined && pages < pagesMax && items.length < itemsMax) {
    const { url, query }: Page = page
    const asked = { ...input, url, query, method: 'GET' }
    const response = await fetchChecked(asked, context)
    const body = parseJson(await response.text(), url, context)
    const found = valueAt(body, input.items ?? '')
    if (!Array.isArray(found)) {
      return context.fail('no_list', `There is no list at "${input.items ?? ''}" in ${url}.`)
    }
    items.push(...(found as readonly Json[]))
    pages++
    page = nextOf({ input, page, response, body, isEmpty: found.length === 0, pages })
  }
  const isCut = items.length > itemsMax
  return {
    items: isCut ? items.slice(0, itemsMax) : items,
    pages,
    is_truncated: isCut || page !== undefined,
  }
}

function firstOf({ url, query = {}, next }: PaginateInput): Page {
  const { page } = next ?? {}
  return { url, query: page === undefined ? query : { ...query, [page.query]: page.first ?? 1 } }
}

interface Read {
  readonly input: PaginateInput
  readonly page: Page
  readonly response: HttpResponse
  readonly body: Json
  readonly isEmpty: boolean
  readonly pages: number
}

function nextOf({ input, page, response, body, isEmpty, pages }: Read): Page | undefined {
  const { cursor, page: numbered } = input.next ?? {}
  if (cursor !== undefined) {
    const value = valueAt(body, cursor.at)
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    return value === '' ? undefined : { ...page, query: { ...page.query, [cursor.query]: value } }
  }
  if (numbered !== undefined) {
    if (isEmpty) return undefined
    const number = (numbered.first ?? 1) + pages
    return { ...page, query: { ...page.query, [numbered.query]: number } }
  }
  const link = nextLink(response.headers.get('link') ?? '')
  return link === undefined ? undefined : { url: absolute(link, response.url), query: {} }
}

/** The target of the link whose relation is `next`. */
function nextLink(header: string): string | undefined {
  for (const [, url, rest = ''] of header.matchAll(
    /<([^<>]*)>((?:\s*;\s*[^,;"]+(?:"[^"]*")?)*)/g,
  )) {
    if (/;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)/i.test(rest)) return url
  }
  return undefined
}

/** A link that is relative belongs to the page that it was on. */
function absolute(link: string, base: string): string {
  if (/^https?:\/\//i.test(link)) return link
  const [, origin = '', path = '/'] = /^(https?:\/\/[^/?#]+)([^?#]*)/i.exec(base) ?? []
  if (link.startsWith('//')) return origin.replace(/\/\/.*$/, '') + link
  if (link.startsWith('/')) return origin + link
  if (link.startsWith('?')) return origin + path + link
  return origin + path.replace(/[^/]*$/, '') + link
}

/** What stands at a JSON Pointer; null where there is nothing. */
function valueAt(value: Json, pointer: string): Json {
  const segments = pointer.split('/').slice(1)
  let at: unknown = value
  for (const segment of segments) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return null
    at = (at as Readonly<Record<string, unknown>>)[key]
  }
  return at as Json
}
