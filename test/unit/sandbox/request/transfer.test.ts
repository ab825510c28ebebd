/**
 * Goal: data goes between a host and a blob without passing through the guest, with the
 * grants of both, and no secret comes in that way. Method: a real server that sends more
 * than a guest could hold, guests in the real sandbox, blobs in real files.
 */
import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { HttpDoor } from '#engine/connection/http.ts'
import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import type { Json } from '#engine/core/json.ts'
import { openBlobs } from '#engine/durable/blobs.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { CallResult } from '#engine/runtime/ports.ts'
import { blobOperations } from '#engine/sandbox/capability/blob.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import { folder } from '#test/fake/disk.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const secret = 'a-very-long-secret-value'
const book = new SecretBook([environmentSecrets({ IONFLUX_SECRET_TOKEN: secret })])
const door = new HttpDoor()
const large = Buffer.alloc(80 * 1024 * 1024, 'abcdefgh')
const arrived: { length: string | undefined; digest: string }[] = []
let server: Server
let origin = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/large') return void response.end(large)
    if (request.url === '/packed')
      return void response.setHeader('content-encoding', 'gzip').end(gzipSync(large))
    if (request.url === '/sad') return void response.writeHead(500).end('broken')
    if (request.url === '/token') {
      response.setHeader('content-type', 'text/plain')
      response.write(`begin ${secret.slice(0, 9)}`)
      return void setImmediate(() => response.end(`${secret.slice(9)} end`))
    }
    const hash = createHash('sha256')
    request.on('data', (piece: Buffer) => hash.update(piece))
    request.on('end', () => {
      arrived.push({ length: request.headers['content-length'], digest: hash.digest('hex') })
      response.end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await door[Symbol.asyncDispose]()
  server.close()
})

/** One sandbox for all tests: what the host does is another thing in each. */
let operations: HostOperations
const bench = new Bench({
  operations: { call: async (...asked) => await operations.call(...asked) },
  workers: 1,
})
afterAll(async () => await bench[Symbol.asyncDispose]())

async function call(
  directory: string,
  code: string,
  { input = null, allows = {} }: { input?: Json; allows?: Permissions } = {},
): Promise<CallResult> {
  const blobs = openBlobs(directory)
  const open = async (): Promise<typeof blobs> => blobs
  const http = httpOperations({ door: async () => door, secrets: () => book, blobs: open })
  const other = blobOperations(open)
  operations = {
    call: async (...[op, args, context]: Parameters<typeof http.call>) =>
      await (op === 'http.fetch' ? http : other).call(op, args, context),
  }
  const all = { net: [origin], secrets: ['TOKEN'], blob: ['read' as const, 'write' as const] }
  const manifest = { capabilities: all, actions: { default: { effects: 'unsafe' as const } } }
  const source = `export default async (input, ctx) => { const url = '${origin}'; ${code} }`
  const unit = await bench.plugin(manifest, source)
  return await bench.call(unit, input, { permissions: { ...all, ...allows } })
}

const outputOf = (result: CallResult): Json => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.output
}
const digest = createHash('sha256').update(large).digest('hex')

test.each(['/large', '/packed'])(
  'an answer of %s becomes a blob, and goes out again',
  async (path) => {
    using disk = folder()
    const down = `const r = await fetch(url + '${path}', { save: true }); return [r.ok, r.saved]`
    const [isOk, handle] = outputOf(await call(disk.path, down)) as [boolean, Json]
    expect([isOk, handle]).toEqual([true, { $blob: `sha256:${digest}`, bytes: large.length }])
    const up = `return await (await fetch(url + '/take', { method: 'PUT', body: input })).text()`
    expect(outputOf(await call(disk.path, up, { input: handle }))).toBe('thanks')
    expect(arrived.at(-1)).toEqual({ length: String(large.length), digest })
  },
  30_000,
)

test('what a server says about a secret is taken out of the blob, wherever it was cut', async () => {
  using disk = folder()
  const code = `const r = await fetch(url + '/token', { save: true }); return [await r.text(), r.saved.mediaType]`
  expect(outputOf(await call(disk.path, code))).toEqual(['begin [secret TOKEN] end', 'text/plain'])
})

test('an answer that is no success is given as it is', async () => {
  using disk = folder()
  const code = `const r = await fetch(url + '/sad', { save: true }); return [r.status, r.saved, await r.text()]`
  expect(outputOf(await call(disk.path, code))).toEqual([500, null, 'broken'])
  expect(readdirSync(disk.path)).toEqual([])
})

test.each([
  ['save', `await fetch(url + '/large', { save: true })`, ['read'], 'blob: write'],
  [
    'send',
    `await fetch(url, { method: 'PUT', body: { $blob: 'sha256:${digest}', bytes: 1 } })`,
    ['write'],
    'blob: read',
  ],
])('a guest that may not does not %s', async (_, code, blob, capability) => {
  using disk = folder()
  const before = arrived.length
  const result = await call(disk.path, code, { allows: { blob } })
  expect(result).toMatchObject({
    error: { code: 'CAP_NOT_GRANTED', data: { capability, op: 'http.fetch', by: 'flow' } },
  })
  expect(arrived.length).toBe(before)
})

test('a handle of something that is not here sends nothing', async () => {
  using disk = folder()
  const before = arrived.length
  const code = `await fetch(url, { method: 'PUT', body: { $blob: 'sha256:${digest}', bytes: 1 } })`
  expect(await call(disk.path, code)).toMatchObject({ error: { code: 'JOURNAL_PAYLOAD_MISSING' } })
  expect(arrived.length).toBe(before)
})
