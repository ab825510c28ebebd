/**
 * `sign` of a request: the guest says by which scheme and with which secret, and the host
 * adds the headers, last of all, when the request is as it will be sent.
 *
 * Everything that a guest says is untrusted and read here. How a scheme works is in
 * `connection/signing`.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Headers } from '#engine/connection/headers.ts'
import { signAws4, type AwsKey } from '#engine/connection/signing/aws4.ts'
import { signHmac, signStandard } from '#engine/connection/signing/webhook.ts'

import { readHandle, refused, textOf, type Handle } from './handle.ts'

export type AskedSign =
  | { readonly scheme: 'standard'; readonly secret: Handle; readonly id: string }
  | {
      readonly scheme: 'hmac'
      readonly secret: Handle
      readonly hash: 'sha1' | 'sha256' | 'sha512'
      readonly spelling: 'hex' | 'base64'
      readonly header: string
      readonly template: string
    }
  | AskedAws

/** The key of an AWS request; its id is mostly no secret. */
export interface AskedAws {
  readonly scheme: 'aws4'
  readonly id: string | Handle
  readonly secret: Handle
  readonly session?: Handle
  readonly region: string
  readonly service: string
}

/** Throws `CONN_REQUEST_REFUSED`; undefined when nothing is to be signed. */
export function readSign(value: Json | undefined): AskedSign | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw refused('"sign" is an object with a scheme.')
  const secret = readHandle(value['secret'])
  if (secret === undefined) throw refused('A signature needs a secret.')
  const { scheme } = value
  if (scheme === 'standard') {
    const id = textAt(value, 'id')
    // The dot parts what is signed.
    if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id))
      throw refused('The id of a webhook is a text of visible characters without a dot.')
    return { scheme, secret, id }
  }
  if (scheme === 'hmac') return readHmac(value, secret)
  if (scheme === 'aws4') return readAws(value)
  throw refused('The scheme of a signature is "standard", "hmac" or "aws4".')
}

function readHmac(value: JsonObject, secret: Handle): AskedSign {
  const { hash = 'sha256', spelling = 'hex', template = '{}' } = value
  if (hash !== 'sha1' && hash !== 'sha256' && hash !== 'sha512')
    throw refused('"hash" is sha1, sha256 or sha512.')
  if (spelling !== 'hex' && spelling !== 'base64') throw refused('"spelling" is hex or base64.')
  if (typeof template !== 'string' || template.split('{}').length !== 2)
    throw refused('A template names the place of its signature once: {}.')
  return { scheme: 'hmac', secret, hash, spelling, header: textAt(value, 'header'), template }
}

/** Throws `CONN_REQUEST_REFUSED`. */
export function readAws(value: JsonObject): AskedAws {
  const secret = readHandle(value['secret'])
  const id = typeof value['id'] === 'string' ? value['id'] : readHandle(value['id'])
  const session = readHandle(value['session'])
  if (secret === undefined || id === undefined)
    throw refused('The key of an AWS request is an id and a secret.')
  const region = textAt(value, 'region')
  const service = textAt(value, 'service')
  const isPlain = [region, service].every((text) => /^[A-Za-z0-9-]{1,64}$/.test(text))
  if (!isPlain || (typeof id === 'string' && !/^[A-Za-z0-9_-]{1,128}$/.test(id)))
    throw refused('"id", "region" and "service" consist of letters, digits and hyphens.')
  const more = session === undefined ? {} : { session }
  return { scheme: 'aws4', id, secret, region, service, ...more }
}

function textAt(value: JsonObject, name: string): string {
  const text = value[name]
  if (typeof text === 'string' && text !== '') return text
  throw refused(`This signature needs "${name}".`)
}

/** The secrets that a signature takes. */
export function handlesOf(sign: AskedSign | undefined): readonly Handle[] {
  if (sign === undefined) return []
  if (sign.scheme !== 'aws4') return [sign.secret]
  return [sign.id, sign.secret, sign.session].flatMap((one) =>
    typeof one === 'object' ? [one] : [],
  )
}

export interface Unsigned {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  /** The hex SHA-256 of one that is not in memory. */
  readonly body: Uint8Array | string
  readonly nowMs: number
}

/** The headers to add. */
export function sign(
  asked: AskedSign,
  values: ReadonlyMap<string, string>,
  unsigned: Unsigned,
): Headers {
  const { body, nowMs } = unsigned
  const secret = textOf(asked.secret, values)
  if (asked.scheme === 'aws4') {
    const { region, service } = asked
    const url = new URL(unsigned.url)
    return signAws4({ ...unsigned, url, region, service }, awsKeyOf(asked, values))
  }
  if (typeof body === 'string')
    throw refused('A request that sends a blob can be signed by "aws4" only.')
  if (asked.scheme === 'standard') return signStandard({ id: asked.id, body, secret, nowMs })
  const { hash, spelling, header, template } = asked
  return signHmac({ body, secret, hash, spelling, header, template })
}

export function awsKeyOf(
  { id, secret, session }: AskedAws,
  values: ReadonlyMap<string, string>,
): AwsKey {
  return {
    id: typeof id === 'string' ? id : textOf(id, values),
    secret: textOf(secret, values),
    ...(session === undefined ? {} : { session: textOf(session, values) }),
  }
}
