import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type Socket, createConnection, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { isPipe, linkPath } from '#engine/host/link-path.ts'
import { type Link, type LinkHandler, connectLink, serveLink } from '#engine/host/link.ts'
import { folder } from '#test/fake/disk.ts'

/** A served socket, and clients that go away with it. */
async function served(handler: LinkHandler) {
  const stack = new AsyncDisposableStack()
  const dir = stack.use(folder())
  const server = await serveLink(linkPath(dir.path), handler)
  stack.defer(() => server.close())
  const connect = async (): Promise<Link> => {
    const link = await connectLink(server.path)
    stack.defer(() => link.close())
    return link
  }
  return { server, connect, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const echo: LinkHandler = ({ method, params }) => ({ method, params })

test('answers each request with what its handler gives, whatever the order', async () => {
  const gates = new Map<string, PromiseWithResolvers<Json>>()
  await using here = await served(({ method }) => {
    const gate = Promise.withResolvers<Json>()
    gates.set(method, gate)
    return gate.promise
  })
  const link = await here.connect()
  const [one, two] = [link.request('one', null), link.request('two', { a: ['ü\n\u2028'] })]
  while (gates.size < 2) await new Promise((resolve) => void setImmediate(resolve))
  gates.get('two')?.resolve({ b: 2 })
  expect(await two).toEqual({ b: 2 })
  gates.get('one')?.resolve(null)
  expect(await one).toBeNull()
})

test('carries values of every size below the limit', async () => {
  await using here = await served(echo)
  const link = await here.connect()
  const params = ['ü\n'.repeat(300_000), { deep: [null, 1.5, false] }]
  expect(await link.request('echo', params)).toEqual({ method: 'echo', params })
})

test('carries the failure of a handler with its code and data', async () => {
  await using here = await served(({ method }) => {
    if (method === 'bug') throw new TypeError('oops')
    throw new IonError('RUN_NOT_FOUND', 'There is no run "x".', { data: { run: 'x' } })
  })
  const link = await here.connect()
  await expect(link.request('find', null)).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
    data: { run: 'x' },
  })
  await expect(link.request('bug', null)).rejects.toMatchObject({ code: 'RUN_INTERNAL' })
})

test('streams events in order, before the answer', async () => {
  await using here = await served(({ emit, params }) => {
    for (let i = 0; i < Number(params); i++) void emit(i)
    return 'end'
  })
  const link = await here.connect()
  const seen: Json[] = []
  const other: Json[] = []
  const [end] = await Promise.all([
    link.stream('follow', 5, (event) => seen.push(event)),
    link.stream('follow', 2, (event) => other.push(event)),
  ])
  expect([end, seen, other]).toEqual(['end', [0, 1, 2, 3, 4], [0, 1]])
})

test('tells a handler that its client is gone', async () => {
  const gone = Promise.withResolvers<string>()
  await using here = await served(
    ({ signal, emit }) =>
      new Promise((resolve) => {
        void emit('started')
        signal.addEventListener('abort', () => {
          void emit('too late')
          gone.resolve('gone')
          resolve(null)
        })
      }),
  )
  const link = await here.connect()
  const answer = link.stream('follow', null, () => link.close())
  await expect(answer).rejects.toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE' })
  await link.closed
  expect(await gone.promise).toBe('gone')
  await expect(link.request('again', null)).rejects.toMatchObject({
    code: 'CLI_ENGINE_UNREACHABLE',
  })
})

test('tells followers that the owner is gone, so that one can take over', async () => {
  await using here = await served(() => new Promise(() => undefined))
  const link = await here.connect()
  const asked = Promise.allSettled([link.request('wait', null)])
  await here.server.close()
  expect(await asked).toMatchObject([
    { status: 'rejected', reason: { code: 'CLI_ENGINE_UNREACHABLE' } },
  ])
  await link.closed
  await expect(connectLink(here.server.path)).rejects.toMatchObject({
    code: 'CLI_ENGINE_UNREACHABLE',
    data: { path: here.server.path },
  })
})

test('says that nobody listens at a path', async () => {
  using dir = folder()
  await expect(connectLink(linkPath(dir.path))).rejects.toMatchObject({
    code: 'CLI_ENGINE_UNREACHABLE',
  })
})

test('takes the place of a socket that a dead process left', async () => {
  using dir = folder()
  const path = linkPath(dir.path)
  writeFileSync(path, '')
  const server = await serveLink(path, echo)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const link = await connectLink(path)
  expect(await link.request('x', 1)).toEqual({ method: 'x', params: 1 })
  link.close()
  await server.close()
})

