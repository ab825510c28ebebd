/** Where an object is, and who asks for it: S3 itself or a store that speaks like it. */
import type { Context, HttpInit, HttpResponse, SecretHandle, Signing } from 'ionflux/plugin'

export interface Bucket {
  readonly bucket: string
  readonly region?: string
  readonly endpoint?: string
  readonly style?: 'auto' | 'path' | 'virtual'
  readonly key_id: string | SecretHandle
  readonly secret: SecretHandle
  readonly session?: SecretHandle
}

/** The address of an object, or of the bucket without a key. */
export function urlOf(input: Bucket, key: string | undefined, context: Context): string {
  const { bucket, region = 'us-east-1', endpoint, style = 'auto' } = input
  const base = (endpoint ?? `https://s3.${region}.amazonaws.com`).replace(/\/+$/, '')
  // A dot in the name of a bucket is one too many for the certificate of S3.
  const isVirtual =
    style === 'virtual' || (style === 'auto' && endpoint === undefined && !bucket.includes('.'))
  const path = key === undefined ? '' : pathOf(key, context)
  if (isVirtual) return `${base.replace('://', `://${bucket}.`)}/${path}`
  return `${base}/${bucket}${key === undefined ? '' : `/${path}`}`
}

function pathOf(key: string, context: Context): string {
  const parts = key.split('/')
  // Addresses are tidied on their way, and the object would be another one.
  if (parts.some((part) => part === '.' || part === '..')) {
    context.fail('key_refused', `"${key}" has a part of dots, which no address can have.`)
  }
  return parts.map(encodeURIComponent).join('/')
}

/** How the host signs for it. */
export function signingOf(input: Bucket): Extract<Signing, { readonly scheme: 'aws4' }> {
  const { region = 'us-east-1', key_id: id, secret, session } = input
  const more = session === undefined ? {} : { session }
  return { scheme: 'aws4', id, secret, region, service: 's3', ...more }
}

export interface Wish extends HttpInit {
  readonly key?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  /** Statuses that are no failure, besides 2xx. */
  readonly also?: readonly number[]
}

/** Sends a signed request. Fails with a word for what the store answers. */
export async function send(input: Bucket, wish: Wish, context: Context): Promise<HttpResponse> {
  const { key, query = {}, also = [], ...init } = wish
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  const url = urlOf(input, key, context) + search
  const signed = { ...init, redirect: 'manual', sign: signingOf(input) } as const
  const response = await context.http.fetch(url, signed)
  if (response.ok || also.includes(response.status)) return response
  return await fail(response, context)
}

async function fail(response: HttpResponse, context: Context): Promise<never> {
  const { status, headers } = response
  const text = await response.text()
  const code = tag(text, 'Code') ?? ''
  const said = tag(text, 'Message') ?? text.slice(0, 200)
  const region = headers.get('x-amz-bucket-region') ?? tag(text, 'Region')
  const data = { status, code, said, ...(typeof region === 'string' ? { region } : {}) }
  const message = `The store answered ${status}${code === '' ? '' : ` (${code})`}: ${said}`
  return context.fail(wordOf(status, code), message, data)
}

function wordOf(status: number, code: string): string {
  if (code === 'SlowDown' || status === 429) return 'rate_limited'
  if (status >= 300 && status < 400) return 'other_region'
  if (code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect') return 'other_region'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404) return 'not_found'
  if (status === 409 || status === 412) return 'conflict'
  return status >= 500 ? 'unavailable' : 'refused'
}

/** The text of the first element of a name; S3's answers have no attributes and no CDATA. */
export function tag(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return found === undefined ? undefined : unescapeXml(found)
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (all, hex, decimal, name) => {
      if (name !== undefined) return named[String(name)] ?? String(all)
      return String.fromCodePoint(
        hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16),
      )
    },
  )
}
