/**
 * Opens the socket of a request: resolves the name once, checks every address, connects
 * to one of exactly those, and looks again at whom it got.
 *
 * The name is never resolved a second time, so an answer that changes between check and
 * use changes nothing. Nothing is written to a socket before its address was checked.
 */
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { IonError } from '#engine/core/error.ts'

import { isSameAddress } from './address.ts'
import { admit, type Target } from './egress.ts'

/** All addresses of a name. Rejects when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** The system's resolver. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

export interface Wire {
  readonly resolve: Resolve
  readonly connectMs: number
  /** Certificates that are trusted beside the system's, as PEM. */
  readonly ca?: readonly string[]
}

/**
 * Connects to `target`, through TLS for https.
 *
 * Throws `CONN_ADDRESS_DENIED`, `CONN_UNREACHABLE`, `CONN_TIMEOUT`, or `CONN_PROTOCOL` when
 * the certificate does not fit.
 */
export async function openSocket(wire: Wire, target: Target): Promise<Socket> {
  const late = AbortSignal.timeout(wire.connectMs)
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(timeout(target, wire.connectMs)), { once: true })
  })
  tooLate.catch(() => undefined)
  const resolved = target.isAddress
    ? [target.host]
    : await Promise.race([resolveAll(wire.resolve, target.host), tooLate])
  const addresses = admit(target, resolved)
  const socket = begin(wire, target, addresses)
  try {
    return await Promise.race([opened(socket, target, addresses), tooLate])
  } catch (thrown) {
    socket.destroy()
    throw thrown
  }
}

async function resolveAll(resolve: Resolve, host: string): Promise<readonly string[]> {
  let addresses: readonly string[]
  try {
    addresses = await resolve(host)
  } catch (cause) {
    throw unreachable(host, cause)
  }
  if (addresses.length > 0) return addresses
  throw unreachable(host, new Error('the name has no address'))
}

function begin(wire: Wire, target: Target, addresses: readonly string[]): Socket {
  const pinned = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const answer: LookupFunction = (_, options, callback) => {
    const [first] = pinned
    if (options.all === true) callback(null, pinned)
    else callback(null, first?.address ?? '', first?.family)
  }
  const { host, port, scheme, isAddress } = target
  const options = { host, port, lookup: answer, autoSelectFamily: true, noDelay: true }
  if (scheme === 'http') return connectTcp(options)
  return connectTls({
    ...options,
    ...(isAddress ? {} : { servername: host }),
    ...(wire.ca === undefined ? {} : { ca: [...wire.ca] }),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  })
}

function opened(socket: Socket, target: Target, addresses: readonly string[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(unreachable(target.host, cause))
    socket.once('error', fail)
    socket.once('connect', () => {
      const remote = socket.remoteAddress ?? ''
      if (addresses.some((address) => isSameAddress(address, remote))) return
      const data = { host: target.host, address: remote }
      const message = `"${target.host}" was reached at "${remote}", which was not checked.`
      reject(new IonError('CONN_ADDRESS_DENIED', message, { data }))
      socket.destroy()
    })
    socket.once(target.scheme === 'https' ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail)
      if (!socket.destroyed) resolve(socket)
    })
  })
}

function timeout(target: Target, ms: number): IonError {
  const message = `"${target.host}" took no connection within ${ms} ms.`
  return new IonError('CONN_TIMEOUT', message, { data: { host: target.host } })
}

/** What went wrong below HTTP, by the word that Node.js has for it. */
export function unreachable(host: string, cause: unknown): IonError {
  const reason = reasonOf(cause)
  const data = { host, reason }
  if (/^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|HPE_)/.test(reason)) {
    const message = `"${host}" does not speak as it should: ${reason}.`
    return new IonError('CONN_PROTOCOL', message, { data, cause })
  }
  return new IonError('CONN_UNREACHABLE', `"${host}" cannot be reached: ${reason}.`, {
    data,
    cause,
  })
}

function reasonOf(cause: unknown): string {
  const { code, message } = (cause ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  if (typeof code === 'string' && code !== '') return code
  return typeof message === 'string' && message !== '' ? message : 'no reason was given'
}
