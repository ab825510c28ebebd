/**
 * Goal: what isomorphic-git keeps of packs lives as long as one opened repository, so that a
 * process that reads a thousand mirrors does not hold the packs of all.
 *
 * Method: a pack is taken from the disk after it was read. Whoever still answers has it in
 * memory; whoever begins anew must not.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openIsomorphic, raw } from '#engine/mirror/git.ts'

import { built, code } from './histories.ts'

/** A repository with one pack, the id of its file, and a way to take the pack away. */
function onePack(): { readonly dir: string; readonly oid: string; takeAway(): void } {
  const made = built([{ message: 'one', files: [{ path: 'x', content: 'x'.repeat(5_000) }] }])
  made.git('gc', '--quiet')
  const folder = join(made.dir, '.git/objects/pack')
  return {
    dir: made.dir,
    oid: made.git('rev-parse', 'HEAD:x').trim(),
    takeAway: () => {
      const packs = readdirSync(folder).filter((name) => name.endsWith('.pack'))
      expect(packs).toHaveLength(1)
      for (const name of packs) rmSync(join(folder, name))
    },
  }
}

test('a cache keeps the pack that was read through it, and without one nothing is kept', async () => {
  const { dir, oid, takeAway } = onePack()
  const gitDir = join(dir, '.git')
  const cache = {}
  await raw({ gitDir, cache }, oid)
  await raw({ gitDir }, oid)
  takeAway()
  expect((await raw({ gitDir, cache }, oid)).bytes).toHaveLength(5_000)
  await expect(raw({ gitDir }, oid)).rejects.toThrow(code('MIRROR_READ_FAILED'))
})

test('a repository that is opened again has nothing of what the last opening read', async () => {
  const { dir, oid, takeAway } = onePack()
  const before = await openIsomorphic(dir)
  expect((await before.read({ oid })).bytes).toHaveLength(5_000)
  takeAway()
  expect((await before.read({ oid })).bytes).toHaveLength(5_000)
  await before.close()
  const after = await openIsomorphic(dir)
  await expect(after.read({ oid })).rejects.toThrow(code('MIRROR_READ_FAILED'))
  await after.close()
})
