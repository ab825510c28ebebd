/**
 * The only way out of ionflux: sends one request and gives back its answer, bounded in
 * time, in bytes and in where it may lead.
 *
 * Every hop is checked by the rules of `egress.ts` before its name is even resolved.
 * Nothing is ever sent twice: whether a failure is worth another attempt is the flow's
 * decision. Who may ask for what is the caller's concern (`mayGo`).
 */
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'

import { Agent, type buildConnector, type Dispatcher } from 'undici'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { encodings, isStreamed, readBody, type StreamedBody } from './body.ts'
import { openSocket, systemResolve, unreachable, type Resolve, type Wire } from './connect.ts'
import { readTarget, type Target } from './egress.ts'
import { checkHeaders, pairsOf, type Headers } from './headers.ts'
import { followOf, type Hop, type Redirect } from './redirect.ts'

/** One request. */
export interface Outgoing {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  /** Headers with secrets in them: they never leave the origin of `url`. */
  readonly credentials?: Headers
  readonly body?: Uint8Array | StreamedBody
  /** Takes the body of an answer of 200 to 299, however large, in place of `Answer.body`. */
  readonly save?: (piece: Uint8Array) => Promise<void>
  /** Whether `body` holds secrets. */
  readonly isBodySecret?: boolean
  readonly redirect: Redirect
  readonly timeMs: number
  readonly signal?: AbortSignal
  /** Asked for every hop. */
  readonly mayGo: (target: Target, method: string) => boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Where the answer came from, after redirects. */
  readonly url: string
  readonly isRedirected: boolean
  readonly body: Uint8Array
}

export interface HttpOptions {
  /** Absent means the system's resolver. */
  readonly resolve?: Resolve
  /** Certificates that are trusted instead of the system's, as PEM. */
  readonly ca?: readonly string[]
  readonly bodyBytesMax?: number
  readonly connectMs?: number
  readonly idleMs?: number
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export class HttpDoor implements AsyncDisposable {
  readonly #agent: Agent
  readonly #idleMs: number
  readonly #bodyBytesMax: number

  constructor(options: HttpOptions = {}) {
    const { resolve = systemResolve, connectMs = limits.httpConnectMsMax, ca } = options
    const wire = { resolve, connectMs, ...(ca === undefined ? {} : { ca }) }
    this.#idleMs = options.idleMs ?? limits.httpIdleMsMax
    this.#bodyBytesMax = options.bodyBytesMax ?? limits.httpBodyBytesMax
    this.#agent = new Agent({
      allowH2: false,
      connections: limits.httpConnectionsPerOriginMax,
      pipelining: 1,
      keepAliveTimeout: limits.httpKeepMsMax,
      keepAliveMaxTimeout: limits.httpKeepMsMax,
      maxHeaderSize: limits.httpHeaderBytesMax,
      headersTimeout: 0, // time is kept here, not in steps of a second
      bodyTimeout: 0,
      connect: (origin, done) => void connect(wire, origin, done),
    })
  }

  /** Sends a request. Throws only `IonError`, with a code of the area `CONN` or `RUN_CANCELLED`. */
  async send(request: Outgoing): Promise<Answer> {
    const first = begin(request)
    const { signal: cancelled } = request
    const stop = new AbortController()
    const cancel = (): void =>
      stop.abort(new IonError('RUN_CANCELLED', 'The request was called off.'))
    if (cancelled?.aborted === true) cancel()
    cancelled?.addEventListener('abort', cancel, { once: true })
    const total = setTimeout(
      () => stop.abort(late(first.target, `no whole answer within ${request.timeMs} ms`)),
      request.timeMs,
    )
    try {
      return await this.#follow(request, first, stop)
    } finally {
      clearTimeout(total)
      cancelled?.removeEventListener('abort', cancel)
    }
  }

  async #follow(request: Outgoing, first: Hop, stop: AbortController): Promise<Answer> {
    let hop: Hop | undefined = first
    for (let hops = 0; hop !== undefined && hops <= limits.httpRedirectsMax; hops++) {
      const { target, method } = hop
      if (!request.mayGo(target, method)) throw denied(target, hops > 0)
      const answer: Answer | Hop = await this.#perform(request, hop, { hops, stop })
      if ('status' in answer) return answer
      hop = answer
    }
    const { host } = first.target
    const message = `"${host}" leads from one redirect to the next, more than ${limits.httpRedirectsMax} times.`
    throw new IonError('CONN_PROTOCOL', message, { data: { host } })
  }

  /** One exchange: the answer, or where to go on. */
  async #perform(
    request: Outgoing,
    hop: Hop,
    { hops, stop }: { readonly hops: number; readonly stop: AbortController },
  ): Promise<Answer | Hop> {
    const { target, method } = hop
    const { host } = target
    const idle = setTimeout(
      () => stop.abort(late(target, `nothing more for ${this.#idleMs} ms`)),
      this.#idleMs,
    )
    try {
      const response = await this.#exchange(hop, stop.signal)
      idle.refresh()
      const { statusCode: status, body } = response
      const next = followOf(request.redirect, hop, { status, headers: response.headers })
      if (next !== undefined) {
        body.on('error', () => undefined).destroy()
        return next
      }
      const encoding = response.headers['content-encoding']
      const isEmpty = method === 'HEAD' || status === 204 || status === 304
      const save = status >= 200 && status < 300 ? request.save : undefined
      const bytes = await readBody({
        host,
        body,
        encoding: isEmpty ? undefined : [encoding].flat().join(','),
        bytesMax: save === undefined ? this.#bodyBytesMax : limits.blobBytesMax,
        heard: () => void idle.refresh(),
        save,
      })
      const { href } = target.url
      const headers = pairsOf(response.headers)
      return { status, headers, url: href, isRedirected: hops > 0, body: bytes }
    } catch (thrown) {
      throw stop.signal.aborted ? stop.signal.reason : failureOf(host, thrown)
    } finally {
      clearTimeout(idle)
    }
  }

  async #exchange(
    { target, method, headers, credentials, body }: Hop,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { url } = target
    const sent = [...headers, ...credentials]
    if (!sent.some(([name]) => name === 'user-agent')) sent.push(['user-agent', 'ionflux'])
    if (isStreamed(body)) sent.push(['content-length', String(body.bytes)])
    return await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: method as Dispatcher.HttpMethod,
      headers: [...sent, ['accept-encoding', encodings] as const].flat(),
      body: isStreamed(body) ? Readable.from(body.open()) : (body ?? null),
      signal,
    })
  }

  /** Lets go of every connection; what is under way fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

type Done = Parameters<buildConnector.connector>[1]

/** undici's way to ask for a connection: the origin is all it says, and all that is needed. */
async function connect(wire: Wire, origin: buildConnector.Options, done: Done): Promise<void> {
  const { protocol, hostname, port } = origin
  const name = hostname.includes(':') ? `[${hostname}]` : hostname
  let socket: Socket
  try {
    socket = await openSocket(wire, readTarget(`${protocol}//${name}:${port}/`))
  } catch (thrown) {
    done(thrown as Error, null)
    return
  }
  done(null, socket)
}

