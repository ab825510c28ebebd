/**
 * Whether a request that came in was made by somebody who shares a secret: by GitHub's
 * signature, Standard Webhooks, Stripe's, or an HMAC over the body.
 *
 * Compared in a time that tells nothing. Nothing of the body is looked at before.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

import { limits } from '#engine/core/limits.ts'
import type { WebhookTrigger } from '#engine/dsl/flow.ts'

export interface Delivery {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
  readonly secret: string
  readonly nowMs: number
}

export type Proof =
  | { readonly ok: true }
  /** One clause, for whoever runs the receiver; the sender is told nothing of it. */
  | { readonly ok: false; readonly reason: string }

const good: Proof = { ok: true }

/** By the scheme whose headers are there; what has neither is not proven. */
export function verifyDelivery(delivery: Delivery): Proof {
  const { headers } = delivery
  if (headers['x-hub-signature-256'] !== undefined) return verifyGitHub(delivery)
  if (headers['webhook-signature'] !== undefined) return verifyStandard(delivery)
  return { ok: false, reason: 'it has no signature' }
}

/** By the scheme that a trigger names, and no other. */
export function verifyScheme(scheme: WebhookTrigger['scheme'], delivery: Delivery): Proof {
  switch (scheme) {
    case 'standard':
      return verifyStandard(delivery)
    case 'github':
      return verifyBody(delivery, 'x-hub-signature-256')
    case 'hmac':
      return verifyBody(delivery, 'x-signature-256')
    case 'stripe':
      return verifyStripe(delivery)
  }
}

function verifyGitHub(delivery: Delivery): Proof {
  return verifyBody(delivery, 'x-hub-signature-256')
}

/** `sha256=HEX` over the body, in the header `name`. */
function verifyBody({ headers, body, secret }: Delivery, name: string): Proof {
  const given = textOf(headers[name])
  const right = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  return secret !== '' && isSame(given, right)
    ? good
    : { ok: false, reason: 'its signature is another' }
}

/** `Stripe-Signature: t=SECONDS,v1=HEX,…` over the time, a dot and the body; not from long ago. */
function verifyStripe({ headers, body, secret, nowMs }: Delivery): Proof {
  const parts = (textOf(headers['stripe-signature']) ?? '').split(',').slice(0, signaturesMax)
  const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? ''
  if (secret === '' || !/^\d{1,12}$/.test(time))
    return { ok: false, reason: 'it has no signature with a time' }
  const awayMs = Math.abs(nowMs - Number(time) * 1_000)
  if (awayMs > limits.webhookAgeMsMax) return { ok: false, reason: 'it is from another time' }
  const right = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
  const isSigned = parts.some((part) => isSame(part, `v1=${right}`))
  return isSigned ? good : { ok: false, reason: 'its signature is another' }
}

/** `webhook-id`, `webhook-timestamp` and one good signature of a list; not from long ago. */
function verifyStandard({ headers, body, secret, nowMs }: Delivery): Proof {
  const [id, time, list] = ['id', 'timestamp', 'signature'].map((name) =>
    textOf(headers[`webhook-${name}`]),
  )
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  if (id === undefined || id === '' || key.length === 0 || !/^\d{1,12}$/.test(time ?? ''))
    return { ok: false, reason: 'a header of Standard Webhooks is missing' }
  const awayMs = Math.abs(nowMs - Number(time) * 1_000)
  if (awayMs > limits.webhookAgeMsMax) return { ok: false, reason: 'it is from another time' }
  const right = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')
  const given = (list ?? '').split(' ').slice(0, signaturesMax)
  const isSigned = given.some((one) => isSame(one, `v1,${right}`))
  return isSigned ? good : { ok: false, reason: 'its signature is another' }
}

/** A sender that changes its secret signs with both for a while. */
const signaturesMax = 10

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function isSame(given: string | undefined, right: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
