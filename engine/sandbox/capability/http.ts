/**
 * `http.fetch`, the host operation behind a guest's requests.
 *
 * A request goes where the plugin's manifest and the flow's permissions both name the
 * host, at every redirect anew. A secret goes along when both name it, or when the plugin
 * takes whatever it is handed (`*`) and the step itself hands it over. The guest gets the
 * answer with every value of the flow's secrets taken out.
 */
import { isUtf8 } from 'node:buffer'

import { IonError } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { isStreamed, type StreamedBody } from '#engine/connection/body.ts'
import { isAllowed, patternOf, readTarget, type Target } from '#engine/connection/egress.ts'
import type { Answer, HttpDoor } from '#engine/connection/http.ts'
import type { Redactor } from '#engine/connection/redact.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import type { Blobs } from '#engine/runtime/blobs.ts'
import type { CallContext, HostOperations } from '#engine/sandbox/operations.ts'

import { textOf, type Handle } from '#engine/sandbox/request/handle.ts'
import { presignFor } from '#engine/sandbox/request/presign.ts'
import { fill } from '#engine/sandbox/request/inject.ts'
import { readRequest, type AskedRequest } from '#engine/sandbox/request/request.ts'
import { takeSecrets } from '#engine/sandbox/request/secret.ts'
import { handlesOf, sign } from '#engine/sandbox/request/sign.ts'
import { downloadFor, uploadOf } from '#engine/sandbox/request/transfer.ts'

export interface HttpPowers {
  /** Opened with the first request. */
  readonly door: () => Promise<Pick<HttpDoor, 'send'>>
  readonly secrets: () => SecretBook | Promise<SecretBook>
  /** For signatures, which say when they were made. */
  readonly now?: () => number
  /** Absent where there is no place for them: then no request may carry or save one. */
  readonly blobs?: () => Promise<Blobs>
}

const anything = '*'

/** The host's side of `ctx.http`. */
export function httpOperations(powers: HttpPowers): HostOperations {
  return {
    call: async (op, args, context) => {
      if (op === 'http.fetch') return await fetchFor(readRequest(args), powers, context)
      const { secrets: book, now = Date.now } = powers
      const where = { book, nowMs: now(), demandHost: hostDemand(op, context) }
      if (op === 'http.presign') return await presignFor(args, context, where)
      const message = `The host offers no operation "${op}".`
      throw new IonError('CAP_NOT_GRANTED', message, { data: { op } })
    },
  }
}

async function fetchFor(
  asked: AskedRequest,
  { door, secrets, now = Date.now, blobs = noBlobs }: HttpPowers,
  context: CallContext,
): Promise<Json> {
  const op = 'http.fetch'
  const demandHost = hostDemand(op, context)
  if (typeof asked.url === 'string') demandHost(readTarget(asked.url), asked.method)
  const names = secretNamesOf(asked)
  const book = await secrets()
  const values = await takeSecrets(names, { op, context, book })
  const url = urlOf(asked.url, values)
  if (typeof asked.url !== 'string') demandHost(url, asked.method)
  const out = await door()
  const { method, redirect, timeMs } = asked
  const redactor = await book.redactorFor(context.granted.secrets ?? [])
  const upload = await uploadOf(asked, context, blobs)
  const saved = await downloadFor(asked, { context, blobs, redactor })
  try {
    const filled = { ...fill(asked, values), ...upload }
    const headers = [...filled.headers, ...filled.credentials]
    const body = bodyToSign(asked, filled.body)
    const unsigned = { url: url.url.href, method, headers, body, nowMs: now() }
    const signed = asked.sign === undefined ? [] : sign(asked.sign, values, unsigned)
    const answer = await out.send({
      url: url.url.href,
      method,
      redirect,
      timeMs,
      signal: context.signal,
      ...filled,
      ...(saved === undefined ? {} : { save: saved.write }),
      credentials: [...filled.credentials, ...signed],
      mayGo: (target, by) => refusal(target, by, context) === undefined,
    })
    const shown = typeof asked.url === 'string' ? answer : withoutPath(answer)
    return replyOf(shown, redactor, await saved?.finish(answer))
  } catch (thrown) {
    throw clean(thrown, redactor)
  } finally {
    await saved?.abandon()
  }
}

