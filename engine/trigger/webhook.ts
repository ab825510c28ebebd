/**
 * Requests that start flows: what a flow sees of one, and what two are told apart by.
 */
import { digestOfBytes } from '#engine/core/digest.ts'
import type { Instant } from '#engine/core/clock.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { WebhookTrigger } from '#engine/dsl/flow.ts'

export interface HookRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
}

/**
 * What a request is told apart by: what is signed of it. An id that is not signed would let
 * anybody who saw a request repeat it.
 */
export function deliveryId(
  scheme: WebhookTrigger['scheme'],
  { headers, body }: HookRequest,
): string {
  const id = scheme === 'standard' ? headers['webhook-id'] : undefined
  return typeof id === 'string' ? id.slice(0, limits.webhookHeaderCharsMax) : digestOfBytes(body)
}

/** What a flow sees as `event`: the body as JSON where it is JSON, as text otherwise. */
export function hookEvent(
  trigger: string,
  { id, at, request }: { readonly id: string; readonly at: Instant; readonly request: HookRequest },
): JsonObject {
  const headers = headersOf(request)
  return { kind: 'webhook', trigger, id, time: printInstant(at), headers, body: bodyOf(request) }
}

function bodyOf({ body }: HookRequest): Json {
  const text = new TextDecoder().decode(body)
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** What proves who sent it is nobody else's business. */
const hidden = /^(?:authorization|proxy-authorization|cookie|.*signature.*|.*token.*|.*secret.*)$/

function headersOf({ headers }: HookRequest): JsonObject {
  const shown = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && !hidden.test(name)
      ? [[name, value.slice(0, limits.webhookHeaderCharsMax)] as const]
      : [],
  )
  return Object.fromEntries(shown.slice(0, limits.webhookHeadersMax))
}
