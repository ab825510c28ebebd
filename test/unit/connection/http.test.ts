/**
 * Goal: an answer is bounded in time and in bytes, and a redirect takes nothing along that
 * belongs to the origin before. Method: two real servers on loopback that misbehave.
 */
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { HttpDoor, type Answer, type Outgoing } from '#engine/connection/http.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024))
const handlers: Readonly<Record<string, Handler>> = {
  '/echo': (request, response, body) => {
    const { method, headers, url } = request
    response.end(JSON.stringify({ method, headers, url, body }))
  },
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('packed')),
  '/deflate': (_, response) =>
    response.setHeader('content-encoding', 'deflate').end(deflateSync('packed')),
  '/br': (_, response) =>
    response.setHeader('content-encoding', 'br').end(brotliCompressSync('packed')),
  '/bomb': (_, response) => response.setHeader('content-encoding', 'gzip').end(bomb),
  '/twice': (_, response) =>
    response.setHeader('content-encoding', 'gzip, gzip').end(gzipSync(gzipSync('packed'))),
  '/not-gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end('plain'),
  '/half-gzip': (_, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(1000)).subarray(0, 20)),
  '/endless': (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', more)
    more()
  },
  '/drip': (_, response) => {
    const timer = setInterval(() => response.write('.'), 5)
    response.on('close', () => clearInterval(timer))
  },
  '/silent': () => undefined,
  '/stalls': (_, response) => void response.write('begun'),
  '/huge-header': (_, response) => response.setHeader('x-big', 'x'.repeat(40_000)).end(),
  '/many-headers': (_, response) => {
    for (let i = 0; i < 2_000; i++) response.setHeader(`x-${i}`, 'x'.repeat(20))
    response.end()
  },
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/empty': (_, response) => response.writeHead(204).end(),
  '/cookies': (_, response) => response.setHeader('set-cookie', ['a=1', 'b=2']).end(),
}

/** `/to?status=302&url=…` redirects; everything else is in the table. */
function handle(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
  let body = ''
  request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
  request.on('end', () => {
    if (pathname === '/to') {
      const location = searchParams.get('url') ?? ''
      response.writeHead(Number(searchParams.get('status') ?? 302), { location }).end()
    } else handlers[pathname]?.(request, response, body)
  })
}

const servers = [createServer(handle), createServer(handle)]
const origins: string[] = []
beforeAll(async () => {
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origins.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }
})
const door = new HttpDoor({ bodyBytesMax: 1024 * 1024, idleMs: 5_000 })
/** For those that say nothing: who does answer may be slow on a busy machine. */
const hasty = new HttpDoor({ bodyBytesMax: 1024 * 1024, idleMs: 150 })
const silent = ['/silent', '/stalls']
afterAll(async () => {
  for (const each of [door, hasty]) await each[Symbol.asyncDispose]()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const send = async (path: string, more: Partial<Outgoing> = {}): Promise<Answer> =>
  await (silent.includes(path) ? hasty : door).send({
    url: path.startsWith('http') ? path : `${origins[0]}${path}`,
    method: 'GET',
    headers: [],
    redirect: 'follow',
    timeMs: 5_000,
    mayGo: () => true,
    ...more,
  })
const text = ({ body }: Answer): string => Buffer.from(body).toString()
const echo = async (path: string, more: Partial<Outgoing> = {}): Promise<Echo> =>
  JSON.parse(text(await send(path, more))) as Echo
interface Echo {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly url: string
  readonly body: string
}
const codeOf = async (path: string, more: Partial<Outgoing> = {}): Promise<unknown> =>
  await send(path, more).then(
    ({ status }) => status,
    (thrown: unknown) => (thrown as { code?: unknown }).code,
  )

test('a request arrives as it was given, and is signed with our name', async () => {
  const body = Buffer.from('{"a":1}')
  const headers = [
    ['Content-Type', 'application/json'],
    ['x-two', 'é'],
  ] as const
  const seen = await echo('/echo?q=1', { method: 'POST', headers, body })
  expect(seen).toMatchObject({ method: 'POST', url: '/echo?q=1', body: '{"a":1}' })
  expect(seen.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'ionflux',
    'accept-encoding': 'gzip, br',
    'content-length': '7',
  })
})

test.each(['/gzip', '/deflate', '/br'])('%s comes unpacked', async (path) => {
  expect(text(await send(path))).toBe('packed')
})

test.each([
  ['/bomb', 'CONN_RESPONSE_TOO_LARGE'],
  ['/endless', 'CONN_RESPONSE_TOO_LARGE'],
  ['/huge-header', 'CONN_RESPONSE_TOO_LARGE'],
  ['/many-headers', 'CONN_RESPONSE_TOO_LARGE'],
  ['/twice', 'CONN_PROTOCOL'],
  ['/not-gzip', 'CONN_PROTOCOL'],
  ['/half-gzip', 'CONN_PROTOCOL'],
  ['/loop', 'CONN_PROTOCOL'],
  ['/silent', 'CONN_TIMEOUT'],
  ['/stalls', 'CONN_TIMEOUT'],
  ['/empty', 204],
])('%s ends as %s', async (path, code) => {
  expect(await codeOf(path)).toBe(code)
})

test('an answer that drips is ended by its total time', async () => {
  expect(await codeOf('/drip', { timeMs: 60 })).toBe('CONN_TIMEOUT')
})

test('a request that is called off says so', async () => {
  const stop = new AbortController()
  const going = codeOf('/silent', { signal: stop.signal })
  stop.abort()
  expect(await going).toBe('RUN_CANCELLED')
  expect(await codeOf('/silent', { signal: stop.signal })).toBe('RUN_CANCELLED')
})

test('a header that comes twice is there twice', async () => {
  const { headers } = await send('/cookies')
  expect(headers.filter(([name]) => name === 'set-cookie')).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ])
})

