/**
 * The way out as cases have it: what code asks of an origin goes to the server that stands
 * for it, and nothing goes anywhere else.
 *
 * Grants, redirects and what they take along are decided over the origins that code names,
 * as in a run; only then is the origin exchanged for a place on loopback.
 */
import { readTarget } from '#engine/connection/egress.ts'
import { HttpDoor, type Answer, type Outgoing } from '#engine/connection/http.ts'
import { followOf, type Hop } from '#engine/connection/redirect.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import type { CaseServers } from './servers.ts'

export interface ServerDoor extends Pick<HttpDoor, 'send'>, AsyncDisposable {}

/** A way out that leads to `servers` alone. */
export function openServerDoor(servers: CaseServers): ServerDoor {
  const door = new HttpDoor()
  return {
    send: async (request) => await follow(door, servers, request),
    [Symbol.asyncDispose]: async () => await door[Symbol.asyncDispose](),
  }
}

async function follow(door: HttpDoor, servers: CaseServers, request: Outgoing): Promise<Answer> {
  const { credentials = [], isBodySecret = false, body, headers, method } = request
  let hop: Hop = {
    target: readTarget(request.url),
    method,
    headers,
    credentials,
    body,
    isBodySecret,
  }
  for (let hops = 0; hops <= limits.httpRedirectsMax; hops++) {
    const { url } = hop.target
    if (!request.mayGo(hop.target, hop.method)) {
      throw new IonError('CONN_HOST_DENIED', `"${url.origin}" is not granted.`)
    }
    const answer = await door.send(sentTo(servers, request, hop))
    const moved = { status: answer.status, headers: Object.fromEntries(answer.headers) }
    const next = followOf(request.redirect, hop, moved)
    if (next === undefined) return { ...answer, url: url.href, isRedirected: hops > 0 }
    hop = next
  }
  throw new IonError('CONN_PROTOCOL', 'The servers of the case redirect too often.')
}

/** The request of one hop, to where its origin really is. */
function sentTo(servers: CaseServers, request: Outgoing, hop: Hop): Outgoing {
  const { target, method, headers, credentials, body } = hop
  const { origin, pathname, search } = target.url
  const place = servers.find(origin)
  if (place === undefined) {
    throw new IonError('CONN_UNREACHABLE', `The case has no server for "${origin}".`)
  }
  return {
    url: place + pathname + search,
    method,
    headers,
    credentials,
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
    timeMs: request.timeMs,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    mayGo: (reached) => reached.url.origin === place,
  }
}
