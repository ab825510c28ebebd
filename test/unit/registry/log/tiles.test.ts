/** Goal: a log that grows in any steps has the same tiles, and a damaged one is never believed. */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { toHex, utf8 } from '#registry/bytes.ts'
import { extend, readBundle, tileNodes, tilePath } from '#registry/log/tiles.ts'
import { Frontier, leafHash, rootHash } from '#registry/log/tree.ts'
import { MemoryFiles } from '#test/fake/registry.ts'

const hash = crypto.sha256
const leafOf = (index: number): Uint8Array => utf8(`leaf ${index}`)

async function grow(steps: readonly number[]): Promise<{ files: MemoryFiles; size: number }> {
  const files = new MemoryFiles()
  let size = 0
  for (const step of steps) {
    const from = size
    const leaves = Array.from({ length: step }, (_, at) => leafOf(from + at))
    for (const [path, bytes] of await extend(files, { hash, size, leaves }))
      files.files.set(path, bytes)
    size += step
  }
  return { files, size }
}

test.each([
  [0, 5, 256, 'log/tile/0/005'],
  [0, 1_234_067, 8, 'log/tile/0/x001/x234/067.p/8'],
  ['entries', 1_000, 256, 'log/tile/entries/x001/000'],
  [3, 0, 1, 'log/tile/3/000.p/1'],
] as const)('tile %s/%s of width %s lies at %s', (level, index, width, path) => {
  expect(tilePath(level, index, width)).toBe(path)
})

test('a log has the root of its leaves, whatever the steps it grew in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }),
      async (steps) => {
        const { files, size } = await grow(steps)
        const frontier = new Frontier(hash)
        for (let index = 0; index < size; index++) frontier.push(leafHash(hash, leafOf(index)))
        const root = await rootHash({ hash, node: tileNodes(files, { hash, size }) }, size)
        expect(toHex(root)).toBe(toHex(frontier.root()))
        if (size === 0) return
        const last = Math.floor((size - 1) / 256)
        expect((await readBundle(files, { index: last, size })).at(-1)).toEqual(leafOf(size - 1))
      },
    ),
    { numRuns: 30 },
  )
})

test('a log of more than 65,536 leaves has a third level', async () => {
  const { files, size } = await grow([65_000, 600])
  expect(files.files.has('log/tile/2/000.p/1')).toBe(true)
  const node = tileNodes(files, { hash, size })
  expect(await rootHash({ hash, node }, 256)).toEqual(await node(8, 0))
})

test('an older size is read from the full tile once the partial one is gone', async () => {
  const { files } = await grow([100, 156])
  files.files.delete(tilePath('entries', 0, 100))
  expect(await readBundle(files, { index: 0, size: 100 })).toHaveLength(100)
})

test.each([
  ['is not there', undefined],
  ['is cut short', utf8('\u0000\u0006leaf')],
  ['holds fewer leaves', utf8('\u0000\u0006leaf 0')],
])('a bundle that %s is REG_LOG_BROKEN', async (_, bytes) => {
  const { files } = await grow([2])
  const path = tilePath('entries', 0, 2)
  if (bytes === undefined) files.files.delete(path)
  else files.files.set(path, bytes)
  await expect(readBundle(files, { index: 0, size: 2 })).rejects.toMatchObject({
    code: 'REG_LOG_BROKEN',
  })
})

test('a tile that is cut short is REG_LOG_BROKEN', async () => {
  const { files } = await grow([3])
  files.files.set(tilePath(0, 0, 3), new Uint8Array(64))
  const node = tileNodes(files, { hash, size: 3 })
  await expect(node(0, 1)).rejects.toMatchObject({ code: 'REG_LOG_BROKEN' })
})
