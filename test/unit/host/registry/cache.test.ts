/**
 * Goal: whoever reads many registries keeps the latest of them, and never takes away one that
 * somebody may be reading. Method: a folder of caches with dates of their own.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { cacheOf, useCache } from '#engine/host/registry/cache.ts'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'ionflux-caches-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

const now = 1_800_000_000_000
const address = (n: number): string => `https://registry.example/${n}`

/** As many caches as may be, each used `days` before now and an hour before the next. */
function fill(days: number): void {
  for (let n = 0; n < limits.registryCachesMax; n++) {
    const folder = cacheOf(cache, address(n))
    mkdirSync(join(folder, 'log'), { recursive: true })
    const at = now / 1_000 - days * 86_400 - n * 3_600
    utimesSync(folder, at, at)
  }
}

test('the one that was used least lately gives way', async () => {
  fill(2)
  await useCache(cacheOf(cache, 'https://new.example'), now)
  const left = readdirSync(cache)
  expect(left).toHaveLength(limits.registryCachesMax)
  const last = cacheOf(cache, address(limits.registryCachesMax - 1))
  expect(left.map((name) => join(cache, name))).not.toContain(last)
})

test('one that is used again stays', async () => {
  fill(2)
  const last = cacheOf(cache, address(limits.registryCachesMax - 1))
  await useCache(last, now)
  await useCache(cacheOf(cache, 'https://new.example'), now)
  expect(readdirSync(cache).map((name) => join(cache, name))).toContain(last)
})

test('those that were used within a day all stay', async () => {
  for (let n = 0; n < limits.registryCachesMax + 5; n++)
    await useCache(cacheOf(cache, address(n)), now - n)
  expect(readdirSync(cache)).toHaveLength(limits.registryCachesMax + 5)
})

test('a cache that cannot be written is none', async () => {
  const file = join(cache, 'a-file')
  writeFileSync(file, '')
  await expect(useCache(join(file, 'here'), now)).resolves.toBeUndefined()
})

test('a repository and a static host of one address are two', () => {
  expect(cacheOf(cache, address(1), '.git')).not.toBe(cacheOf(cache, address(1)))
})
