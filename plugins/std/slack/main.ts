/** Messages in Slack. The host puts the token, or the URL of the webhook, into the request. */
import type { Action, Context, HttpInit, HttpResponse, Json, SecretHandle } from 'ionflux/plugin'

interface Said {
  readonly text?: string
  readonly blocks?: readonly Json[]
}

interface ByToken extends Said {
  readonly channel: string
  readonly token: SecretHandle
  readonly api?: string
}

interface Post extends ByToken {
  readonly thread?: string
  readonly broadcast?: boolean
  readonly unfurl?: boolean
}

type Message = { readonly channel: string; readonly ts: string }

export const post: Action<Post, Message> = async (input, context) => {
  const { channel, thread, broadcast = false, unfurl = false } = input
  const answer = thread === undefined ? {} : { thread_ts: thread, reply_broadcast: broadcast }
  const links = { unfurl_links: unfurl, unfurl_media: unfurl }
  const json = { channel, ...said(input), ...answer, ...links }
  return await call('chat.postMessage', { input, json }, context)
}

export const update: Action<ByToken & { readonly ts: string }, Message> = async (
  input,
  context,
) => {
  const { channel, ts } = input
  return await call('chat.update', { input, json: { channel, ts, ...said(input) } }, context)
}

export const webhook: Action<
  Said & { readonly url: SecretHandle },
  { readonly posted: true }
> = async (input, context) => {
  const init = { method: 'POST', json: said(input) }
  const response = await context.http.fetch(input.url, init)
  if (response.ok) return { posted: true }
  return fail(response, (await response.text()).slice(0, 200), context)
}

function said({ text, blocks }: Said): { readonly [name: string]: Json } {
  return { ...(text === undefined ? {} : { text }), ...(blocks === undefined ? {} : { blocks }) }
}

interface Call {
  readonly input: ByToken
  readonly json: Json
}

/** Slack answers 200 to a failure too, and says it in the body. */
async function call(method: string, { input, json }: Call, context: Context): Promise<Message> {
  const { token, api = 'https://slack.com/api' } = input
  const init: HttpInit = {
    method: 'POST',
    headers: [
      ['authorization', { ...token, template: 'Bearer {}' }],
      ['content-type', 'application/json; charset=utf-8'],
    ],
    json,
  }
  const response = await context.http.fetch(`${api.replace(/\/+$/, '')}/${method}`, init)
  const text = await response.text()
  let answer: { ok?: boolean; error?: string; channel?: string; ts?: string }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch {
    return fail(response, text.slice(0, 200), context)
  }
  const { ok, error = `status ${response.status}`, channel = '', ts = '' } = answer
  return ok === true ? { channel, ts } : fail(response, error, context)
}

const refusals =
  /^(?:invalid_auth|not_authed|token_.*|account_inactive|missing_scope|no_permission)$/

/** Slack's own word stays in the data; the code is one that a flow can name for every service. */
function fail({ status, headers }: HttpResponse, said: string, context: Context): never {
  const after = Number(headers.get('retry-after') ?? Number.NaN)
  const data = { status, said, ...(Number.isFinite(after) ? { retry_after: after } : {}) }
  const word =
    status === 429 || said === 'ratelimited' || said === 'rate_limited'
      ? 'rate_limited'
      : status >= 500 || said === 'internal_error' || said === 'service_unavailable'
        ? 'unavailable'
        : status === 401 || refusals.test(said)
          ? 'unauthorized'
          : /_not_found$|^no_service$/.test(said) || status === 404
            ? 'not_found'
            : 'refused'
  return context.fail(word, `Slack answered: ${said}`, data)
}
