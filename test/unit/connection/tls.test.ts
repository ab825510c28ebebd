/**
 * Goal: https means that the other side is who its name says. Method: real servers with
 * certificates that nobody trusts, that fit, and that belong to somebody else.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { HttpDoor, type HttpOptions } from '#engine/connection/http.ts'

type Pair = Readonly<Record<'cert' | 'key', string>>
const kept = JSON.parse(
  readFileSync(join(import.meta.dirname, 'certificates.json'), 'utf8'),
) as Readonly<Record<'here' | 'elsewhere', Pair>>
const pem = (kind: string, base64: string): string =>
  `-----BEGIN ${kind}-----
${base64}
-----END ${kind}-----
`
const certificateOf = (name: 'here' | 'elsewhere'): string => pem('CERTIFICATE', kept[name].cert)
const open: Server[] = []
afterAll(() => open.forEach((server) => void server.close()))

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  return (server.address() as AddressInfo).port
}

let arrived = 0
const serve = async (name: 'here' | 'elsewhere'): Promise<number> => {
  const own = { cert: certificateOf(name), key: pem('PRIVATE KEY', kept[name].key) }
  return await listen(
    createServer(own, (_, response) => {
      arrived++
      response.end('hello')
    }),
  )
}

const send = async (url: string, options: HttpOptions): Promise<unknown> => {
  await using door = new HttpDoor({
    resolve: async () => ['127.0.0.1'],
    connectMs: 2_000,
    ...options,
  })
  const request = { url, method: 'GET', headers: [], redirect: 'follow', timeMs: 2_000 } as const
  return await door.send({ ...request, mayGo: () => true }).then(
    ({ status }) => status,
    (thrown: { code?: unknown }) => thrown.code,
  )
}

test('a certificate that nobody trusts is refused before anything is sent', async () => {
  const port = await serve('here')
  expect(await send(`https://localhost:${port}/`, {})).toBe('CONN_PROTOCOL')
  expect(arrived).toBe(0)
})

test('not even the environment switches that off', async () => {
  const port = await serve('here')
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    expect(await send(`https://localhost:${port}/`, {})).toBe('CONN_PROTOCOL')
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  }
  expect(arrived).toBe(0)
})

test('one that is trusted and fits is accepted, for a name and for an address', async () => {
  const port = await serve('here')
  const ca = [certificateOf('here')]
  expect(await send(`https://localhost:${port}/`, { ca })).toBe(200)
  expect(await send(`https://127.0.0.1:${port}/`, { ca })).toBe(200)
})

test('one that is trusted and belongs to another name is refused', async () => {
  const port = await serve('elsewhere')
  const ca = [certificateOf('elsewhere')]
  const before = arrived
  expect(await send(`https://localhost:${port}/`, { ca })).toBe('CONN_PROTOCOL')
  expect(arrived).toBe(before)
})

test('a server that speaks no TLS, or says nothing at all, is a failure with a code', async () => {
  const plain = await listen(
    createTcpServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n')),
  )
  expect(await send(`https://localhost:${plain}/`, {})).toMatch(/CONN_(PROTOCOL|UNREACHABLE)/)
  const silent = await listen(createTcpServer((socket) => socket.on('error', () => undefined)))
  expect(await send(`https://localhost:${silent}/`, { connectMs: 50 })).toBe('CONN_TIMEOUT')
})

test('headers that drip without end are not waited for', async () => {
  const port = await listen(
    createTcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
      const timer = setInterval(() => socket.write('x'), 5)
      socket.on('error', () => undefined).on('close', () => clearInterval(timer))
    }),
  )
  expect(await send(`http://localhost:${port}/`, { idleMs: 60 })).toBe('CONN_TIMEOUT')
})
