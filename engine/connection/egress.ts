/**
 * Where a request may go: the rules of the way out, without the way.
 *
 * Three points are checked, because each can be passed by a trick that the others see:
 * the host as it is written in the URL (against the grants), every address that it
 * resolves to, and the address that was connected to. Pure; `connect.ts` and `http.ts`
 * apply it.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { covers, parseHostPattern, type HostPattern } from '#engine/dsl/host-pattern.ts'

import { isSameAddress, kindOfAddress } from './address.ts'

/** A URL that has been read, with its host in the one form that is compared. */
export interface Target {
  readonly url: URL
  readonly scheme: 'https' | 'http'
  /** Lower case, in punycode, without a trailing dot and without brackets. */
  readonly host: string
  readonly port: number
  readonly isAddress: boolean
}

/**
 * Reads `text` as the URL of a request.
 *
 * Throws `CONN_REQUEST_REFUSED` for what is no URL or carries a user name or password, and
 * `CONN_HOST_DENIED` for a scheme other than http and https.
 */
export function readTarget(text: string, base?: URL): Target {
  const url = text.length <= limits.httpUrlCharsMax ? URL.parse(text, base?.href) : null
  if (url === null) throw refused(text, 'is no URL that a request can go to')
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== 'https' && scheme !== 'http') {
    const message = `Only http and https lead out, and "${shown(text)}" is neither.`
    throw new IonError('CONN_HOST_DENIED', message, { data: { scheme } })
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(url.host, 'has a user name or password in its URL; use a secret in a header')
  }
  url.hash = ''
  url.hostname = url.hostname.replace(/(?<=[^.])\.$/, '')
  const bare = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!/^[a-z0-9._:-]+$/.test(bare) || bare.startsWith('.') || bare.endsWith('.')) {
    throw refused(text, 'names no host')
  }
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
  if (port === 0) throw refused(text, 'names port 0')
  const isAddress = bare.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(bare)
  return { url, scheme, host: bare, port, isAddress }
}

function refused(text: string, why: string): IonError {
  const data = { url: shown(text) }
  return new IonError('CONN_REQUEST_REFUSED', `"${shown(text)}" ${why}.`, { data })
}

const shownCharsMax = 200
function shown(text: string): string {
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
}

/** The pattern that would grant exactly `target`: what a refusal proposes. */
export function patternOf({ scheme, host, port }: Target): string {
  const name = host.includes(':') ? `[${host}]` : host
  const isDefault = port === (scheme === 'https' ? 443 : 80)
  return `${scheme === 'http' ? 'http://' : ''}${name}${isDefault ? '' : `:${port}`}`
}

/** Whether one of `patterns` names the host, port, scheme and method. Patterns that are none grant nothing. */
export function isAllowed(patterns: readonly string[], target: Target, method: string): boolean {
  const wanted: HostPattern = {
    scheme: target.scheme,
    host: target.host.includes(':') ? `[${target.host}]` : target.host,
    isWildcard: false,
    port: target.port,
    methods: [method],
  }
  return patterns.some((text) => {
    const pattern = parseHostPattern(text)
    if (pattern === undefined) return false
    // A name below a name is never an address.
    return covers(pattern, wanted) && !(pattern.isWildcard && target.isAddress)
  })
}

/**
 * The addresses that a connection to `target` may use: all of `resolved`, or none.
 *
 * A name may only lead to the public internet; the name `localhost` only to this machine.
 * An address in the URL itself, which a grant had to name literally, may be private, too.
 * Throws `CONN_ADDRESS_DENIED`, also when only one of many addresses is wrong.
 */
export function admit(target: Target, resolved: readonly string[]): readonly string[] {
  const wrong = resolved.find((address) => !isAdmissible(target, address))
  if (wrong === undefined) return resolved.slice(0, limits.httpAddressesMax)
  const message = target.isAddress
    ? `"${target.host}" is an address that no request may go to.`
    : `"${target.host}" leads to "${shown(wrong)}", which is not a public address.`
  throw new IonError('CONN_ADDRESS_DENIED', message, {
    data: { host: target.host, address: shown(wrong) },
  })
}

function isAdmissible({ host, isAddress }: Target, address: string): boolean {
  const kind = kindOfAddress(address)
  if (isAddress) return kind !== 'never' && isSameAddress(host, address)
  return kind === (host === 'localhost' ? 'loopback' : 'public')
}
