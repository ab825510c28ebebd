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
import type { Json } from '#engine/core/json.ts'
import { isAllowed, patternOf, readTarget, type Target } from '#engine/connection/egress.ts'
import type { Answer, HttpDoor } from '#engine/connection/http.ts'
import type { Redactor } from '#engine/connection/redact.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import type { CallContext, HostOperations } from '#engine/sandbox/operations.ts'

import { fill } from './inject.ts'
import { readRequest, type AskedRequest } from './request.ts'

export interface HttpPowers {
  /** Opened with the first request. */
  readonly door: () => Promise<Pick<HttpDoor, 'send'>>
  readonly secrets: () => SecretBook | Promise<SecretBook>
}

const anything = '*'

/** The host's side of `ctx.http`. */
export function httpOperations({ door, secrets }: HttpPowers): HostOperations {
  return {
    call: async (op, args, context) => {
      if (op !== 'http.fetch') {
        const message = `The host offers no operation "${op}".`
        throw new IonError('CAP_NOT_GRANTED', message, { data: { op } })
      }
      const asked = readRequest(args)
      demandHost(readTarget(asked.url), asked.method, context)
      const names = secretNamesOf(asked)
      for (const name of names) demandSecret(name, context)
      const book = await secrets()
      const values = new Map<string, string>()
      for (const name of names) values.set(name, await book.get(name))
      const out = await door()
      const { url, method, redirect, timeMs } = asked
      const redactor = await book.redactorFor(context.granted.secrets ?? [])
      try {
        const answer = await out.send({
          url,
          method,
          redirect,
          timeMs,
          signal: context.signal,
          ...fill(asked, values),
          mayGo: (target, by) => refusal(target, by, context) === undefined,
        })
        return replyOf(answer, redactor)
      } catch (thrown) {
        throw clean(thrown, redactor)
      }
    },
  }
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

function demandHost(target: Target, method: string, context: CallContext): void {
  const by = refusal(target, method, context)
  if (by === undefined) return
  const { name } = context.asker
  const host = patternOf(target)
  const data = { capability: `net: ${host}`, op: 'http.fetch', unit: name, method, by }
  const message =
    by === 'plugin'
      ? `"${name}" calls "${host}" (${method}) without asking for it. Add "capabilities: { net: ['${host}'] }" to its manifest.`
      : `"${name}" calls "${host}" (${method}), which the flow does not allow. Add "permissions: { net: ['${host}'] }" to the flow.`
  throw new IonError('CAP_NOT_GRANTED', message, { data })
}

function secretNamesOf({ headers, fields }: AskedRequest): readonly string[] {
  const inHeaders = headers.flatMap(([, value]) =>
    typeof value === 'string' ? [] : [value.secret],
  )
  return [...new Set([...inHeaders, ...fields.map(([, { secret }]) => secret)])]
}

function demandSecret(name: string, { asker, granted, secrets = [] }: CallContext): void {
  const { secrets: asked = [] } = asker.capabilities
  const isAsked = asked.includes(name) || (asked.includes(anything) && secrets.includes(name))
  const by = !isAsked ? 'plugin' : granted.secrets?.includes(name) === true ? undefined : 'flow'
  if (by === undefined) return
  const shown = name.slice(0, 70)
  const data = { capability: `secrets: ${shown}`, op: 'http.fetch', unit: asker.name, by }
  const message = asked.includes(anything)
    ? `"${asker.name}" uses the secret "${shown}", which its step does not hand over. Write { secret: ${shown} } in its parameters, and allow it in permissions.secrets.`
    : by === 'plugin'
      ? `"${asker.name}" uses the secret "${shown}" without asking for it. Add "capabilities: { secrets: [${shown}] }" to its manifest.`
      : `"${asker.name}" uses the secret "${shown}", which the flow does not allow. Add "permissions: { secrets: [${shown}] }" to the flow.`
  throw new IonError('CAP_NOT_GRANTED', message, { data })
}

function replyOf({ status, headers, url, isRedirected, body }: Answer, redactor?: Redactor): Json {
  const text = (whole: string): string => redactor?.text(whole) ?? whole
  const bytes = Buffer.from(redactor?.bytes(body) ?? body)
  return {
    status,
    url: text(url),
    redirected: isRedirected,
    headers: headers.map(([name, value]) => [text(name), text(value)]),
    body: isUtf8(bytes) ? { text: bytes.toString('utf8') } : { base64: bytes.toString('base64') },
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
