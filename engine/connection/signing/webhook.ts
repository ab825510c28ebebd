/**
 * Signs the body of a request for a receiver that shares a secret: by Standard Webhooks, or
 * by an HMAC in a header of the receiver's choice.
 *
 * Pure: the time and the id come from the caller, so the same request is signed alike.
 */
import { createHmac } from 'node:crypto'

import { IonError } from '#engine/core/error.ts'
import type { Headers } from '#engine/connection/headers.ts'

export interface StandardWish {
  /** What the receiver tells messages apart by: equal in every attempt. */
  readonly id: string
  readonly body: Uint8Array
  /** `whsec_…`, or its Base64 alone. */
  readonly secret: string
  readonly nowMs: number
}

/** The three headers of Standard Webhooks. Throws `CONN_SECRET_REFUSED` for a secret that is none. */
export function signStandard({ id, body, secret, nowMs }: StandardWish): Headers {
  const text = secret.replace(/^whsec_/, '').trim()
  const key = Buffer.from(text, 'base64')
  if (key.byteLength === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    const message =
      'The secret of a webhook is "whsec_" and Base64. Store the whole text that its receiver shows.'
    throw new IonError('CONN_SECRET_REFUSED', message)
  }
  const timestamp = String(Math.floor(nowMs / 1000))
  const signed = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body)
  return [
    ['webhook-id', id],
    ['webhook-timestamp', timestamp],
    ['webhook-signature', `v1,${signed.digest('base64')}`],
  ]
}

export interface HmacWish {
  readonly body: Uint8Array
  readonly secret: string
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly spelling: 'hex' | 'base64'
  readonly header: string
  /** What is around the signature: `sha256={}`. */
  readonly template: string
}

/** One header with the HMAC of the body. */
export function signHmac({ body, secret, hash, spelling, header, template }: HmacWish): Headers {
  const signature = createHmac(hash, secret).update(body).digest(spelling)
  return [[header, template.split('{}').join(signature)]]
}
