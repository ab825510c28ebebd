/** Goal: only deliveries of those who share the secret are heard. Method: vectors of others, and one bit changed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { verifyDelivery } from '#engine/connection/signing/verify.ts'
import { signHmac } from '#engine/connection/signing/webhook.ts'

const read = (path: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../vectors', path), 'utf8'))

interface Case {
  readonly name: string
  readonly secret?: string
  readonly now?: number
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
  readonly valid: boolean
}
const standard = read('standard-webhooks/vectors.json') as {
  readonly secret: string
  readonly now: number
  readonly cases: readonly Case[]
}

test.each(standard.cases)('Standard Webhooks: $name', (one) => {
  const { ok } = verifyDelivery({
    headers: one.headers,
    body: Buffer.from(one.payload),
    secret: one.secret ?? standard.secret,
    nowMs: (one.now ?? standard.now) * 1_000,
  })
  expect(ok).toBe(one.valid)
})

const github = read('github-webhooks/signature.json') as {
  readonly secret: string
  readonly payload: string
  readonly expected: string
}
const hub = (signature: string, body = github.payload, secret = github.secret): boolean =>
  verifyDelivery({
    headers: { 'x-hub-signature-256': signature },
    body: Buffer.from(body),
    secret,
    nowMs: 0,
  }).ok

test('the example of GitHub is good, and nothing near it', () => {
  const { expected } = github
  expect(hub(expected)).toBe(true)
  expect(hub(expected.toUpperCase())).toBe(false)
  expect(hub(expected.slice(0, -1))).toBe(false)
  expect(hub(expected.replace('sha256=', 'sha1='))).toBe(false)
  expect(hub('')).toBe(false)
  expect(hub(expected, 'Hello, World?')).toBe(false)
  expect(hub(expected, github.payload, 'another secret')).toBe(false)
})

test('an empty secret proves nothing', () => {
  const [pair] = signHmac({
    body: Buffer.from('x'),
    secret: '',
    hash: 'sha256',
    spelling: 'hex',
    header: 'x-hub-signature-256',
    template: 'sha256={}',
  })
  expect(hub(pair?.[1] ?? '', 'x', '')).toBe(false)
})

test('what is not signed is not heard', () => {
  const delivery = { headers: {}, body: Buffer.from('{}'), secret: 'a secret', nowMs: 0 }
  expect(verifyDelivery(delivery)).toMatchObject({ ok: false })
  const twice = { 'x-hub-signature-256': [github.expected, github.expected] }
  expect(verifyDelivery({ ...delivery, headers: twice })).toMatchObject({ ok: false })
})
