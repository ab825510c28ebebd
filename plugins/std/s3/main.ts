/** Objects in S3 and in stores that speak like it. The host signs; the key is never here. */
import type { Action, BlobHandle, Context, HttpResponse } from 'ionflux/plugin'

import { send, signingOf, tag, urlOf, type Bucket } from './object.ts'

interface OfObject extends Bucket {
  readonly key: string
}

type Facts = {
  readonly etag: string
  readonly size: number
  readonly content_type: string
  readonly last_modified: string
  readonly metadata: { readonly [name: string]: string }
}

function factsOf({ headers }: HttpResponse): Facts {
  const metadata = [...headers].flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), value] as const] : [],
  )
  return {
    etag: (headers.get('etag') ?? '').replaceAll('"', ''),
    size: Number(headers.get('content-length') ?? 0),
    content_type: headers.get('content-type') ?? '',
    last_modified: headers.get('last-modified') ?? '',
    metadata: Object.fromEntries(metadata),
  }
}

type Got = Facts & { readonly text: string | null; readonly base64?: string }

export const get: Action<OfObject, Got> = async (input, context) => {
  const response = await send(input, { key: input.key }, context)
  const bytes = await response.bytes()
  const facts = { ...factsOf(response), size: bytes.length }
  try {
    return { ...facts, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { ...facts, text: null, base64: await response.base64() }
  }
}

export const stat: Action<OfObject, { readonly exists: boolean } & Partial<Facts>> = async (
  input,
  context,
) => {
  const wish = { method: 'HEAD', key: input.key, also: [404] }
  const response = await send(input, wish, context)
  return response.status === 404 ? { exists: false } : { exists: true, ...factsOf(response) }
}

export const download: Action<OfObject, Facts & { readonly blob: BlobHandle }> = async (
  input,
  context,
) => {
  const response = await send(input, { key: input.key, save: true, timeout: 110_000 }, context)
  const { saved } = response
  if (saved === null) return context.fail('unexpected_answer', 'The store gave no object.')
  return { ...factsOf(response), size: saved.bytes, blob: saved }
}

interface Put extends OfObject {
  readonly content_type?: string
  readonly cache_control?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly only_new?: boolean
}

type Kept = { readonly etag: string; readonly size: number }

export const put: Action<Put & { readonly text?: string; readonly base64?: string }, Kept> = async (
  input,
  context,
) => {
  const { text = '', base64 } = input
  const bytes = base64 === undefined ? new TextEncoder().encode(text) : bytesOf(base64, context)
  return await keep(input, { body: bytes, size: bytes.length }, context)
}

export const upload: Action<Put & { readonly blob: BlobHandle }, Kept> = async (input, context) =>
  await keep(input, { body: input.blob, size: input.blob.bytes }, context)

async function keep(
  input: Put,
  { body, size }: { readonly body: Uint8Array | BlobHandle; readonly size: number },
  context: Context,
): Promise<Kept> {
  const { key, metadata = {}, cache_control: cache, only_new: isNew = false } = input
  const type = input.content_type ?? ('$blob' in body ? body.mediaType : undefined)
  const headers: [string, string][] = Object.entries(metadata).map(([name, value]) => [
    `x-amz-meta-${name}`,
    value,
  ])
  headers.push(['content-type', type ?? 'application/octet-stream'])
  if (cache !== undefined) headers.push(['cache-control', cache])
  if (isNew) headers.push(['if-none-match', '*'])
  const wish = { method: 'PUT', key, headers, body, timeout: 110_000 }
  const response = await send(input, wish, context)
  return { etag: (response.headers.get('etag') ?? '').replaceAll('"', ''), size }
}

function bytesOf(base64: string, context: Context): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64)
  } catch {
    return context.fail('no_base64', '"base64" is no Base64.')
  }
}

interface List extends Bucket {
  readonly prefix?: string
  readonly delimiter?: string
  readonly max_items?: number
}

type Listed = {
  readonly objects: readonly {
    readonly key: string
    readonly size: number
    readonly etag: string
    readonly last_modified: string
  }[]
  readonly prefixes: readonly string[]
  readonly is_truncated: boolean
}

export const list: Action<List, Listed> = async (input, context) => {
  const { prefix, delimiter, max_items: itemsMax = 1_000 } = input
  const objects: Listed['objects'][number][] = []
  const prefixes: string[] = []
  let token: string | undefined
  for (;;) {
    const left = itemsMax - objects.length - prefixes.length
    const query = {
      'list-type': 2,
      'encoding-type': 'url',
      'max-keys': Math.min(left, 1_000),
      prefix,
      delimiter,
      'continuation-token': token,
    }
    const xml = await (await send(input, { query }, context)).text()
    objects.push(...elements(xml, 'Contents').map(objectOf))
    prefixes.push(...elements(xml, 'CommonPrefixes').map((one) => keyIn(one, 'Prefix')))
    token = tag(xml, 'IsTruncated') === 'true' ? tag(xml, 'NextContinuationToken') : undefined
    const isFull = objects.length + prefixes.length >= itemsMax
    if (token === undefined || isFull)
      return { objects, prefixes, is_truncated: token !== undefined }
  }
}

function elements(xml: string, name: string): readonly string[] {
  return xml
    .split(`<${name}>`)
    .slice(1)
    .map((one) => one.split(`</${name}>`)[0] ?? '')
}

function objectOf(xml: string): Listed['objects'][number] {
  return {
    key: keyIn(xml, 'Key'),
    size: Number(tag(xml, 'Size') ?? 0),
    etag: (tag(xml, 'ETag') ?? '').replaceAll('"', ''),
    last_modified: tag(xml, 'LastModified') ?? '',
  }
}

/** Keys come as in an address, because XML cannot carry every character. */
function keyIn(xml: string, name: string): string {
  const text = tag(xml, name) ?? ''
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** S3 says the same, whether there was an object or not. */
export const remove: Action<OfObject, { readonly deleted: true }> = async (input, context) => {
  await send(input, { method: 'DELETE', key: input.key, also: [404] }, context)
  return { deleted: true }
}

interface Presign extends OfObject {
  readonly method?: 'GET' | 'PUT' | 'HEAD' | 'DELETE'
  readonly seconds?: number
}

export const presign: Action<
  Presign,
  { readonly url: string; readonly method: string; readonly seconds: number }
> = async (input, context) => {
  const { key, method = 'GET', seconds = 900 } = input
  const url = urlOf(input, key, context)
  const signed = await context.http.presign({ url, method, seconds, sign: signingOf(input) })
  return { url: signed, method, seconds }
}