test('says why it cannot listen', async () => {
  using dir = folder()
  await expect(serveLink(join(dir.path, 'missing', 'link.sock'), echo)).rejects.toMatchObject({
    code: 'CLI_ENGINE_UNREACHABLE',
  })
})

test.each([
  ['garbage', 'GET / HTTP/1.1\r\n\r\n'],
  ['a line that is no object', '[1]\n'],
  ['a question without an id', '{"method":"x"}\n'],
  ['a question whose method is no text', '{"id":1,"method":{}}\n'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x0a])],
])('cuts off a client that sends %s, and nobody else', async (_, bytes) => {
  await using here = await served(echo)
  const link = await here.connect()
  const bad = stranger(here.server.path)
  bad.socket.write(bytes)
  await bad.closed
  expect(await link.request('still', 1)).toEqual({ method: 'still', params: 1 })
})

test('cuts off a client whose line does not end', async () => {
  await using here = await served(echo)
  const { socket, closed } = stranger(here.server.path)
  const mebibyte = Buffer.alloc(1024 * 1024, 'x')
  let sent = 0
  const more = (): void => {
    while (!socket.destroyed && sent <= limits.linkMessageBytesMax + mebibyte.length) {
      sent += mebibyte.length
      if (!socket.write(mebibyte)) return void socket.once('drain', more)
    }
  }
  more()
  await closed
  expect(sent).toBeGreaterThan(limits.linkMessageBytesMax - 4 * mebibyte.length)
})

test('cuts off a client that asks too much at once', async () => {
  await using here = await served(() => new Promise(() => undefined))
  const link = await here.connect()
  const asked = Array.from({ length: limits.linkRequestsPerClientMax + 1 }, (_, i) =>
    link.stream('wait', i, () => undefined),
  )
  const answers = await Promise.allSettled(asked)
  expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
})

test('cuts off a server that answers with garbage', async () => {
  using dir = folder()
  const path = linkPath(dir.path)
  const server = createServer((socket) => void socket.write('nonsense\n'))
  await once(server.listen(path), 'listening')
  const link = await connectLink(path)
  await link.closed
  await expect(link.request('x', null)).rejects.toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE' })
  server.close()
})

test('finds a short place for the socket of a long path, private to its user', () => {
  using dir = folder()
  const system = { platform: 'linux', tmp: dir.path }
  const long = join(dir.path, 'd'.repeat(120))
  const path = linkPath(long, system)
  expect(path).toBe(linkPath(join(long, 'x', '..'), system))
  expect(path).not.toBe(linkPath(`${long}e`, system))
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(limits.linkPathBytesMax)
  const folderPath = join(dir.path, `ionflux-${userInfo().uid}`)
  expect(statSync(folderPath).mode & 0o777).toBe(0o700)
  chmodSync(folderPath, 0o777)
  expect(() => linkPath(long, system)).toThrow(
    expect.objectContaining({ code: 'CLI_ENGINE_UNREACHABLE' }),
  )
  mkdirSync(join(dir.path, 'short'))
  expect(linkPath(join(dir.path, 'short'), system)).toBe(join(dir.path, 'short', 'link.sock'))
})

test('uses a named pipe on Windows', () => {
  const path = linkPath('/data', { platform: 'win32', tmp: '/tmp' })
  expect(path).toMatch(/^\\\\\.\\pipe\\ionflux-[0-9a-f]{24}$/)
  expect(isPipe(path)).toBe(true)
})

/** A client that does not speak the language. */
function stranger(path: string): { readonly socket: Socket; readonly closed: Promise<void> } {
  const socket = createConnection(path)
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()))
  return { socket, closed }
}

test('a handler that waits for room sends a slow client more than the limit, all of it', async () => {
  const text = 'x'.repeat(2 ** 20)
  const count = limits.linkMessageBytesMax / 2 ** 20 + 20
  await using here = await served(async ({ emit }) => {
    for (let i = 0; i < count; i++) await emit([i, text])
    return 'end'
  })
  const link = await here.connect()
  const seen: number[] = []
  const end = await link.stream('follow', null, (event) => {
    seen.push((event as readonly [number, string])[0])
  })
  expect([end, seen]).toEqual(['end', Array.from({ length: count }, (_, i) => i)])
})

test('a handler that waits for room is let go when its client leaves', async () => {
  const [asked, left] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()]
  await using here = await served(async ({ emit, signal }) => {
    asked.resolve(null)
    while (!signal.aborted) await emit('x'.repeat(2 ** 20))
    left.resolve(null)
    return null
  })
  const socket = createConnection(here.server.path).pause()
  socket.write(`${JSON.stringify({ id: 1, method: 'follow' })}\n`)
  await asked.promise
  socket.destroy()
  expect(await left.promise).toBeNull()
})
