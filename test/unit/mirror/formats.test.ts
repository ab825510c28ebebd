/** What the library cannot read is refused by name, and read by the system's git. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { openIsomorphic } from '#engine/mirror/git.ts'
import { openNative } from '#engine/mirror/native.ts'
import { run } from '#test/fake/repository.ts'

import { code, plain } from './histories.ts'

describe('what only git can read', () => {
  test('a linked work tree is read by git and refused without it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ionflux-linked-'))
    plain.git('worktree', 'add', '--quiet', '--detach', join(dir, 'tree'), 'v1')
    const git = await openNative(join(dir, 'tree'))
    expect(await git.head()).toEqual({ commit: plain.ids[0] })
    await expect(openIsomorphic(join(dir, 'tree'))).rejects.toEqual(code('MIRROR_GIT_NEEDED'))
    rmSync(dir, { recursive: true })
  })

  test('borrowed objects are read by git and refused without it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ionflux-shared-'))
    execFileSync('git', ['clone', '--quiet', '--shared', plain.dir, join(dir, 'clone')])
    const git = await openNative(join(dir, 'clone'))
    expect(await git.log({ to: 'HEAD', limit: 10 })).toHaveLength(5)
    await expect(openIsomorphic(join(dir, 'clone'))).rejects.toEqual(code('MIRROR_GIT_NEEDED'))
    rmSync(dir, { recursive: true })
  })

  test('SHA-256 ids are read by git and refused without it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ionflux-sha256-'))
    run(dir, ['init', '--quiet', '--object-format=sha256', '--initial-branch=main'])
    run(dir, ['commit', '--quiet', '--allow-empty', '-m', 'one'])
    const git = await openNative(dir)
    expect((await git.resolve('main')).length).toBe(64)
    await expect(openIsomorphic(dir)).rejects.toEqual(code('MIRROR_GIT_NEEDED'))
    rmSync(dir, { recursive: true })
  })

  test('a partial clone lists its files and fetches none', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ionflux-partial-'))
    plain.git('config', 'uploadpack.allowFilter', 'true')
    run(dir, [
      'clone',
      '--quiet',
      '--no-checkout',
      '--filter=blob:none',
      `file://${plain.dir}`,
      'clone',
    ])
    const git = await openNative(join(dir, 'clone'))
    expect((await git.tree({ at: 'HEAD' })).map(({ path }) => path)).toEqual([
      'dir/b.sh',
      'side.txt',
    ])
    await expect(git.read({ at: 'HEAD', path: 'side.txt' })).rejects.toEqual(
      code('MIRROR_READ_FAILED'),
    )
    await expect(openIsomorphic(join(dir, 'clone'))).rejects.toEqual(code('MIRROR_GIT_NEEDED'))
    rmSync(dir, { recursive: true })
  })
})
