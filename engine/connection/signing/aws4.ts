/**
 * Signs requests by AWS Signature Version 4: in headers, or in the query of a URL that
 * somebody else may then use for a while.
 *
 * Pure: the time comes from the caller. What is signed is the host, the query, the body
 * and every header that is given, so nothing on the way can change them.
 */
import { createHash, createHmac } from 'node:crypto'

import type { Headers } from '#engine/connection/headers.ts'

export interface AwsKey {
  /** The id of the access key; it is no secret. */
  readonly id: string
  readonly secret: string
  /** The token of a session, where the key is one of a session. */
  readonly session?: string
}

export interface AwsScope {
  readonly region: string
  readonly service: string
}

export interface AwsRequest extends AwsScope {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  /** The hex SHA-256 of one that is not in memory. */
  readonly body: Uint8Array | string
  readonly nowMs: number
}

const algorithm = 'AWS4-HMAC-SHA256'

/** The headers that a request must carry in addition. */
export function signAws4(request: AwsRequest, key: AwsKey): Headers {
  const { url, method, headers, body, nowMs, service } = request
  const time = timeOf(nowMs)
  const digest = typeof body === 'string' ? body : createHash('sha256').update(body).digest('hex')
  const added: (readonly [string, string])[] = [['x-amz-date', time]]
  if (service === 's3') added.push(['x-amz-content-sha256', digest])
  if (key.session !== undefined) added.push(['x-amz-security-token', key.session])
  const { names, lines } = canonicalHeaders([...headers, ...added, ['host', url.host]])
  const query = canonicalQuery([...pairsOf(url)])
  const canonical = [method, pathOf(url, service), query, ...lines, '', names, digest].join('\n')
  const scope = scopeOf(request, time)
  const signature = signatureOf({ canonical, scope, time }, request, key)
  const credential = `Credential=${key.id}/${scope}`
  return [
    ...added,
    ['authorization', `${algorithm} ${credential}, SignedHeaders=${names}, Signature=${signature}`],
  ]
}

export interface PresignWish extends AwsScope {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly seconds: number
  readonly nowMs: number
}

/** The URL with its signature; who has it may send that one request until it runs out. */
export function presignAws4(wish: PresignWish, key: AwsKey): string {
  const { url, method, headers, seconds, nowMs, service } = wish
  const time = timeOf(nowMs)
  const scope = scopeOf(wish, time)
  const { names, lines } = canonicalHeaders([...headers, ['host', url.host]])
  const pairs: (readonly [string, string])[] = [
    ...pairsOf(url),
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${key.id}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(seconds)],
    ['X-Amz-SignedHeaders', names],
  ]
  if (key.session !== undefined) pairs.push(['X-Amz-Security-Token', key.session])
  const query = canonicalQuery(pairs)
  const path = pathOf(url, service)
  const canonical = [method, path, query, ...lines, '', names, 'UNSIGNED-PAYLOAD'].join('\n')
  const signature = signatureOf({ canonical, scope, time }, wish, key)
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${signature}`
}

interface Signed {
  readonly canonical: string
  readonly scope: string
  readonly time: string
}

function signatureOf(
  { canonical, scope, time }: Signed,
  { region, service }: AwsScope,
  { secret }: AwsKey,
): string {
  const hash = createHash('sha256').update(canonical).digest('hex')
  const text = [algorithm, time, scope, hash].join('\n')
  const parts = [time.slice(0, 8), region, service, 'aws4_request']
  const key = parts.reduce<Buffer | string>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${secret}`,
  )
  return createHmac('sha256', key).update(text).digest('hex')
}

/** `20260102T030405Z`. */
function timeOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
}

function scopeOf({ region, service }: AwsScope, time: string): string {
  return `${time.slice(0, 8)}/${region}/${service}/aws4_request`
}

/** S3 takes the path as what it means; everybody else encodes what is written once more. */
function pathOf({ pathname }: URL, service: string): string {
  const parts = pathname.split('/')
  return parts.map((part) => encode(service === 's3' ? decode(part) : part)).join('/')
}

function pairsOf({ search }: URL): (readonly [string, string])[] {
  const parts = search.slice(1).split('&')
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]
    })
}

function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, av], [b, bv]) => compare(a, b) || compare(av, bv))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function canonicalHeaders(headers: Headers): { names: string; lines: readonly string[] } {
  const values = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    values.set(key, [...(values.get(key) ?? []), value.trim().replaceAll(/ +/g, ' ')])
  }
  const sorted = [...values].toSorted(([a], [b]) => compare(a, b))
  return {
    names: sorted.map(([name]) => name).join(';'),
    lines: sorted.map(([name, all]) => `${name}:${all.join(',')}`),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** RFC 3986: everything but letters, digits and four signs. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A lone percent sign stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
