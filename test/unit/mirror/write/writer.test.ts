/**
 * Goal: a commit arrives on its branch whole, or not at all; nobody's commit is lost, and no
 * work tree changes. Method: the same questions to both adapters, and Git's own check after
 * each of them.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, test } from 'vitest'

import type { CommitId } from '#engine/mirror/port.ts'
import { openNativeWriter } from '#engine/mirror/write/native.ts'
import type { CommitWish, FileChange } from '#engine/mirror/write/port.ts'
import { openPortableWriter } from '#engine/mirror/write/portable.ts'
import { repository, type Fixture } from '#test/fake/repository.ts'

const commits = [
  {
    message: 'first',
    files: [
      { path: 'README.md', content: 'one\n' },
      { path: 'src/a.ts', content: 'a' },
      { path: 'src/deep/b.ts', content: 'b' },
      { path: 'tool.sh', content: 'run', mode: '100755' as const },
      { path: 'link', content: 'README.md', mode: '120000' as const },
      { path: Buffer.from([0x66, 0xff, 0x2e]), content: 'odd name' },
    ],
  },
]
const author = { name: 'Flow', email: 'flow@example.com' }
const at = 1_760_000_000_000
const fixtures: Fixture[] = []

function make(bare = true): Fixture {
  const made = repository(commits, { bare })
  fixtures.push(made)
  return made
}
afterEach(() => {
  for (const fixture of fixtures.splice(0)) {
    // It throws for any error. `--no-dangling`: a race may leave an object that nothing names.
    const said = fixture.git('fsck', '--strict', '--no-dangling')
    fixture.remove()
    if (said !== '') throw new Error(said)
  }
})

const put = (path: string, text: string, more: object = {}): FileChange => ({
  path,
  bytes: Buffer.from(text),
  ...more,
})
const wish = (changes: readonly FileChange[], more: Partial<CommitWish> = {}): CommitWish => ({
  branch: 'ionflux/one',
  changes,
  message: 'Update',
  author,
  at,
  ...more,
})

describe.each([
  ['native', openNativeWriter],
  ['portable', openPortableWriter],
] as const)('the %s writer', (adapter, open) => {
  test('commits to a new branch, and changes only what it was asked to', async () => {
    const { dir, git, ids } = make()
    const writer = await open(dir)
    expect(writer.adapter).toBe(adapter)
    const made = await writer.commit(
      wish([
        put('README.md', 'two\n'),
        put('new/file.txt', 'grüße'),
        put('run', '#!', { isExecutable: true }),
        put('tool.sh', 'again'),
        { path: 'src/deep/b.ts', isDeleted: true },
      ]),
    )
    expect(made).toMatchObject({ parent: ids[0], isNew: true })
    expect(git('rev-parse', 'ionflux/one')).toBe(made.commit)
    expect(git('show', 'ionflux/one:new/file.txt')).toBe('grüße')
    expect(
      git('ls-tree', '-r', 'ionflux/one')
        .replaceAll(/ blob \w+\t/g, ' ')
        .split('\n'),
    ).toEqual([
      '100644 README.md',
      '100644 "f\\377."',
      '120000 link',
      '100644 new/file.txt',
      '100755 run',
      '100644 src/a.ts',
      '100755 tool.sh',
    ])
    expect(git('log', '-1', '--format=%an <%ae> %at %cn %s', 'ionflux/one')).toBe(
      'Flow <flow@example.com> 1760000000 Flow Update',
    )
    expect(git('rev-parse', 'main')).toBe(ids[0])
  })

  test('makes the same commit for the same wish, once', async () => {
    const { dir, git, ids } = make()
    const writer = await open(dir)
    const changes: FileChange[] = [put('a', '1'), { path: 'src/a.ts', isDeleted: true }]
    const first = await writer.commit(wish(changes))
    expect(await writer.commit(wish(changes))).toMatchObject({ commit: first.commit, isNew: false })
    const again = wish(changes, { expected: ids[0] as CommitId })
    expect(await writer.commit(again)).toMatchObject({ commit: first.commit, isNew: false })
    expect(git('rev-list', '--count', 'ionflux/one')).toBe('2')
  })

  test('goes on where the branch is, or refuses where it was expected elsewhere', async () => {
    const { dir, git, ids } = make()
    const writer = await open(dir)
    const one = await writer.commit(wish([put('a', '1')]))
    const two = await writer.commit(wish([put('b', '2')]))
    expect(two.parent).toBe(one.commit)
    const late = wish([put('c', '3')], { expected: one.commit })
    await expect(writer.commit(late)).rejects.toMatchObject({ code: 'MIRROR_REF_MOVED' })
    const fresh = wish([put('c', '3')], { expected: null })
    await expect(writer.commit(fresh)).rejects.toMatchObject({ code: 'MIRROR_REF_MOVED' })
    const none = wish([put('c', '3')], { branch: 'other', expected: ids[0] as CommitId })
    await expect(writer.commit(none)).rejects.toMatchObject({ code: 'MIRROR_REF_MOVED' })
    expect(git('rev-parse', 'ionflux/one')).toBe(two.commit)
  })

  test('loses no commit of many that come at once', async () => {
    const { dir, git } = make()
    const writers = await Promise.all([open(dir), open(dir), open(dir)])
    const ended = await Promise.allSettled(
      writers.map(async (writer, i) => await writer.commit(wish([put(`file-${i}`, 'x')]))),
    )
    const done = ended.filter(({ status }) => status === 'fulfilled').length
    expect(done).toBeGreaterThan(0)
    expect(git('rev-list', '--count', 'ionflux/one')).toBe(String(done + 1))
  })

  test('begins a branch elsewhere, without a change and in a repository without a commit', async () => {
    const { dir, git, ids } = make()
    const writer = await open(dir)
    const plain = await writer.commit(wish([], { from: 'main' }))
    expect(plain).toMatchObject({ commit: ids[0], isNew: false })
    expect(git('rev-parse', 'ionflux/one')).toBe(ids[0])
    const empty = repository([], { bare: true })
    fixtures.push(empty)
    const root = await (await open(empty.dir)).commit(wish([put('a', '1')]))
    expect(root).toMatchObject({ isNew: true })
    expect(empty.git('rev-list', '--parents', 'ionflux/one')).toBe(root.commit)
  })

  test('never touches what somebody works on', async () => {
    const { dir, git, ids } = make(false)
    git('reset', '--hard', '-q')
    writeFileSync(join(dir, 'README.md'), 'mine, not saved')
    const before = git('status', '--porcelain')
    const writer = await open(dir)
    const refused = writer.commit(wish([put('a', '1')], { branch: 'main' }))
    await expect(refused).rejects.toMatchObject({ code: 'MIRROR_REF_REFUSED' })
    await writer.commit(wish([put('README.md', 'theirs')]))
    expect(git('status', '--porcelain')).toBe(before)
    expect(git('rev-parse', 'main')).toBe(ids[0])
    expect(existsSync(join(dir, 'a'))).toBe(false)
    git('worktree', 'add', '-q', `${dir}-linked`, 'ionflux/one')
    const linked = writer.commit(wish([put('a', '1')]))
    await expect(linked).rejects.toMatchObject({ code: 'MIRROR_REF_REFUSED' })
    git('worktree', 'remove', '--force', `${dir}-linked`)
  })

  test.each([
    ['a way out', '../x'],
    ['the top', '/x'],
    ['the folder of Git', '.git/config'],
    ['the same in capitals', 'a/.GIT/hooks/post-checkout'],
    ['the same by its short name', 'git~1/config'],
    ['the same with an unseen character', '.g\u200cit/config'],
    ['the same with a dot behind it', '.git./config'],
    ['a backslash', 'a\\b'],
    ['a line break', 'a\nb'],
    ['half a character', '\ud800'],
    ['nothing', ''],
    ['a doubled slash', 'a//b'],
    ['a file as a folder', 'README.md/x'],
    ['a link as a folder', 'link/x'],
    ['a folder as a file', 'src'],
  ])('writes nothing to %s', async (_, path) => {
    const { dir, git } = make()
    const commit = (await open(dir)).commit(wish([put(path, 'x')]))
    await expect(commit).rejects.toMatchObject({ code: 'MIRROR_REF_REFUSED' })
    expect(git('branch', '--list', 'ionflux/*')).toBe('')
  })

  test.each([
    ['an option', '--force'],
    ['a way out', '../../config'],
    ['a range', 'a..b'],
    ['a lock', 'a.lock'],
    ['a hidden part', 'a/.b'],
    ['HEAD', 'HEAD'],
    ['a space', 'a b'],
    ['a full ref with a line break', 'a\ndelete refs/heads/main'],
    ['a folder of branches', 'taken'],
    ['a branch as a folder', 'main/x'],
  ])('makes no branch called %s', async (_, branch) => {
    const { dir, git, ids } = make()
    git('branch', 'taken/one')
    const commit = (await open(dir)).commit(wish([put('a', '1')], { branch }))
    await expect(commit).rejects.toMatchObject({ code: 'MIRROR_REF_REFUSED' })
    expect(git('rev-parse', 'main')).toBe(ids[0])
    expect(git('for-each-ref', '--format=%(refname)').split('\n')).toHaveLength(2)
  })

  test('refuses what contradicts itself, and an author without a name', async () => {
    const { dir } = make()
    const writer = await open(dir)
    const twice = [
      [put('a', '1'), put('a', '2')],
      [put('a', '1'), put('a/b', '2')],
      [put('a/b', '1'), put('a', '2')],
    ]
    for (const changes of twice) {
      await expect(writer.commit(wish(changes))).rejects.toMatchObject({
        code: 'MIRROR_REF_REFUSED',
      })
    }
    const nobody = writer.commit(wish([put('a', '1')], { author: { name: '<>', email: 'x@y' } }))
    await expect(nobody).rejects.toMatchObject({ code: 'MIRROR_REF_REFUSED' })
  })

  test('writes what people put into names and messages without harm', async () => {
    const { dir, git } = make()
    const writer = await open(dir)
    const person = { name: ' A <b>\n"C', email: 'a@b>\ncommitter X' }
    const message = 'Subject\r\n\r\nBody with \0 a zero\ntree 0000\n\n\n'
    const { commit } = await writer.commit(wish([put('a', '1')], { author: person, message }))
    expect(git('log', '-1', '--format=%an|%ae|%cn', commit)).toBe('A b"C|a@bcommitter X|A b"C')
    expect(git('log', '-1', '--format=%B', commit)).toBe('Subject\n\nBody with  a zero\ntree 0000')
  })

  test('tags a commit, lightly or with a message, and moves no tag', async () => {
    const { dir, git, ids } = make()
    const writer = await open(dir)
    const tag = { name: 'v1.0.0', target: 'main', author, at }
    expect(await writer.tag(tag)).toEqual({ commit: ids[0], isNew: true })
    expect(await writer.tag(tag)).toEqual({ commit: ids[0], isNew: false })
    const noted = { ...tag, name: 'v1.0.1', message: 'Release 1.0.1' }
    expect(await writer.tag(noted)).toMatchObject({ isNew: true })
    expect(await writer.tag(noted)).toMatchObject({ isNew: false })
    expect(git('cat-file', '-t', 'v1.0.1')).toBe('tag')
    await writer.commit(wish([put('a', '1')]))
    const other = { ...tag, target: 'ionflux/one' }
    await expect(writer.tag(other)).rejects.toMatchObject({ code: 'MIRROR_REF_MOVED' })
    await expect(writer.tag({ ...tag, target: 'none' })).rejects.toMatchObject({
      code: 'MIRROR_REF_UNKNOWN',
    })
    await expect(writer.tag({ ...tag, name: '../v' })).rejects.toMatchObject({
      code: 'MIRROR_REF_REFUSED',
    })
    expect(git('rev-parse', 'v1.0.0')).toBe(ids[0])
  })

  test('says that the repository cannot be written, and leaves the branch as it was', async () => {
    const { dir, git } = make()
    const writer = await open(dir)
    const folders = Array.from({ length: 256 }, (_, i) =>
      join(dir, 'objects', i.toString(16).padStart(2, '0')),
    ).filter((path) => !existsSync(path))
    for (const path of folders) writeFileSync(path, 'in the way')
    const changes = Array.from({ length: 20 }, (_, i) => put(`file-${i}`, String(i)))
    await expect(writer.commit(wish(changes))).rejects.toMatchObject({
      code: 'MIRROR_WRITE_FAILED',
    })
    for (const path of folders) rmSync(path)
    expect(git('branch', '--list', 'ionflux/*')).toBe('')
  })

  test('goes on with refs that Git has packed, and leaves no lock', async () => {
    const { dir, git } = make()
    const writer = await open(dir)
    const one = await writer.commit(wish([put('a', '1')]))
    git('pack-refs', '--all')
    git('gc', '-q')
    const two = await (await open(dir)).commit(wish([put('b', '2')]))
    expect(two.parent).toBe(one.commit)
    const left = readdirSync(dir, { recursive: true }).filter((name) =>
      /\.lock$|tmp_obj/.test(String(name)),
    )
    expect(left).toEqual([])
  })
})

test('both writers make the same commit', async () => {
  const ids = []
  for (const open of [openNativeWriter, openPortableWriter]) {
    const changes = [put('src/zz/x', '1'), put('src-a', '2'), put('src.b', '3')]
    ids.push((await (await open(make().dir)).commit(wish(changes))).commit)
  }
  expect(ids[0]).toBe(ids[1])
})
