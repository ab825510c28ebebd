/**
 * Where a redirect leads, and what goes along.
 *
 * Pure. To another origin go neither secrets nor any header that may say who asks; a body
 * with secrets in it does not go at all. Whether the new place is allowed is asked anew.
 */
import { IonError } from '#engine/core/error.ts'

import type { StreamedBody } from './body.ts'
import { readTarget, type Target } from './egress.ts'
import { withoutBody, withoutCredentials, type Headers } from './headers.ts'

/** What is done with a redirect: go there, give it back as the answer, or fail. */
export type Redirect = 'follow' | 'manual' | 'error'

/** One station of a request on its way through redirects. */
export interface Hop {
  readonly target: Target
  readonly method: string
  readonly headers: Headers
  readonly credentials: Headers
  readonly body: Uint8Array | StreamedBody | undefined
  readonly isBodySecret: boolean
}

interface Moved {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const statuses = new Set([301, 302, 303, 307, 308])

/** The next hop; undefined when the answer is to be taken as it is. */
export function followOf(redirect: Redirect, hop: Hop, moved: Moved): Hop | undefined {
  const { location } = moved.headers
  if (!statuses.has(moved.status) || location === undefined || redirect === 'manual') {
    return undefined
  }
  const { host, url } = hop.target
  if (redirect === 'error') {
    const message = `"${host}" answers with a redirect, which the request does not follow.`
    throw new IonError('CONN_PROTOCOL', message, { data: { host, status: moved.status } })
  }
  const target = readTarget(String([location].flat()[0]), url)
  const next = { ...hop, target, ...methodOf(hop, moved.status) }
  if (target.url.origin === url.origin) return next
  if (next.body !== undefined && hop.isBodySecret) {
    const message = `"${host}" redirects a body with a secret to "${target.url.origin}".`
    throw new IonError('CONN_HOST_DENIED', message, { data: { host, origin: target.url.origin } })
  }
  return { ...next, headers: withoutCredentials(next.headers), credentials: [] }
}

/** As browsers do it: 303 becomes GET, and so does a POST behind 301 and 302. */
function methodOf(hop: Hop, status: number): Pick<Hop, 'method' | 'headers' | 'body'> {
  const { method, headers, body } = hop
  const isSeeOther = status === 303 && method !== 'GET' && method !== 'HEAD'
  const isOldPost = (status === 301 || status === 302) && method === 'POST'
  if (!isSeeOther && !isOldPost) return { method, headers, body }
  return { method: 'GET', headers: withoutBody(headers), body: undefined }
}