/** Of a blob, its name is what its bytes come to. */
function bodyToSign(
  { body }: AskedRequest,
  bytes: Uint8Array | StreamedBody | undefined,
): Uint8Array | string {
  if (body.kind === 'blob') return body.blob.$blob.slice('sha256:'.length)
  return isStreamed(bytes) || bytes === undefined ? new Uint8Array() : bytes
}

async function noBlobs(): Promise<never> {
  throw new IonError('CONN_REQUEST_REFUSED', 'There is no place for blobs here.')
}

/** What is wrong with a URL that is a secret is not said: it would be said about the secret. */
function urlOf(url: string | Handle, values: ReadonlyMap<string, string>): Target {
  if (typeof url === 'string') return readTarget(url)
  try {
    return readTarget(textOf(url, values))
  } catch {
    const message = `The secret "${url.secret}" makes no URL that a request can go to.`
    throw new IonError('CONN_SECRET_REFUSED', message, { data: { secret: url.secret } })
  }
}

/** Of a URL that is a secret, the guest may know the origin. */
function withoutPath(answer: Answer): Answer {
  return { ...answer, url: new URL(answer.url).origin }
}

/** Who does not allow `target`; undefined when both do. */
function refusal(
  target: Target,
  method: string,
  { asker, granted }: CallContext,
): 'plugin' | 'flow' | undefined {
  const { net: asked = [] } = asker.capabilities
  if (!asked.includes(anything) && !isAllowed(asked, target, method)) return 'plugin'
  return isAllowed(granted.net ?? [], target, method) ? undefined : 'flow'
}

/** Throws `CAP_NOT_GRANTED` for a host that not both name. */
function hostDemand(op: string, context: CallContext): (target: Target, method: string) => void {
  return (target, method) => {
    const by = refusal(target, method, context)
    if (by === undefined) return
    const { name } = context.asker
    const host = patternOf(target)
    const data = { capability: `net: ${host}`, op, unit: name, method, by }
    const message =
      by === 'plugin'
        ? `"${name}" calls "${host}" (${method}) without asking for it. Add "capabilities: { net: ['${host}'] }" to its manifest.`
        : `"${name}" calls "${host}" (${method}), which the flow does not allow. Add "permissions: { net: ['${host}'] }" to the flow.`
    throw new IonError('CAP_NOT_GRANTED', message, { data })
  }
}

function secretNamesOf({ url, headers, fields, sign: asked }: AskedRequest): readonly string[] {
  const inHeaders = headers.flatMap(([, value]) =>
    typeof value === 'string' ? [] : [value.secret],
  )
  const others = [...fields.map(([, handle]) => handle), ...handlesOf(asked)]
  if (typeof url !== 'string') others.push(url)
  return [...new Set([...inHeaders, ...others.map(({ secret }) => secret)])]
}

function replyOf(
  { status, headers, url, isRedirected, body }: Answer,
  redactor?: Redactor,
  blob?: JsonObject,
): Json {
  const text = (whole: string): string => redactor?.text(whole) ?? whole
  const bytes = Buffer.from(redactor?.bytes(body) ?? body)
  return {
    status,
    url: text(url),
    redirected: isRedirected,
    headers: headers.map(([name, value]) => [text(name), text(value)]),
    body:
      blob !== undefined
        ? { blob }
        : isUtf8(bytes)
          ? { text: bytes.toString('utf8') }
          : { base64: bytes.toString('base64') },
  }
}

/** A failure may quote what the other side said, and that may quote what it was sent. */
function clean(thrown: unknown, redactor: Redactor | undefined): unknown {
  if (!(thrown instanceof IonError) || redactor === undefined) return thrown
  const { code, message, data } = thrown
  return new IonError(code, redactor.text(message), {
    data: redactor.json(data) as IonError['data'],
    cause: thrown.cause,
  })
}
