/**
 * Goal: whatever is done to a registry, by a host or by whoever has the key of its log, a
 * client that saw it before notices. Method: random attacks on a registry of some hundred
 * leaves, each by a seed.
 */
import { beforeAll, expect, test } from 'vitest'

import { MemoryFiles } from '#test/fake/registry.ts'

import { attacks, readCarefully, type Scene, setScene, tryAttack } from './tamper.ts'

const tries = process.env['IONFLUX_DEEP'] === undefined ? 12 : 600
let scene: Scene
beforeAll(async () => {
  scene = await setScene()
})

test('nothing is wrong with a registry that nobody touched', async () => {
  expect(
    await readCarefully(scene, new MemoryFiles(scene.lab.files.files), undefined),
  ).toBeUndefined()
})

test.each(Object.keys(attacks))(
  'somebody who %s is noticed',
  { timeout: 600_000 },
  async (name) => {
    const unseen: number[] = []
    for (let seed = 1; seed <= tries; seed++)
      if ((await tryAttack(scene, { name, seed })) === undefined) unseen.push(seed)
    expect(unseen).toEqual([])
  },
)

test.each([
  ['shows the log of yesterday', 'REG_ROLLED_BACK'],
  ['cuts the end off and signs the log again', 'REG_ROLLED_BACK'],
  ['edits a leaf and signs the log again', 'REG_ROLLED_BACK'],
  ['adds a release that a stranger signed', 'REG_LOG_BROKEN'],
  ['adds a release under a signature of another', 'REG_LOG_BROKEN'],
])('somebody who %s is told %s', async (name, code) => {
  expect(await tryAttack(scene, { name, seed: 7 })).toBe(code)
})
