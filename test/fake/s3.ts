/**
 * A store on loopback that speaks like S3, path style: objects in memory, lists in pages,
 * and no request without a signature that another implementation agrees with.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import aws4 from 'aws4'

export const s3Key = {
  id: 'AKIAEXAMPLE',
  secret: 'secret/of+the+key0123456789',
  region: 'eu-west-1',
}

interface Kept {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

export interface FakeS3 {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** By `bucket/key`. */
  readonly objects: Map<string, Kept>
  /** Method and path with query of each request whose signature was good. */
  readonly requests: string[]
  /** Answers the next requests in place of the store. */
  readonly next: {
    readonly status: number
    readonly body: string
    readonly headers?: Record<string, string>
  }[]
  close(): void
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Starts it with the empty bucket `data`. */
export async function openS3(): Promise<FakeS3> {
  const objects = new Map<string, Kept>()
  const requests: string[] = []
  const next: FakeS3['next'] = []
  const server = createServer((request: IncomingMessage, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '' } = request
      const headers = request.headers as Readonly<Record<string, string>>
      const asked = { method, url, headers, body: Buffer.concat(pieces) }
      const canned = next.shift()
      if (canned !== undefined) {
        response.writeHead(canned.status, canned.headers).end(canned.body)
        return
      }
      if (!isSigned(asked)) {
        fault(response, 403, 'SignatureDoesNotMatch')
        return
      }
      requests.push(`${method} ${url}`)
      serve(objects, asked, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    next,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Signs what arrived once more, and compares. */
function isSigned({ method, url, headers, body }: Asked): boolean {
  const key = { accessKeyId: s3Key.id, secretAccessKey: s3Key.secret }
  const where = { host: headers['host'] ?? '', method, service: 's3', region: s3Key.region }
  const query = new URL(url, 'http://store').searchParams
  const given = query.get('X-Amz-Signature')
  if (given !== null) {
    const plain = url.split(/[?&]/).filter((part) => !part.startsWith('X-Amz-'))
    const path = `${plain[0] ?? ''}?X-Amz-Date=${query.get('X-Amz-Date')}&X-Amz-Expires=${query.get('X-Amz-Expires')}`
    const again = aws4.sign({ ...where, path, signQuery: true }, key).path
    return new URL(again, 'http://store').searchParams.get('X-Amz-Signature') === given
  }
  const { authorization = '' } = headers
  const names = (/SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '').split(';')
  const signed = names.filter((name) => name !== 'host').map((name) => [name, headers[name] ?? ''])
  if (headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex'))
    return false
  const request = {
    ...where,
    path: url,
    headers: Object.fromEntries(signed) as Record<string, string>,
  }
  return aws4.sign(request, key).headers['Authorization'] === authorization
}

function serve(
  objects: Map<string, Kept>,
  { method, url, headers, body }: Asked,
  response: ServerResponse,
): void {
  const { pathname, searchParams } = new URL(url, 'http://store')
  const [bucket = '', ...parts] = pathname.slice(1).split('/')
  const name = `${bucket}/${parts.map(decodeURIComponent).join('/')}`
  if (bucket !== 'data') return fault(response, 404, 'NoSuchBucket')
  if (parts.length === 0) return list(objects, searchParams, response)
  const found = objects.get(name)
  if (method === 'PUT') {
    if (headers['if-none-match'] === '*' && found !== undefined)
      return fault(response, 412, 'PreconditionFailed')
    const kept = Object.entries(headers).filter(([one]) =>
      /^(?:content-type|cache-control|x-amz-meta-.*)$/.test(one),
    )
    objects.set(name, { body, headers: Object.fromEntries(kept) })
    response.writeHead(200, { etag: etagOf(body) }).end()
  } else if (method === 'DELETE') {
    objects.delete(name)
    response.writeHead(204).end()
  } else if (found === undefined) fault(response, 404, 'NoSuchKey')
  else {
    const facts = {
      etag: etagOf(found.body),
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'content-length': found.body.byteLength,
    }
    response
      .writeHead(200, { ...found.headers, ...facts })
      .end(method === 'HEAD' ? undefined : found.body)
  }
}

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`

function list(objects: Map<string, Kept>, query: URLSearchParams, response: ServerResponse): void {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const rows = new Map<string, string>()
  for (const [name, { body }] of [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const key = name.slice('data/'.length)
    if (!key.startsWith(prefix)) continue
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const shown = encodeURIComponent(
      cut < 0 ? key : key.slice(0, cut + delimiter.length),
    ).replaceAll('%20', '+')
    if (cut >= 0) rows.set(shown, `<CommonPrefixes><Prefix>${shown}</Prefix></CommonPrefixes>`)
    else {
      rows.set(
        shown,
        `<Contents><Key>${shown}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;${etagOf(body).slice(1, -1)}&quot;</ETag><Size>${body.byteLength}</Size></Contents>`,
      )
    }
  }
  const from = Number(query.get('continuation-token') ?? 0)
  const to = from + Math.min(Number(query.get('max-keys') ?? 1_000), 2)
  const more =
    to < rows.size
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${to}</NextContinuationToken>`
      : '<IsTruncated>false</IsTruncated>'
  const page = [...rows.values()].slice(from, to).join('')
  response.setHeader('content-type', 'application/xml')
  response.end(
    `<?xml version="1.0"?><ListBucketResult><Name>data</Name>${more}${page}</ListBucketResult>`,
  )
}

function fault(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>The &lt;store&gt; says no.</Message></Error>`,
  )
}
