/**
 * Goal: a signed delivery says which mirror to look at, and nothing else gets in.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { signHmac, signStandard } from '#engine/connection/signing/webhook.ts'
import { listen, type Listener } from '#engine/host/watch/listen.ts'
import type { Startable } from '#engine/host/watch/start.ts'

const secret = 'a secret of the forge'
const file = join(import.meta.dirname, '../../../vectors/github-webhooks/push.json')
const [push] = JSON.parse(readFileSync(file, 'utf8')) as readonly object[]
const body = JSON.stringify(push)

let pushed: (readonly string[])[]
let isWell: boolean
let listener: Listener
const open = async (own: string | undefined): Promise<Listener> =>
  await listen({
    host: '127.0.0.1',
    port: 0,
    secret: own,
    nowMs: () => Date.now(),
    onPush: (addresses) => pushed.push(addresses) > 0,
    hooks: {
      at: (path) => (path === '/hooks/known' ? [{} as Startable] : []),
      take: async (_, { body: taken }) =>
        await Promise.resolve(
          taken.toString() === 'later'
            ? { status: 503, body: null, againMs: 1_500 }
            : { status: 202, body: taken.length },
        ),
    },
    health: () => ({ isWell, body: { status: isWell ? 'ok' : 'stuck' } }),
  })
beforeEach(async () => {
  pushed = []
  isWell = true
  listener = await open(secret)
})
afterEach(async () => await listener[Symbol.asyncDispose]())

const signed = (text: string): Record<string, string> =>
  Object.fromEntries(
    signHmac({
      body: Buffer.from(text),
      secret,
      hash: 'sha256',
      spelling: 'hex',
      header: 'x-hub-signature-256',
      template: 'sha256={}',
    }),
  )
const post = async (text: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(`${listener.url}/hooks/git`, { method: 'POST', body: text, headers })).status

test('a push of GitHub names its repository in the forms that it has', async () => {
  expect(await post(body, signed(body))).toBe(202)
  expect(pushed[0]).toContain('https://github.com/Codertocat/Hello-World.git')
})

test('a delivery by Standard Webhooks is heard too', async () => {
  const own = `whsec_${Buffer.from('another secret').toString('base64')}`
  await using other = await open(own)
  const deliver = async (id: string): Promise<number> => {
    const headers = Object.fromEntries(
      signStandard({ id, body: Buffer.from(body), secret: own, nowMs: Date.now() }),
    )
    return (await fetch(`${other.url}/hooks/git`, { method: 'POST', body, headers })).status
  }
  // A sender may have the same to say of every push.
  expect([await deliver('m1'), await deliver('m2'), await deliver('m2')]).toEqual([202, 202, 200])
  expect(pushed).toHaveLength(2)
})

test('an id that GitHub does not sign lets nobody repeat a delivery', async () => {
  expect(await post(body, signed(body))).toBe(202)
  expect(await post(body, { ...signed(body), 'webhook-id': 'm2' })).toBe(200)
})

test('what was heard before is heard once', async () => {
  expect([await post(body, signed(body)), await post(body, signed(body))]).toEqual([202, 200])
  expect(pushed).toHaveLength(1)
})

test.each([
  ['without a signature', body, {}, 401],
  ['with another signature', body, signed(`${body} `), 401],
  ['that is too large', 'x'.repeat(limits.webhookBodyBytesMax + 1), {}, 413],
])('a delivery %s is not heard', async (_, text, headers, status) => {
  expect(await post(text, headers)).toBe(status)
  expect(pushed).toEqual([])
})

test('a sender of far too much hears why, and is not cut off', async () => {
  const { port, hostname } = new URL(listener.url)
  const piece = Buffer.alloc(limits.webhookBodyBytesMax, 'x')
  const length = piece.length * 8
  const socket = connect(Number(port), hostname)
  const head = `POST /hooks/git HTTP/1.1\r\nhost: here\r\ncontent-length: ${length}\r\n\r\n`
  socket.write(head)
  for (let sent = 0; sent < length; sent += piece.length) socket.write(piece)
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('data', (data) => resolve(data.toString()))
  })
  const written = new Promise<void>((resolve, reject) => {
    socket.end((error?: Error | null) => (error instanceof Error ? reject(error) : resolve()))
  })
  expect(await answered).toMatch(/^HTTP\/1\.1 413 /)
  await written
  expect(socket.bytesWritten).toBe(head.length + length)
})

test.each(['no JSON', '[]', '{"repository":7}', '{"repository":{"clone_url":{}}}'])(
  'a signed delivery of %j concerns nobody',
  async (text) => {
    expect(await post(text, signed(text))).toBe(202)
    expect(pushed).toEqual([[]])
  },
)

test('without a secret no delivery is taken', async () => {
  await using bare = await open(undefined)
  const { status } = await fetch(`${bare.url}/hooks/git`, { method: 'POST', body: '{}' })
  expect(status).toBe(503)
})

test('health, and nothing at other places', async () => {
  const at = async (path: string): Promise<number> => (await fetch(listener.url + path)).status
  expect(await at('/healthz')).toBe(200)
  isWell = false
  expect(await at('/healthz')).toBe(503)
  expect([await at('/'), await at('/hooks/git'), await at('/hooks/other')]).toEqual([404, 405, 404])
})

test('a request for a flow is handed on with its bytes, and one that is too large is not', async () => {
  const deliver = async (text: string): Promise<readonly unknown[]> => {
    const answer = await fetch(`${listener.url}/hooks/known?x=1`, { method: 'POST', body: text })
    return [answer.status, await answer.json()]
  }
  expect(await deliver('{"n":1}')).toEqual([202, 7])
  const [status] = await deliver('x'.repeat(limits.webhookBodyBytesMax + 1))
  expect(status).toBe(413)
  expect((await fetch(`${listener.url}/hooks/known`)).status).toBe(405)
})

test('a place that is taken is an error with a way out', async () => {
  const port = Number(new URL(listener.url).port)
  const wish = { host: '127.0.0.1', port, secret, nowMs: () => 0 }
  const hooks = { at: () => [], take: async () => await Promise.reject(new Error('nobody asks')) }
  const rest = { onPush: () => true, health: () => ({ isWell, body: null }), hooks }
  await expect(listen({ ...wish, ...rest })).rejects.toMatchObject({
    code: 'CLI_ENGINE_UNREACHABLE',
  })
})

test('what may work later says when to send it again', async () => {
  const answer = async (text: string): Promise<Response> =>
    await fetch(`${listener.url}/hooks/known`, { method: 'POST', body: text })
  const later = await answer('later')
  expect([later.status, later.headers.get('retry-after')]).toEqual([503, '2'])
  expect((await answer('now')).headers.has('retry-after')).toBe(false)
})
