/**
 * What a remote says when it does not do what was asked, as an error of ours.
 */
import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'

/** The words of a stranger: short, on one line, without control characters. */
export function saidBy(host: string, text: string, data: JsonObject = {}): IonError {
  const said = text.replace(/\s+/g, ' ').replace(/\p{C}/gu, '?').trim().slice(0, 300)
  return new IonError('MIRROR_FETCH_FAILED', `"${host}" says: ${said.replace(/\.$/, '')}.`, {
    data: { host, said, ...data },
  })
}

/** What the status of an answer means; undefined for one that carries what was asked. */
export function refusalOf(
  host: string,
  { status, location, retryAfterMs }: Status,
): IonError | undefined {
  const data = { host, status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  if (status === 200) return undefined
  if (status >= 300 && status < 400) {
    const where = location === undefined ? 'another address' : `"${location.slice(0, 200)}"`
    const message = `"${host}" leads to ${where}, and redirects are not followed; add the mirror with that address.`
    return new IonError('MIRROR_FETCH_FAILED', message, { data })
  }
  if ([401, 403, 404, 410].includes(status)) {
    const message = `"${host}" says that there is no such repository, or none that may be read (${status}). Look at the address and at --token-secret.`
    return new IonError('MIRROR_REPOSITORY_GONE', message, { data })
  }
  return saidBy(host, `HTTP ${status}`, data)
}

export interface Status {
  readonly status: number
  readonly location?: string
  readonly retryAfterMs?: number
}