test.each([
  ['Host', 'evil'],
  ['content-length', '0'],
  ['Transfer-Encoding', 'chunked'],
  ['connection', 'close'],
  ['proxy-authorization', 'x'],
  ['Expect', '100-continue'],
  ['x-split', 'a\r\nb: c'],
  ['x-nul', 'a\0b'],
  ['x-wide', '漢'],
  ['bad name', 'x'],
  ['', 'x'],
])('the header %j: %j is refused', async (name, value) => {
  expect(await codeOf('/echo', { headers: [[name, value]] })).toBe('CONN_REQUEST_REFUSED')
})

test('more headers, a larger body or an odd method than a request may have are refused', async () => {
  const many = Array.from({ length: limits.httpHeadersMax + 1 }, (_, i) => [`x-${i}`, ''] as const)
  expect(await codeOf('/echo', { headers: many })).toBe('CONN_REQUEST_REFUSED')
  const body = new Uint8Array(limits.httpBodyBytesMax + 1)
  expect(await codeOf('/echo', { method: 'PUT', body })).toBe('CONN_REQUEST_REFUSED')
  for (const method of ['CONNECT', 'TRACE', 'get', 'GET / HTTP/1.1\r\nx: y'])
    expect(await codeOf('/echo', { method })).toBe('CONN_REQUEST_REFUSED')
})

const credentials = [['authorization', 'Bearer long-secret-value']] as const
const headers = [
  ['x-api-key', 'mine'],
  ['cookie', 'a=1'],
  ['accept', 'text/plain'],
] as const

test('a redirect within the origin keeps everything', async () => {
  const seen = await echo('/to?url=/echo', { headers, credentials })
  expect(seen.headers).toMatchObject({
    authorization: 'Bearer long-secret-value',
    'x-api-key': 'mine',
    cookie: 'a=1',
  })
})

test.each(['301', '302', '307', '308'])(
  'a redirect (%s) to another origin takes no credentials along, and brings none back',
  async (status) => {
    const back = encodeURIComponent(`${origins[0]}/echo`)
    const there = encodeURIComponent(`${origins[1]}/to?status=${status}&url=${back}`)
    const away = encodeURIComponent(`${origins[1]}/echo`)
    for (const path of [`/to?status=${status}&url=${away}`, `/to?status=${status}&url=${there}`]) {
      const seen = await echo(path, { headers, credentials })
      expect(seen.headers).toMatchObject({ accept: 'text/plain' })
      expect(Object.keys(seen.headers)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/authorization|x-api-key|cookie/)]),
      )
    }
  },
)

test.each([
  ['301', 'POST', 'GET'],
  ['302', 'POST', 'GET'],
  ['303', 'PUT', 'GET'],
  ['307', 'POST', 'POST'],
  ['308', 'PUT', 'PUT'],
])('%s makes of %s a %s', async (status, method, then) => {
  const body = Buffer.from('x')
  const seen = await echo(`/to?status=${status}&url=/echo`, { method, body })
  expect({ method: seen.method, body: seen.body }).toEqual({
    method: then,
    body: then === 'GET' ? '' : 'x',
  })
})

test('a body with a secret stays with its origin', async () => {
  const away = encodeURIComponent(`${origins[1]}/echo`)
  const body = Buffer.from('x')
  const more = { method: 'POST', body, isBodySecret: true }
  expect(await codeOf(`/to?status=307&url=${away}`, more)).toBe('CONN_HOST_DENIED')
  expect(await codeOf(`/to?status=303&url=${away}`, more)).toBe(200)
})

test('every hop is asked for, and redirects can be left alone or refused', async () => {
  const away = encodeURIComponent(`${origins[1]}/echo`)
  const asked: string[] = []
  const mayGo: Outgoing['mayGo'] = ({ url }) => asked.push(url.origin) === 1
  expect(await codeOf(`/to?url=${away}`, { mayGo })).toBe('CONN_HOST_DENIED')
  expect(asked).toEqual(origins)
  expect(await codeOf(`/to?url=${away}`, { redirect: 'manual' })).toBe(302)
  expect(await codeOf(`/to?url=${away}`, { redirect: 'error' })).toBe('CONN_PROTOCOL')
})

test.each([
  ['http://10.0.0.1.nip.test/', 'CONN_UNREACHABLE'],
  ['http://169.254.169.254/latest/meta-data', 'CONN_ADDRESS_DENIED'],
  ['http://[::ffff:127.0.0.1]/', 'CONN_ADDRESS_DENIED'],
  ['file:///etc/passwd', 'CONN_HOST_DENIED'],
  ['http://a:b@127.0.0.1/', 'CONN_REQUEST_REFUSED'],
])('a redirect to %s ends as %s', async (url, code) => {
  await using here = new HttpDoor({ resolve: async () => Promise.reject(new Error('ENOTFOUND')) })
  const path = `${origins[0]}/to?url=${encodeURIComponent(url)}`
  const mayGo = (): boolean => true
  const request = {
    url: path,
    method: 'GET',
    headers: [],
    redirect: 'follow',
    timeMs: 5_000,
    mayGo,
  } as const
  await expect(here.send(request)).rejects.toMatchObject({ code })
})

test.each([
  ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort', /CONN_(PROTOCOL|UNREACHABLE)/],
  ['hello, this is not http\r\n\r\n', /CONN_PROTOCOL/],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', /CONN_PROTOCOL/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n', /CONN_PROTOCOL/],
  ['', /CONN_UNREACHABLE/],
])('a server that answers %j is a failure with a code', async (bytes, code) => {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await codeOf(`http://127.0.0.1:${port}/`)).toMatch(code)
  expect(sockets.length).toBe(1)
  server.close()
})