function begin(request: Outgoing): Hop {
  const { url, method, headers, credentials = [], body, isBodySecret = false } = request
  if (!methods.has(method)) {
    const message = `"${method.slice(0, 20)}" is not a method that a request may have.`
    throw new IonError('CONN_REQUEST_REFUSED', message)
  }
  if (!isStreamed(body) && (body?.byteLength ?? 0) > limits.httpBodyBytesMax) {
    const message = `A request's body is at most ${limits.httpBodyBytesMax} bytes.`
    throw new IonError('CONN_REQUEST_REFUSED', message)
  }
  const target = readTarget(url)
  const all = checkHeaders([...headers, ...credentials])
  const plain = all.slice(0, headers.length)
  return {
    target,
    method,
    headers: plain,
    credentials: all.slice(headers.length),
    body,
    isBodySecret,
  }
}

function denied({ host, url }: Target, isRedirect: boolean): IonError {
  const message = isRedirect
    ? `A redirect leads to "${url.origin}", which is not granted.`
    : `"${url.origin}" is not granted.`
  return new IonError('CONN_HOST_DENIED', message, { data: { host, origin: url.origin } })
}

function late({ host }: Target, what: string): IonError {
  return new IonError('CONN_TIMEOUT', `"${host}" gave ${what}.`, { data: { host } })
}

function failureOf(host: string, thrown: unknown): IonError {
  if (thrown instanceof IonError) return thrown
  const { code, name } = (thrown ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    const message = `The headers of the answer of "${host}" are larger than ${limits.httpHeaderBytesMax} bytes.`
    return new IonError('CONN_RESPONSE_TOO_LARGE', message, { data: { host } })
  }
  const isGarbled = name === 'HTTPParserError' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  if (isGarbled || code === 'UND_ERR_INVALID_ARG') {
    const reason = typeof code === 'string' ? code : 'its answer is no HTTP'
    const message = `"${host}" cannot be understood: ${reason}.`
    return new IonError('CONN_PROTOCOL', message, { data: { host, reason }, cause: thrown })
  }
  return unreachable(host, thrown)
}
