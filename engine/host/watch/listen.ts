/**
 * Hears from forges that something was pushed: `POST /hooks/git`, signed; and of requests that
 * start flows, `POST /hooks/FLOW` (`hooks.ts`). `GET /healthz` says whether the watcher goes round.
 *
 * A delivery does nothing but say which repository to look at: what is there is asked of the
 * remote itself. So a delivery that comes twice, late or not at all does no harm. Until its
 * signature was found good nothing of it is read but its bytes, and not many of them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { digestOfBytes } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { verifyDelivery } from '#engine/connection/signing/verify.ts'

import type { Answer, Hooks } from './hooks.ts'

export interface ListenParts {
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
  /** The secret that forges sign with; undefined takes no deliveries. */
  readonly secret: string | undefined
  readonly nowMs: () => number
  /** Addresses of repositories, in the forms that a delivery names them; true when one is known. */
  onPush(addresses: readonly string[]): boolean
  readonly hooks: Pick<Hooks, 'at' | 'take'>
  health(): { readonly isWell: boolean; readonly body: Json }
}

export interface Listener extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string
}

/** Throws `CLI_ENGINE_UNREACHABLE` when the address cannot be had. */
export async function listen(parts: ListenParts): Promise<Listener> {
  const heard = new Set<string>()
  const server = createServer((request, response) => {
    void answer(parts, heard, request).then(
      (answered) => reply(response, answered),
      () => reply(response, { status: 500, body: { message: 'It did not work.' } }),
    )
  })
  server.maxConnections = limits.webhookConnectionsMax
  server.requestTimeout = limits.webhookMsMax
  server.headersTimeout = limits.webhookMsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const where = `${parts.host}:${parts.port}`
      const message = `Could not listen at "${where}"; name another place with --listen.`
      reject(new IonError('CLI_ENGINE_UNREACHABLE', message, { data: { where }, cause }))
    })
    server.listen(parts.port, parts.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host
  return {
    url: `http://${host}:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(
  parts: ListenParts,
  heard: Set<string>,
  request: IncomingMessage,
): Promise<Answer> {
  const [path = ''] = (request.url ?? '').split('?')
  if (path === '/healthz' && request.method === 'GET') {
    const { isWell, body } = parts.health()
    return { status: isWell ? 200 : 503, body }
  }
  const isPush = path === '/hooks/git'
  const meant = isPush ? [] : parts.hooks.at(path)
  if (!isPush && meant.length === 0)
    return { status: 404, body: { message: 'There is nothing here.' } }
  if (request.method !== 'POST') return { status: 405, body: { message: 'Deliveries are posted.' } }
  if (isPush && parts.secret === undefined)
    return { status: 503, body: { message: 'No secret was given, so no delivery is taken.' } }
  const bytes = await bodyOf(request)
  if (bytes === undefined) {
    request.resume()
    return { status: 413, body: { message: 'The delivery is too large.' } }
  }
  const { headers } = request
  if (!isPush) return await parts.hooks.take(meant, { headers, body: bytes })
  return push(parts, heard, { headers, bytes })
}

interface Pushed {
  readonly headers: IncomingMessage['headers']
  readonly bytes: Buffer
}

function push(parts: ListenParts, heard: Set<string>, { headers, bytes }: Pushed): Answer {
  const proof = verifyDelivery({
    headers,
    body: bytes,
    secret: parts.secret ?? '',
    nowMs: parts.nowMs(),
  })
  if (!proof.ok) return { status: 401, body: { message: 'The signature is not good.' } }
  const digest = digestOfDelivery(headers, bytes)
  if (heard.has(digest)) return { status: 200, body: { message: 'It was heard before.' } }
  heard.add(digest)
  const [oldest] = heard
  if (heard.size > limits.webhooksKeptMax && oldest !== undefined) heard.delete(oldest)
  const isKnown = parts.onPush(addressesIn(bytes))
  return { status: 202, body: { message: isKnown ? 'It is looked at.' : 'It concerns no mirror.' } }
}

/**
 * What a delivery is told apart by: what is signed of it. The body of two pushes may be the same
 * where an id is signed beside it; an id that is not signed would let anybody repeat one.
 */
function digestOfDelivery(headers: IncomingMessage['headers'], bytes: Buffer): string {
  const isStandard = headers['x-hub-signature-256'] === undefined
  const id = isStandard ? headers['webhook-id'] : undefined
  return `${digestOfBytes(bytes)} ${typeof id === 'string' ? id : ''}`
}

/**
 * Undefined when there are more bytes than are read. The request is not ended then: the rest of
 * it is let through unread, for a sender that is cut off would not see the answer.
 */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  const all: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  for await (const piece of all) {
    size += piece.length
    if (size > limits.webhookBodyBytesMax) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}

/** How forges name the repository that a delivery is about. */
const addressKeys = ['clone_url', 'html_url', 'git_http_url', 'url', 'web_url']

function addressesIn(bytes: Buffer): readonly string[] {
  let payload: unknown
  try {
    payload = JSON.parse(bytes.toString('utf8'))
  } catch {
    return []
  }
  const repository = isObject(payload as Json)
    ? (payload as { [key: string]: Json })['repository']
    : undefined
  if (!isObject(repository)) return []
  return addressKeys.flatMap((key) => {
    const value = repository[key]
    return typeof value === 'string' ? [value] : []
  })
}

function reply(response: ServerResponse, { status, body, againMs }: Answer): void {
  if (response.writableEnded) return
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(againMs === undefined ? {} : { 'retry-after': String(Math.ceil(againMs / 1000)) }),
  })
  response.end(text)
}
