/** Goal: receivers accept what is signed here. Method: the vectors of Standard Webhooks and of GitHub. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { signHmac, signStandard } from '#engine/connection/signing/webhook.ts'

const file = join(import.meta.dirname, '../../../vectors/standard-webhooks/vectors.json')
const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly secret: string
  readonly sign: {
    readonly id: string
    readonly timestamp: number
    readonly payload: string
    readonly expected: string
  }
  readonly invalidSecrets: readonly string[]
}
const { id, timestamp, payload, expected } = vectors.sign
const body = new TextEncoder().encode(payload)
const nowMs = timestamp * 1000 + 999

test.each([vectors.secret, vectors.secret.replace('whsec_', ''), `${vectors.secret}\n`])(
  'signs as Standard Webhooks wants it with %j',
  (secret) => {
    expect(signStandard({ id, body, secret, nowMs })).toEqual([
      ['webhook-id', id],
      ['webhook-timestamp', String(timestamp)],
      ['webhook-signature', expected],
    ])
  },
)

test.each([...vectors.invalidSecrets, 'whsec_???', 'a plain password'])(
  'refuses %j, which is no secret of a webhook',
  (secret) => {
    expect(() => signStandard({ id, body, secret, nowMs })).toThrow(
      expect.objectContaining({ code: 'CONN_SECRET_REFUSED' }),
    )
  },
)

test('signs as GitHub does', () => {
  const wish = {
    body: new TextEncoder().encode('Hello, World!'),
    secret: "It's a Secret to Everybody",
    hash: 'sha256',
    spelling: 'hex',
    header: 'x-hub-signature-256',
    template: 'sha256={}',
  } as const
  expect(signHmac(wish)).toEqual([
    [
      'x-hub-signature-256',
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ],
  ])
})
