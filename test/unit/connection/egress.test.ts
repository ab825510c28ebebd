/**
 * Goal: no request reaches an address that it must not, whatever its URL, the resolver or
 * the other side says. Method: vectors as data, sent through the real door, while servers
 * on both loopback addresses count whoever comes.
 */
import { createServer, type AddressInfo, type Server } from 'node:net'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { kindOfAddress } from '#engine/connection/address.ts'
import { isAllowed, patternOf, readTarget, type Target } from '#engine/connection/egress.ts'
import { HttpDoor, type Outgoing } from '#engine/connection/http.ts'

import { literalHosts, publicAddresses, resolvedWrong, trickUrls } from './vectors.ts'

let visits = 0
let port = 0
let servers: readonly Server[] = []

const listen = (host: string, at: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      visits++
      socket.destroy()
    })
    server.once('error', reject)
    server.listen(at, host, () => resolve(server))
  })

beforeAll(async () => {
  const four = await listen('127.0.0.1', 0)
  port = (four.address() as AddressInfo).port
  const six = await listen('::1', port).catch(() => undefined)
  servers = six === undefined ? [four] : [four, six]
})
afterAll(() => servers.forEach((server) => void server.close()))

const granted = (): readonly string[] => [
  'example.com',
  '*.example.com',
  `http://example.com:${port}`,
  `http://*.example.com:${port}`,
  `http://*.1:${port}`,
  `http://*.localhost.localdomain:${port}`,
]

/** Every name leads to this machine, so a name that is let through is a visit, or a refusal of its address. */
const loops = async (): Promise<readonly string[]> => ['127.0.0.1']
const door = new HttpDoor({ resolve: loops, connectMs: 500 })
afterAll(async () => await door[Symbol.asyncDispose]())

const send = async (url: string, more: Partial<Outgoing> = {}, by = door): Promise<string> => {
  const mayGo = (target: Target, method: string): boolean => isAllowed(granted(), target, method)
  const request = {
    url,
    method: 'GET',
    headers: [],
    redirect: 'follow',
    timeMs: 2_000,
    mayGo,
  } as const
  try {
    const { status } = await by.send({ ...request, ...more })
    return `answered ${status}`
  } catch (thrown) {
    return thrown instanceof IonError ? thrown.code : String(thrown)
  }
}
const refusals = ['CONN_REQUEST_REFUSED', 'CONN_HOST_DENIED', 'CONN_ADDRESS_DENIED']

test('there are enough vectors to mean something', () => {
  const lists = [literalHosts, trickUrls, resolvedWrong.map(String)]
  expect(lists.flat().length).toBeGreaterThanOrEqual(150)
  for (const list of lists) expect(new Set(list).size).toBe(list.length)
})

test('the server would be found by whoever may', async () => {
  const before = visits
  const mayGo = (): boolean => true
  expect(await send(`http://127.0.0.1:${port}/`, { mayGo })).toBe('CONN_UNREACHABLE')
  expect(visits).toBe(before + 1)
})

test.each(literalHosts)('an address that nobody granted is not called: %s', async (host) => {
  const before = visits
  expect(refusals).toContain(await send(`http://${host}:${port}/`))
  expect(visits).toBe(before)
})

test.each(trickUrls)('a trick does not get through: %j', async (url) => {
  const before = visits
  expect(refusals).toContain(await send(url.replaceAll('PORT', String(port))))
  expect(visits).toBe(before)
})

test.each(resolvedWrong.map((answer) => [answer] as const))(
  'a granted name is not called at %j',
  async (answer) => {
    const before = visits
    await using wrong = new HttpDoor({ resolve: async () => answer, connectMs: 500 })
    expect(await send(`http://example.com:${port}/`, {}, wrong)).toBe('CONN_ADDRESS_DENIED')
    expect(visits).toBe(before)
  },
)

test.each(['[fe80::1]', '0.0.0.0', '169.254.169.254', '[::ffff:127.0.0.1]', '224.0.0.1'])(
  'not even a grant leads to %s',
  async (host) => {
    const before = visits
    const mayGo = (): boolean => true
    expect(await send(`http://${host}:${port}/`, { mayGo })).toBe('CONN_ADDRESS_DENIED')
    expect(visits).toBe(before)
  },
)

