/**
 * What strangers may send in place of Git, as data: each case ends in an error with its
 * code, in bounded time, and leaves nothing behind.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { indexPack } from '#engine/mirror/pack/index-pack.ts'
import { checkObject } from '#engine/mirror/pack/sound.ts'
import { absorbNative, makeBare } from '#engine/mirror/sync/absorb.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import { parseRefs } from '#engine/mirror/wire/refs.ts'
import { objectCases } from '#test/cases/hostile-git/objects.ts'
import { packCases } from '#test/cases/hostile-git/packs.ts'
import { refCases } from '#test/cases/hostile-git/refs.ts'

let root: string
let gitDir: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ionflux-hostile-'))
  gitDir = join(root, 'mirror')
  mkdirSync(gitDir)
  await makeBare(gitDir)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a list of refs with', () => {
  test.each(refCases)('%s is refused', (_, body, code) => {
    expect(() => parseRefs('git.example', body)).toThrow(expect.objectContaining({ code }))
  })

  test('words of the server shows them as text', () => {
    const body = refCases.find(([name]) => name === 'what it says itself')?.[1] ?? Buffer.alloc(0)
    expect(() => parseRefs('git.example', body)).toThrow('access denied ?[31m or not exported')
  })
})

describe('an object that is', () => {
  test.each(objectCases)('%s is refused', (_, kind, bytes) => {
    expect(() => checkObject({ kind, bytes })).toThrow(/^a /)
  })
})

describe('a pack with', () => {
  test.each(packCases)('%s is refused, and leaves nothing', async (_, make, code) => {
    const file = join(gitDir, 'incoming-1')
    writeFileSync(file, make())
    const before = process.memoryUsage().rss
    await expect(indexPack(gitDir, file, async () => undefined)).rejects.toMatchObject({ code })
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024)
    expect(readdirSync(join(gitDir, 'objects/pack'))).toEqual([])
    expect(readdirSync(gitDir).toSorted()).toEqual(['HEAD', 'config', 'objects', 'refs'])
    expect(readdirSync(root)).toEqual(['mirror'])
  })

  // Every fourth, because each is a process; what is large is bounded by other means there.
  const some = packCases.filter(
    ([name, , code], i) =>
      i % 4 === 0 && code === 'MIRROR_PACK_REFUSED' && name !== '5,000 deltas on each other',
  )
  test.each(some)('%s is refused by the system git, too', async (_, make, code) => {
    const packFile = join(gitDir, 'incoming-2')
    writeFileSync(packFile, make())
    const commit = 'a'.repeat(40) as CommitId
    const job = { gitDir, packFile, commit, paths: [], known: new Set<string>() }
    await expect(absorbNative(job)).rejects.toMatchObject({ code })
    expect(readdirSync(join(gitDir, 'objects/pack'))).toEqual([])
    expect(readdirSync(gitDir)).not.toContain('incoming-2')
  })
})

test('the corpus has the size that it is said to have', () => {
  expect(refCases.length + objectCases.length + packCases.length).toBeGreaterThanOrEqual(80)
})
