/** Webhooks, sent. The host signs them with a secret that nothing here sees. */
import type { Action, HttpInit, Json, SecretHandle, Signing } from 'ionflux/plugin'

interface Webhook {
  readonly url: string | SecretHandle
  readonly event: Json
  readonly secret?: SecretHandle
  readonly signature?: 'standard' | 'github' | 'hex'
  readonly id?: string
  readonly headers?: Readonly<Record<string, string | SecretHandle>>
  readonly timeout?: number
}

type Sent = { readonly id: string; readonly status: number }

export const webhook: Action<Webhook, Sent> = async (input, context) => {
  const { url, event, secret, timeout = 15_000 } = input
  const id = input.id ?? (await idOf(context.run.key))
  const init: HttpInit = {
    method: 'POST',
    // A redirect would be another receiver than the one that was named.
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...idHeader(input, id), ...input.headers },
    body: JSON.stringify(event),
    timeout,
    ...(secret === undefined ? {} : { sign: signing(input.signature, secret, id) }),
  }
  const response = await context.http.fetch(url, init)
  const { status } = response
  if (response.ok) return { id, status }
  const said = (await response.text()).slice(0, 200)
  return context.fail(wordOf(status), `The receiver answered ${status}.`, { status, said })
}

/** The key of a step may be any text; half a digest of it is enough to be unique. */
async function idOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  const bytes = [...new Uint8Array(digest)].slice(0, 16)
  return `msg_${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** The signature brings it along, where it is by Standard Webhooks. */
function idHeader({ secret, signature }: Webhook, id: string): Readonly<Record<string, string>> {
  const isSigned = secret !== undefined && (signature ?? 'standard') === 'standard'
  return isSigned ? {} : { 'webhook-id': id }
}

function signing(kind: Webhook['signature'], secret: SecretHandle, id: string): Signing {
  if (kind === 'github') {
    return { scheme: 'hmac', secret, header: 'x-hub-signature-256', template: 'sha256={}' }
  }
  if (kind === 'hex') return { scheme: 'hmac', secret, header: 'x-signature' }
  return { scheme: 'standard', secret, id }
}

function wordOf(status: number): string {
  if (status === 429) return 'rate_limited'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404 || status === 410) return 'not_found'
  return status >= 500 ? 'unavailable' : 'refused'
}