test('a resolver that changes its mind is asked once per connection, and checked each time', async () => {
  let asked = 0
  const resolve = async (): Promise<readonly string[]> =>
    asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.1', '10.0.0.1']
  await using rebinding = new HttpDoor({ resolve, connectMs: 500 })
  const mayGo = (): boolean => true
  const before = visits
  expect(await send(`http://localhost:${port}/`, { mayGo }, rebinding)).toBe('CONN_UNREACHABLE')
  expect({ asked, visits }).toEqual({ asked: 1, visits: before + 1 })
  expect(await send(`http://localhost:${port}/`, { mayGo }, rebinding)).toBe('CONN_ADDRESS_DENIED')
  expect({ asked, visits }).toEqual({ asked: 2, visits: before + 1 })
})

test('a name without an address, and a resolver that fails or sleeps, are failures of the world', async () => {
  await using none = new HttpDoor({ resolve: async () => [] })
  expect(await send(`http://example.com:${port}/`, {}, none)).toBe('CONN_UNREACHABLE')
  await using fails = new HttpDoor({ resolve: async () => Promise.reject(new Error('SERVFAIL')) })
  expect(await send(`http://example.com:${port}/`, {}, fails)).toBe('CONN_UNREACHABLE')
  await using sleeps = new HttpDoor({ resolve: () => new Promise(() => undefined), connectMs: 20 })
  expect(await send(`http://example.com:${port}/`, {}, sleeps)).toBe('CONN_TIMEOUT')
})

test.each(publicAddresses)('%s is a public address', (address) => {
  expect(kindOfAddress(address)).toBe('public')
})

test.each([
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['10.255.255.255', 'private'],
  ['100.127.255.255', 'private'],
  ['fdff::1', 'private'],
  ['2001:1ff:ffff::1', 'never'],
  ['1.2.3', 'never'],
  ['01.2.3.4', 'never'],
  ['1.2.3.256', 'never'],
  [':::', 'never'],
] as const)('%s is %s', (address, kind) => {
  expect(kindOfAddress(address)).toBe(kind)
})

test.each([
  ['api.example.com', 'https://api.example.com/x', true],
  ['api.example.com', 'https://API.example.com:443/x', true],
  ['api.example.com', 'https://api.example.com./', true],
  ['api.example.com', 'https://api.example.com:8443/', false],
  ['api.example.com', 'http://api.example.com/', false],
  ['api.example.com', 'http://api.example.com:443/', false],
  ['api.example.com:8443', 'https://api.example.com:8443/', true],
  ['*.example.com', 'https://a.b.example.com/', true],
  ['*.example.com', 'https://example.com/', false],
  ['*.example.com', 'https://notexample.com/', false],
  ['http://example.com', 'http://example.com/', true],
  ['http://example.com', 'https://example.com/', false],
  ['http://localhost:8080', 'http://localhost:8080/', true],
  ['http://[::1]:8080', 'http://[0:0::1]:8080/', true],
  ['http://127.0.0.1:8080', 'http://127.1:8080/', true],
  ['http://2130706433:8080', 'http://127.0.0.1:8080/', false],
  ['*.0.0.1', 'https://127.0.0.1/', false],
  ['xn--bcher-kva.example', 'https://bücher.example/', true],
  ['bücher.example', 'https://bücher.example/', false],
  ['*', 'https://example.com/', false],
  ['', 'https://example.com/', false],
] as const)('the grant %j for %j: %s', (grant, url, isGranted) => {
  expect(isAllowed([grant], readTarget(url), 'GET')).toBe(isGranted)
})

test('a grant may name its methods', () => {
  const target = readTarget('https://example.com/')
  expect(isAllowed(['GET,HEAD example.com'], target, 'HEAD')).toBe(true)
  expect(isAllowed(['GET,HEAD example.com'], target, 'DELETE')).toBe(false)
})

test.each(['api.example.com', 'api.example.com:8443', 'http://localhost:8080', 'http://[::1]'])(
  'what is proposed for %s is that',
  (pattern) => {
    const url = pattern.startsWith('http') ? pattern : `https://${pattern}`
    expect(patternOf(readTarget(url))).toBe(pattern)
    expect(isAllowed([pattern], readTarget(url), 'GET')).toBe(true)
  },
)
