/**
 * Which headers a request may carry, at its first host and behind a redirect.
 *
 * What frames a message belongs to the connection and cannot be set; what may say who
 * asks stays with the origin that it was given for.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

export type Headers = readonly (readonly [name: string, value: string])[]

/** What frames the message or belongs to one connection. */
const framing = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What says nothing about who asks. */
const harmless = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'range',
  'user-agent',
])

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/
const value = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Checks headers and puts their names into lower case.
 *
 * Throws `CONN_REQUEST_REFUSED`, which names the header and never its value.
 */
export function checkHeaders(headers: Headers): Headers {
  let bytes = 0
  const checked = headers.map(([given, text]): readonly [string, string] => {
    const name = given.toLowerCase()
    bytes += name.length + text.length
    if (!token.test(name)) throw refused(given, 'is not the name of a header')
    if (framing.has(name)) throw refused(name, 'is set by ionflux and cannot be given')
    if (!value.test(text))
      throw refused(name, 'has a value with a line break or a control character')
    return [name, text]
  })
  if (headers.length > limits.httpHeadersMax || bytes > limits.httpHeaderBytesMax) {
    const message = `A request has at most ${limits.httpHeadersMax} headers of ${limits.httpHeaderBytesMax} bytes in all.`
    throw new IonError('CONN_REQUEST_REFUSED', message)
  }
  return checked
}

function refused(name: string, why: string): IonError {
  const shown = name.slice(0, 100)
  const data = { header: shown }
  return new IonError('CONN_REQUEST_REFUSED', `The header "${shown}" ${why}.`, { data })
}

/** The headers that may go along to another origin. */
export function withoutCredentials(headers: Headers): Headers {
  return headers.filter(([name]) => harmless.has(name))
}

/** The headers of a request whose body a redirect took away. */
export function withoutBody(headers: Headers): Headers {
  return headers.filter(([name]) => !name.startsWith('content-'))
}

/** Answer headers as pairs, in order; one that came several times is there several times. */
export function pairsOf(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  return Object.entries(headers).flatMap(([name, found]) => {
    if (found === undefined) return []
    return (Array.isArray(found) ? found : [found]).map((one) => [name, one] as const)
  })
}
