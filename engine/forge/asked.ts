/**
 * Asks a forge with care for what it bears: answers that it says are unchanged are taken from
 * memory, and after it asked for a rest nothing is asked until that is over.
 */
import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

export type Fields = Readonly<Record<string, string | number | JsonObject>>
export type AnswerHeaders = Readonly<Record<string, string | number | undefined>>

/** One request by the library; throws what has a `status` other than 2xx. */
export type Ask = (
  route: string,
  fields: Fields,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly data: unknown; readonly headers: AnswerHeaders }>

export interface CarefulForge {
  /** Reads one page; costs nothing of the budget while it is as it was. */
  read(route: string, fields: Fields): Promise<unknown>
  write(route: string, fields: Fields): Promise<unknown>
}

/** `nowMs` is the time of the machine. */
export function careful(ask: Ask, nowMs: () => number): CarefulForge {
  const known = new Map<string, { readonly etag: string; readonly data: unknown }>()
  let restUntil = 0
  const asked: Ask = async (route, fields, headers) => {
    if (nowMs() < restUntil) throw resting(restUntil - nowMs())
    try {
      const answer = await ask(route, fields, headers)
      restUntil = Math.max(restUntil, nowMs() + restOf(answer.headers, nowMs()))
      return answer
    } catch (thrown) {
      const rest = restAfter(thrown, nowMs())
      if (rest === 0) throw thrown
      restUntil = nowMs() + rest
      throw resting(rest, thrown)
    }
  }
  return {
    write: async (route, fields) => (await asked(route, fields, {})).data,
    read: async (route, fields) => {
      const key = `${route} ${JSON.stringify(fields)}`
      const before = known.get(key)
      const condition = before === undefined ? undefined : { 'if-none-match': before.etag }
      try {
        const { data, headers: told } = await asked(route, fields, condition ?? {})
        const etag = told['etag']
        known.delete(key)
        if (typeof etag === 'string') known.set(key, { etag, data })
        const [oldest] = known.keys()
        if (known.size > limits.forgeAnswersKeptMax && oldest !== undefined) known.delete(oldest)
        return data
      } catch (thrown) {
        if (before !== undefined && statusOf(thrown) === 304) return before.data
        throw thrown
      }
    },
  }
}

export function statusOf(thrown: unknown): number {
  const { status } = thrown as { readonly status?: unknown }
  return typeof status === 'number' ? status : 0
}

/** How long to rest after a refusal; 0 for one that is no question of time. */
function restAfter(thrown: unknown, now: number): number {
  const status = statusOf(thrown)
  if (status !== 403 && status !== 429 && status !== 503) return 0
  const { response } = thrown as { readonly response?: { readonly headers?: AnswerHeaders } }
  const headers = response?.headers ?? {}
  const after = Number(headers['retry-after'])
  if (Number.isFinite(after) && after > 0) return Math.min(after * 1_000, limits.forgeRestMsMax)
  const rest = restOf(headers, now)
  return rest > 0 || status === 403 ? rest : limits.forgeRestMsDefault
}

/** Until the budget is filled again, once it is used up. */
function restOf(headers: AnswerHeaders, now: number): number {
  const [left, reset] = [headers['x-ratelimit-remaining'], headers['x-ratelimit-reset']]
  if (left === undefined || reset === undefined || Number(left) > 0) return 0
  const rest = Number(reset) * 1_000 - now
  return Number.isFinite(rest) ? Math.min(Math.max(rest, 0), limits.forgeRestMsMax) : 0
}

function resting(ms: number, cause?: unknown): IonError {
  const message = `The forge wants to be left alone for ${Math.ceil(ms / 1_000)} s more; it is asked again after that.`
  return new IonError('CONN_REQUEST_REFUSED', message, { data: { retryAfterMs: ms }, cause })
}
