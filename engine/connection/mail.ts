/**
 * The way out for mail: hands one message to one server by SMTP.
 *
 * The socket is opened like every other one, with all addresses of the name checked before
 * and after; the library gets it open and resolves nothing itself. A message has no files
 * and no addresses in it that the library would fetch. Nothing is ever sent twice.
 */
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'

import { createTransport } from 'nodemailer'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { openSocket, systemResolve, unreachable, type Wire } from './connect.ts'
import type { Target } from './egress.ts'

export interface Person {
  readonly name: string
  readonly address: string
}

export interface Attachment {
  readonly name: string
  readonly contentType?: string
  readonly content: Uint8Array | AsyncIterable<Uint8Array>
}

export interface Letter {
  readonly from: Person
  readonly to: readonly Person[]
  readonly cc: readonly Person[]
  readonly bcc: readonly Person[]
  readonly replyTo: readonly Person[]
  readonly subject: string
  readonly text?: string
  readonly html?: string
  readonly attachments: readonly Attachment[]
  /** With its angle brackets. */
  readonly messageId: string
}

/** `none` sends everything in the open. */
export type Security = 'starttls' | 'tls' | 'none'

export interface MailWish {
  readonly target: Target
  readonly security: Security
  readonly auth?:
    | { readonly user: string; readonly password: string }
    | { readonly user: string; readonly token: string }
  readonly letter: Letter
  readonly timeMs: number
  readonly signal: AbortSignal
}

/** What the server said of it. */
export type Delivery =
  | {
      readonly ok: true
      readonly accepted: readonly string[]
      readonly rejected: readonly string[]
    }
  | {
      readonly ok: false
      readonly about: 'user' | 'message'
      readonly status: number
      readonly said: string
    }

/**
 * Sends one message. A refusal of the server is a `Delivery`; throws `CONN_UNREACHABLE`,
 * `CONN_TIMEOUT`, `CONN_ADDRESS_DENIED`, `CONN_PROTOCOL` or `RUN_CANCELLED`.
 */
export async function sendMail(
  wish: MailWish,
  wire: Wire = { resolve: systemResolve, connectMs: limits.httpConnectMsMax },
): Promise<Delivery> {
  const { target, security, timeMs, signal } = wish
  // The library puts TLS around it, at once or when the server has agreed.
  const socket = await openSocket(wire, { ...target, scheme: 'http' })
  let stopped: IonError | undefined
  const stop = (why: IonError): void => {
    stopped = why
    socket.destroy(why)
  }
  const { host, port } = target
  const cancel = (): void => stop(new IonError('RUN_CANCELLED', 'The mail was called off.'))
  const late = setTimeout(() => {
    const message = `"${host}" took no mail within ${timeMs} ms.`
    stop(new IonError('CONN_TIMEOUT', message, { data: { host } }))
  }, timeMs)
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    return await hand(socket, wish, wire)
  } catch (thrown) {
    throw stopped ?? failureOf(host, thrown, { port, security })
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', cancel)
    socket.destroy()
  }
}

async function hand(
  socket: Socket,
  { target, security, auth, letter }: MailWish,
  { ca }: Wire,
): Promise<Delivery> {
  const { host, port, isAddress } = target
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(isAddress ? {} : { servername: host }),
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    },
    greetingTimeout: limits.httpIdleMsMax,
    socketTimeout: limits.httpIdleMsMax,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_: unknown, done: (fault: Error | null, made: object) => void) =>
      done(null, { connection: socket }),
    ...(auth === undefined ? {} : { auth: authOf(auth) }),
  })
  const { attachments, messageId, replyTo, ...rest } = letter
  const lists = { to: [...rest.to], cc: [...rest.cc], bcc: [...rest.bcc], replyTo: [...replyTo] }
  try {
    const sent = await transport.sendMail({
      ...rest,
      ...lists,
      messageId,
      xMailer: false,
      attachments: attachments.map(({ name, contentType, content }) => ({
        filename: name,
        content: content instanceof Uint8Array ? Buffer.from(content) : Readable.from(content),
        ...(contentType === undefined ? {} : { contentType }),
      })),
    })
    return { ok: true, accepted: textsOf(sent.accepted), rejected: textsOf(sent.rejected) }
  } catch (thrown) {
    const refusal = refusalOf(thrown)
    if (refusal === undefined) throw thrown
    return refusal
  } finally {
    transport.close()
  }
}

function authOf(auth: NonNullable<MailWish['auth']>): object {
  return 'token' in auth
    ? { type: 'OAuth2', user: auth.user, accessToken: auth.token }
    : { user: auth.user, pass: auth.password }
}

function textsOf(list: readonly (string | { readonly address: string })[]): readonly string[] {
  return list.map((one) => (typeof one === 'string' ? one : one.address))
}

interface Fault {
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly response?: unknown
}

/** The server's own no; undefined for what is none. */
function refusalOf(thrown: unknown): Delivery | undefined {
  const { code, responseCode, response } = (thrown ?? {}) as Fault
  const isNo = typeof responseCode === 'number' && responseCode >= 400
  if (code === 'ETLS' || (!isNo && code !== 'EAUTH')) return undefined
  const said = typeof response === 'string' ? response : 'The server knows no way to sign in.'
  const status = isNo ? responseCode : 0
  return { ok: false, about: code === 'EAUTH' ? 'user' : 'message', status, said }
}

function failureOf(
  host: string,
  thrown: unknown,
  { port, security }: { readonly port: number; readonly security: Security },
): IonError {
  if (thrown instanceof IonError) return thrown
  const { code } = (thrown ?? {}) as Fault
  if (code === 'ETIMEDOUT') {
    const message = `"${host}" said nothing more for ${limits.httpIdleMsMax} ms.`
    return new IonError('CONN_TIMEOUT', message, { data: { host }, cause: thrown })
  }
  const { message, cause } = thrown instanceof Error ? thrown : new Error()
  if (code === 'ETLS' || code === 'EPROTOCOL' || /certificate|ssl|tls/i.test(message)) {
    const way = security === 'starttls' ? 'STARTTLS' : 'TLS'
    const text = `"${host}" port ${port} does not speak ${way} as it should.`
    return new IonError('CONN_PROTOCOL', text, { data: { host }, cause: thrown })
  }
  return unreachable(host, cause ?? thrown)
}
