/** Refs, commits and tags mean the same to every adapter, and what `git log` says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { GitPort } from '#engine/mirror/port.ts'
import { run, type Fixture } from '#test/fake/repository.ts'

import {
  adapters,
  built,
  code,
  empty,
  octopus,
  packed,
  plain,
  text,
  timeless,
  using as usingWith,
} from './histories.ts'

describe.each(adapters)('%s', (name, open) => {
  const using = <T>(dir: string, use: (git: GitPort) => Promise<T>): Promise<T> =>
    usingWith(open, dir, use)

  test('knows the work tree, also from a folder in it', async () => {
    expect(await using(plain.dir, async (git) => [git.root, git.adapter])).toEqual([
      plain.dir,
      name === 'native' ? 'native' : 'isomorphic',
    ])
    expect(await using(join(plain.dir, '.git', 'refs'), (git) => git.head())).toMatchObject({
      branch: 'main',
    })
  })

  test.each([
    ['HEAD', 4],
    ['@', 4],
    ['main', 4],
    ['refs/heads/main', 4],
    ['topic/side', 2],
    ['heads/topic/side', 2],
    ['v1', 0],
    ['v2', 1],
    ['tags/v2', 1],
    ['HEAD~1', 3],
    ['HEAD~', 3],
    ['main~1^2', 2],
    ['main~1^2~1', 0],
    ['HEAD^0', 4],
  ])('resolves %s', async (ref, index) => {
    expect(await using(plain.dir, (git) => git.resolve(ref))).toBe(plain.ids[index])
  })

  test('resolves ids, whole or in part', async () => {
    const id = plain.ids[1]!
    await using(plain.dir, async (git) => {
      expect(await git.resolve(id)).toBe(id)
      expect(await git.resolve(id.slice(0, 9))).toBe(id)
    })
  })

  test.each([
    ['a slip', 'mian', 'main'],
    ['a tag that is near', 'v3', 'v1'],
    ['what nobody knows', 'something-else-entirely', undefined],
    ['more parents than there are', 'HEAD~99', undefined],
    ['a parent that is not there', 'HEAD^9', undefined],
    ['an id of nothing', 'ffffffffffffffffffffffffffffffffffffffff', undefined],
    ['an option', '--all', undefined],
    ['a range', 'v1..v2', undefined],
    ['a path', 'HEAD:a.txt', undefined],
    ['a search', 'HEAD@{1}', undefined],
    ['a line break', 'HEAD\n', undefined],
    ['nothing', '', undefined],
  ])('refuses %s', async (_, ref, near) => {
    const error = await using(plain.dir, (git) => git.resolve(ref)).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toEqual(code('MIRROR_REF_UNKNOWN'))
    expect((error as IonError).data['near']).toBe(near)
  })

  test('lists history as git log does', async () => {
    const commits = await using(plain.dir, (git) => git.log({ to: 'HEAD', limit: 10 }))
    expect(commits.map(({ id }) => id)).toEqual(plain.git('log', '--format=%H').split('\n'))
    expect(commits[0]).toMatchObject({
      author: {
        name: 'Žofie 💡 Nováková',
        email: 'Z@Example.com',
        date: '2023-11-14T22:18:20+00:00',
      },
      subject: 'spoken twice over two lines',
      body: 'and a body',
    })
    expect(commits[1]?.parents).toEqual([plain.ids[1], plain.ids[2]])
    expect(commits.at(-1)).toMatchObject({ parents: [], body: 'Body of one.\n\nReviewed-by: Z' })
    expect(commits.find(({ id }) => id === plain.ids[1])?.author.date).toBe(
      '2023-11-15T03:45:20+05:30',
    )
  })

  test('leaves out what is reachable from the start, and stops at the limit', async () => {
    await using(plain.dir, async (git) => {
      const since = await git.log({ from: 'v2', to: 'main', limit: 10 })
      expect(since.map(({ id }) => id)).toEqual([plain.ids[4], plain.ids[3], plain.ids[2]])
      expect(await git.log({ from: 'main', to: 'v1', limit: 10 })).toEqual([])
      expect(await git.log({ to: 'main', limit: 2 })).toHaveLength(2)
    })
  })

  test("lists an octopus once, in git's order", async () => {
    const commits = await using(octopus.dir, (git) => git.log({ to: 'main', limit: 10 }))
    expect(commits.map(({ id }) => id)).toEqual(octopus.git('log', '--format=%H').split('\n'))
    expect(commits[0]?.parents).toHaveLength(3)
  })

  test('bears old encodings, empty messages, no names and absurd dates', async () => {
    const commits = await using(timeless.dir, (git) => git.log({ to: 'main', limit: 10 }))
    expect(commits.map(({ id }) => id)).toEqual(timeless.git('log', '--format=%H').split('\n'))
    const [last, latin, first] = timeless.ids
      .toReversed()
      .map((id) => commits.find((each) => each.id === id))
    expect(last).toMatchObject({ subject: '', body: '', author: { name: '' } })
    expect(latin).toMatchObject({
      subject: 'caf\u{fffd}',
      author: { date: '1970-01-01T00:00:01+00:00' },
    })
    expect(first?.subject).toBe('no files at all')
    expect(await using(timeless.dir, (git) => git.tree({ at: 'main' }))).toEqual([])
  })

  test('peels tags and leaves out those of no commit', async () => {
    const [one] = packed.ids
    expect(await using(packed.dir, (git) => git.tags())).toEqual([
      { name: 'light', commit: one, isAnnotated: false, date: '2023-11-14T22:14:20+00:00' },
      { name: 'nested', commit: one, isAnnotated: true, date: '2023-11-14T22:14:20+00:00' },
      { name: 'outer', commit: one, isAnnotated: true, date: '2023-11-14T22:13:20+00:00' },
    ])
    expect(await using(octopus.dir, (git) => git.tags())).toEqual([])
  })

  test('reads packed refs and packed objects', async () => {
    await using(packed.dir, async (git) => {
      expect(await git.resolve('light')).toBe(packed.ids[0])
      const tree = await git.tree({ at: 'main' })
      expect(tree).toMatchObject([{ path: 'x', size: 5_001 }])
      expect((await git.read({ at: 'main', path: 'x' })).bytes).toHaveLength(5_001)
      expect((await git.read({ at: 'light', path: 'x' })).bytes).toHaveLength(5_000)
    })
  })

  test('says that a history is empty', async () => {
    await using(empty.dir, async (git) => {
      expect(await git.head()).toEqual({ branch: 'main' })
      expect(await git.tags()).toEqual([])
      await expect(git.resolve('HEAD')).rejects.toEqual(code('MIRROR_HISTORY_EMPTY'))
      await expect(git.log({ to: 'main', limit: 1 })).rejects.toEqual(code('MIRROR_HISTORY_EMPTY'))
    })
  })

  test('refuses a folder without a repository', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ionflux-none-'))
    await expect(open(dir)).rejects.toEqual(code('MIRROR_REPOSITORY_MISSING'))
    await expect(open(join(dir, 'gone'))).rejects.toEqual(code('MIRROR_REPOSITORY_MISSING'))
    rmSync(dir, { recursive: true })
  })

  test('knows a detached head', async () => {
    const fixture = built([{ message: 'one' }, { message: 'two' }])
    fixture.git('checkout', '--quiet', '--detach', fixture.ids[0]!)
    await using(fixture.dir, async (git) => {
      expect(await git.head()).toEqual({ commit: fixture.ids[0] })
      expect(await git.resolve('HEAD')).toBe(fixture.ids[0])
    })
  })

  test('reads a bare repository', async () => {
    const fixture = built([{ message: 'one', files: [{ path: 'a', content: 'a' }] }], {
      bare: true,
    })
    await using(fixture.dir, async (git) => {
      expect(git.root).toBe(fixture.dir)
      expect(text((await git.read({ at: 'main', path: 'a' })).bytes)).toBe('a')
    })
  })

  test('ends at the edge of a shallow clone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ionflux-shallow-'))
    run(dir, ['clone', '--quiet', '--depth=2', `file://${octopus.dir}`, 'clone'])
    await using(join(dir, 'clone'), async (git) => {
      const commits = await git.log({ to: 'HEAD', limit: 10 })
      expect(commits).toHaveLength(4)
      expect(commits.at(-1)?.parents).toEqual([])
    })
    rmSync(dir, { recursive: true })
  })

  test('reads ten thousand commits in order', { timeout: 30_000 }, async () => {
    const commits = await using(long().dir, (git) =>
      git.log({ to: 'HEAD', limit: limits.gitCommitsMax }),
    )
    expect(commits).toHaveLength(10_000)
    const ids = long().ids.toReversed()
    expect(commits.every(({ id }, i) => id === ids[i])).toBe(true)
  })
})

let longFixture: Fixture | undefined
function long(): Fixture {
  longFixture ??= built(Array.from({ length: 10_000 }, (_, i) => ({ message: `feat: ${i}` })))
  return longFixture
}
