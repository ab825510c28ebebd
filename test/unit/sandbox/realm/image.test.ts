/**
 * Goal: a realm that was made of an image is the one that ran the prelude. Method: the
 * image goes through its file, and the memories and the answers of both are compared.
 */
import { expect, test } from 'vitest'

import { Realm } from '#engine/sandbox/realm.ts'
import { parseImage, printImage, type Image } from '#engine/sandbox/realm/image.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'

import { binaries, marked, plain } from '#test/unit/sandbox/barrier/binaries.ts'

const mb = 1024 * 1024
const code = `const __unit = { default: (i) => [i, new URL('a?b=' + i, 'https://x.test').href, btoa(i), Math.random(), Date.now()] }`
const job = {
  instance: 'a',
  action: 'default',
  input: '"in"',
  facts: JSON.stringify({ now: 7, seed: 'seed' }),
  memoryBytesMax: 32 * mb,
  timeMsMax: 5_000,
}
const host = { call: () => {}, log: () => {} }

test.each(binaries)(
  '%s: a realm from an image has the same memory and gives the same answers',
  async (_, wasm) => {
    const memories = [openMemory(32 * mb), openMemory(64 * mb)] as const
    const first = await Realm.open(wasm, memories[0])
    const image = parseImage(printImage(first.image()))
    const second = await Realm.open(wasm, memories[1], image)
    const bytes = (): Buffer[] => memories.map(({ wasm: { buffer } }) => Buffer.from(buffer))
    const [a, b] = bytes()
    expect(Buffer.compare(a as Buffer, b as Buffer)).toBe(0)

    const turns = [first, second].map((realm) => {
      expect(realm.load(code, 5_000)).toBeUndefined()
      const turn = realm.begin(job, host, 5_000)
      realm.reset()
      return turn
    })
    expect(turns[0]).toMatchObject({ kind: 'ended', outcome: { kind: 'done' } })
    expect(turns[1]).toEqual(turns[0])
    const [c, d] = bytes()
    expect(Buffer.compare(c as Buffer, d as Buffer)).toBe(0)
  },
)

test('an image holds what is used and no more', async () => {
  const realm = await Realm.open(plain, openMemory(32 * mb))
  expect(realm.image().bytes.length).toBeLessThan(mb / 2)
})

test('both binaries have one image, but for the seed that the engine takes from the clock', async () => {
  const open = async (wasm: WebAssembly.Module): Promise<Image> =>
    (await Realm.open(wasm, openMemory(32 * mb))).image()
  const [a, b] = [await open(plain), await open(marked)]
  expect(a.places).toEqual(b.places)
  const differing = [...a.bytes.keys()].filter((at) => a.bytes[at] !== b.bytes[at])
  const [first = 0] = differing
  expect(differing.every((at) => at < first + 8)).toBe(true)
})
