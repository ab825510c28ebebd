/**
 * Goal: a request that is signed as its flow declares starts one run, however often it comes;
 * any other starts nothing.
 */
import { createHmac } from 'node:crypto'

import { expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { openHearing } from '#engine/host/watch/hear.ts'
import { type Answer, type Hooks, openHooks } from '#engine/host/watch/hooks.ts'
import type { ActiveFlow } from '#engine/mirror/activate/memory.ts'
import { type Place, place } from '#test/unit/host/activate/parts.ts'

import { activate, begun, starting, type Starting } from './active.ts'

const secrets: Readonly<Record<string, string>> = {
  PLAIN: 'a secret',
  STANDARD: `whsec_${Buffer.from('another secret').toString('base64')}`,
}
const now = begun + 60_000

interface Bench {
  readonly hooks: Hooks
  readonly parts: Starting
  post(path: string, body: string, headers?: Record<string, string>): Promise<Answer>
}

function bench(at: Place, flows: Readonly<Record<string, ActiveFlow['on']>>): Bench {
  activate(at, flows)
  const parts = starting(at)
  const happened = {} as Parameters<typeof openHearing>[0]['happened']
  const hearing = openHearing({ ...parts, happened })
  hearing.load(at.mirror())
  const hooks = openHooks({
    ...parts,
    hearing,
    nowMs: () => now,
    secret: async (name) => {
      await Promise.resolve()
      const value = secrets[name]
      if (value === undefined) throw new IonError('CONN_SECRET_UNKNOWN', `No "${name}".`)
      return value
    },
  })
  return {
    hooks,
    parts,
    post: async (path, body, headers = {}) => {
      const found = hooks.at(path)
      return await hooks.take(found, { headers, body: Buffer.from(body) })
    },
  }
}

const hex = (text: string, secret = 'a secret'): string =>
  createHmac('sha256', secret).update(text).digest('hex')
const plain = (body: string): Record<string, string> => ({
  'x-signature-256': `sha256=${hex(body)}`,
})
const standard = (id: string, body: string): Record<string, string> => {
  const time = String(now / 1_000)
  const signed = createHmac('sha256', 'another secret').update(`${id}.${time}.${body}`)
  const signature = `v1,${signed.digest('base64')}`
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature }
}
const stripe = (body: string, time = now): Record<string, string> => {
  const t = Math.floor(time / 1_000)
  return { 'stripe-signature': `t=${t},v1=${hex(`${t}.${body}`)},v0=old` }
}
const on = (scheme: string, more: object = {}): ActiveFlow['on'] => ({
  webhook: {
    scheme,
    secret: scheme === 'standard' ? 'STANDARD' : 'PLAIN',
    inputs: { n: '${{ event.body.n }}' },
    ...more,
  },
})
const body = '{"n":5}'

test.each([
  ['hmac', plain(body)],
  ['github', { 'x-hub-signature-256': `sha256=${hex(body)}` }],
  ['stripe', stripe(body)],
  ['standard', standard('one', body)],
] as const)(
  'a request by %s starts a run, the same one when it comes again',
  async (scheme, headers) => {
    using at = place()
    const { post, parts } = bench(at, { pay: on(scheme) })
    const first = await post('/hooks/pay', body, headers)
    const [run] = parts.started.keys()
    expect(first).toEqual({ status: 202, body: { run } })
    expect(await post('/hooks/pay', body, headers)).toEqual(first)
    expect([...parts.started.values()]).toMatchObject([{ input: { n: 5 } }])
  },
)

test.each([
  ['hmac', {}],
  ['hmac', { 'x-signature-256': `sha256=${hex('other')}` }],
  ['hmac', { 'x-hub-signature-256': `sha256=${hex(body)}` }],
  ['stripe', stripe(body, now - 3_600_000)],
  ['stripe', { 'stripe-signature': `v1=${hex(body)}` }],
  ['standard', standard('', body)],
] as const)('one by %s that is not signed so is refused: %j', async (scheme, headers) => {
  using at = place()
  const { post, parts } = bench(at, { pay: on(scheme) })
  expect(await post('/hooks/pay', body, headers)).toMatchObject({ status: 401 })
  expect(parts.started.size).toBe(0)
})

test('two messages with one body are two where their ids are signed', async () => {
  using at = place()
  const { post, parts } = bench(at, { pay: on('standard') })
  for (const id of ['one', 'two', 'one']) await post('/hooks/pay', body, standard(id, body))
  expect(parts.started.size).toBe(2)
})

test('a flow sees the body and the headers, and nothing that proves who sent them', async () => {
  using at = place()
  const inputs = { event: '${{ event }}' }
  const { post, parts } = bench(at, { pay: on('hmac', { inputs }) })
  const headers = { ...plain('no json'), 'x-kind': 'push', authorization: 'Bearer x', cookie: 'y' }
  await post('/hooks/pay', 'no json', headers)
  const [started] = parts.started.values()
  expect(started?.event).toEqual({
    kind: 'webhook',
    trigger: '0',
    id: expect.stringMatching(/^sha256:/),
    time: '2026-05-01T00:01:00.000Z',
    headers: { 'x-kind': 'push' },
    body: 'no json',
  })
})

test('each of several webhooks has a path of its own', async () => {
  using at = place()
  const one = { scheme: 'hmac', secret: 'PLAIN', inputs: {} }
  const list = [
    { ...one, id: 'a' },
    { ...one, id: 'b' },
  ]
  const { hooks } = bench(at, { pay: { webhook: list } })
  const ids = (path: string): readonly string[] => hooks.at(path).map(({ trigger }) => trigger.id)
  expect([ids('/hooks/pay'), ids('/hooks/pay/b'), ids('/hooks/pay/c')]).toEqual([['a'], ['b'], []])
  expect([ids('/hooks/other'), ids('/hooks/pay/a/b'), ids('/other/pay')]).toEqual([[], [], []])
})

test('what the flow refuses is said with its code; what may work later is to be sent again', async () => {
  using at = place()
  const { post, parts } = bench(at, { pay: on('hmac') })
  const bad = '{"n":"refuse"}'
  expect(await post('/hooks/pay', bad, plain(bad))).toMatchObject({
    status: 422,
    body: { code: 'RUN_INPUT_REFUSED' },
  })
  parts.isFull = true
  expect(await post('/hooks/pay', body, plain(body))).toMatchObject({ status: 503 })
  parts.isFull = false
  expect(await post('/hooks/pay', body, plain(body))).toMatchObject({ status: 202 })
})

test('a secret that is missing is told to whoever watches, not to whoever asks', async () => {
  using at = place()
  const { hooks, post, parts } = bench(at, {
    pay: on('hmac', { secret: 'GONE' }),
    well: on('hmac'),
  })
  const told = { event: 'problem', message: 'The flow "pay" takes no request: No "GONE".' }
  // Before anybody asks, and once.
  for (let round = 0; round < 3; round++) await hooks.tellUnready()
  expect(parts.told).toMatchObject([told])
  // Forges that give up at 401 send this again.
  const answer = await post('/hooks/pay', body, plain(body))
  expect(answer).toMatchObject({ status: 503, againMs: 60_000 })
  expect(JSON.stringify(answer)).not.toContain('GONE')
  expect(parts.told).toMatchObject([told, told])
  expect(parts.started.size).toBe(0)
})
