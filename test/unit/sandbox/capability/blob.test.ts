/**
 * Goal: large data goes through a guest in pieces, and a handle is all that steps pass
 * on. Method: guests in the real sandbox over real files.
 */
import { createHash } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { openBlobs } from '#engine/durable/blobs.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { readHandle } from '#engine/runtime/blobs.ts'
import type { CallResult } from '#engine/runtime/ports.ts'
import { blobOperations } from '#engine/sandbox/capability/blob.ts'
import { folder } from '#test/fake/disk.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const all = { blob: ['read' as const, 'write' as const] }

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
  { input = null, permissions = all }: { input?: Json; permissions?: Permissions } = {},
): Promise<CallResult> {
  operations = blobOperations(async () => openBlobs(directory))
  const manifest = { capabilities: all, actions: { default: { effects: 'read' as const } } }
  const unit = await bench.plugin(manifest, `export default async (input, { blob }) => { ${code} }`)
  return await bench.call(unit, input, { permissions })
}

const outputOf = (result: CallResult): Json => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.output
}
const digestOf = (bytes: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

test('a handle goes from step to step, and the bytes beside it', async () => {
  using disk = folder()
  const code = `return await blob.write('grüße', { mediaType: 'text/plain' })`
  const handle = outputOf(await call(disk.path, code))
  expect(handle).toEqual({ $blob: digestOf('grüße'), bytes: 7, mediaType: 'text/plain' })
  const read = `return [await blob.text(input), [...await blob.read(input, { offset: 5 })],
    [...await blob.read(input, { offset: 0, length: 1 })], (await blob.read(input, { offset: 99 })).length]`
  expect(outputOf(await call(disk.path, read, { input: handle }))).toEqual([
    'grüße',
    [159, 101],
    [103],
    0,
  ])
})

test('what is larger than a guest may hold goes through it in pieces', async () => {
  using disk = folder()
  const code = `
    const writer = await blob.create()
    const piece = new Uint8Array(${limits.blobPieceBytesMax})
    for (let i = 0; i < 40; i++) { piece.fill(i); await writer.write(piece) }
    return await writer.finish()`
  const handle = outputOf(await call(disk.path, code))
  const whole = Buffer.concat(
    Array.from({ length: 40 }, (_, i) => Buffer.alloc(limits.blobPieceBytesMax, i)),
  )
  expect(handle).toEqual({ $blob: digestOf(whole), bytes: whole.length })
  const read = `
    let sum = 0
    let most = 0
    for await (const piece of blob.pieces(input)) { sum += piece[0]; most = Math.max(most, piece.length) }
    return [sum, most]`
  expect(outputOf(await call(disk.path, read, { input: handle }))).toEqual([
    780,
    limits.blobPieceBytesMax,
  ])
}, 90_000)

test('what a call does not finish is gone with it', async () => {
  using disk = folder()
  const code = `const writer = await blob.create(); await writer.write('x'); throw new Error('no')`
  expect(await call(disk.path, code)).toMatchObject({ error: { code: 'SANDBOX_GUEST_THREW' } })
  await expect.poll(() => readdirSync(disk.path)).toEqual([])
})

test('the same bytes are kept once', async () => {
  using disk = folder()
  const code = `return [await blob.write('same'), await blob.write('same')]`
  const [one, two] = outputOf(await call(disk.path, code)) as Json[]
  expect(one).toEqual(two)
  expect(readdirSync(disk.path, { recursive: true })).toHaveLength(2)
})

test('many writers of the same bytes end in one blob', async () => {
  using disk = folder()
  const code = `
    const all = await Promise.all(Array.from({ length: 12 }, () => blob.write('same'.repeat(50000))))
    return [new Set(all.map((one) => one.$blob)).size, (await blob.text(all[0])).length]`
  expect(outputOf(await call(disk.path, code))).toEqual([1, 200_000])
  expect(readdirSync(disk.path, { recursive: true })).toHaveLength(2)
})

test.each([
  ['a digest that is not here', `{ $blob: 'sha256:${'0'.repeat(64)}', bytes: 3 }`],
  ['a path in place of a digest', `{ $blob: 'sha256:../../../../etc/passwd', bytes: 3 }`],
  ['no handle at all', `{ bytes: 3 }`],
  ['a size that is none', `{ $blob: 'sha256:${'0'.repeat(64)}', bytes: 1e99 }`],
])('reads nothing for %s', async (_, handle) => {
  using disk = folder()
  const result = await call(disk.path, `return await blob.text(${handle})`)
  expect(['JOURNAL_PAYLOAD_MISSING', 'RUN_INPUT_REFUSED']).toContain(
    result.ok ? '' : result.error.code,
  )
})

test.each([
  ['read', `await blob.text({ $blob: 'sha256:${'0'.repeat(64)}', bytes: 1 })`, ['write']],
  ['write', `await blob.write('x')`, ['read']],
])('may not %s without the grant', async (word, code, blob) => {
  using disk = folder()
  const result = await call(disk.path, code, { permissions: { blob } })
  const data = { capability: `blob: ${word}`, by: 'flow' }
  expect(result).toMatchObject({ error: { code: 'CAP_NOT_GRANTED', data } })
  expect(readdirSync(disk.path)).toEqual([])
})

test('a call has few blobs open at a time', async () => {
  using disk = folder()
  const code = `for (let i = 0; i <= ${limits.blobsOpenPerCallMax}; i++) await blob.create()`
  expect(await call(disk.path, code)).toMatchObject({ error: { code: 'RUN_LIMIT_EXCEEDED' } })
  await expect.poll(() => readdirSync(disk.path)).toEqual([])
})

test('blobs that are asked for at once are counted before they are there', async () => {
  using disk = folder()
  const code = `const asked = await Promise.allSettled(
    Array.from({ length: ${limits.blobsOpenPerCallMax + 5} }, async () => await blob.create()))
    return asked.filter((one) => one.status === 'fulfilled').length`
  expect(outputOf(await call(disk.path, code))).toBe(limits.blobsOpenPerCallMax)
})

test('bytes that were changed on the disk do not pass for the blob', async () => {
  using disk = folder()
  const blobs = openBlobs(disk.path)
  const writer = await blobs.create()
  await writer.write(Buffer.from('right'))
  const { digest } = await writer.finish()
  expect(await blobs.size(digest)).toBe(5)
  expect(await blobs.size(digestOf('other') as Digest)).toBeUndefined()
  writeFileSync(join(disk.path, digest.slice(7, 9), digest.slice(7)), 'wrong')
  await expect(Array.fromAsync(blobs.stream(digest))).rejects.toMatchObject({
    code: 'JOURNAL_PAYLOAD_MISSING',
  })
})

test('a handle is plain data that anybody may have made', () => {
  const handle = { $blob: digestOf(''), bytes: 0 }
  expect(readHandle(handle)).toEqual(handle)
  for (const other of [null, [], 'x', { ...handle, bytes: -1 }, { ...handle, mediaType: 7 }]) {
    expect(readHandle(other)).toBeUndefined()
  }
})
