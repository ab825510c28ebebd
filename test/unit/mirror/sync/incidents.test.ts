/**
 * What may happen to a repository elsewhere: rewritten branches, moved tags, things that are
 * gone. Each is seen, told once, and takes nothing away.
 */
import { rmSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import {
  filesOf,
  openRemotes,
  openWatcher,
  type Remote,
  type RemotesLab,
} from '#test/fake/git/remotes.ts'
import { runGitIn } from '#test/fake/git/run-git.ts'

// Each test is several processes of git.
vi.setConfig({ testTimeout: 30_000 })

let lab: RemotesLab
let count = 0
beforeAll(async () => {
  lab = await openRemotes()
})
afterAll(async () => await lab[Symbol.asyncDispose]())

const flow = 'dsl: flux/1\nid: hello\nsteps: []\n'
const remote = (): Remote => lab.remote(`r${++count}`)

describe.each(['portable', 'native'] as const)('a mirror, %s,', (adapter) => {
  // Edge 5: a forced push is seen, and nothing of it becomes active by itself.
  test('holds a branch that was rewritten, and says so once', async () => {
    const origin = remote()
    const first = origin.push({ 'a.flow.yaml': flow })
    const second = origin.push({ 'a.flow.yaml': `${flow}# two\n` })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    const other = origin.push({ 'a.flow.yaml': `${flow}# other\n` }, { from: first })
    const report = await watcher.sync(id)
    expect(report).toMatchObject({ status: 'held', facts: { mirrored: { commit: other } } })
    expect(watcher.store.incidents({ isOpen: true, limit: 9 })).toMatchObject([
      { kind: 'history-rewritten', before: second, after: other },
    ])
    await watcher.sync(id)
    expect(watcher.store.incidents({ limit: 9 })).toHaveLength(1)
  })

  test('holds a branch that went back to an older commit', async () => {
    const origin = remote()
    const first = origin.push({ 'a.flow.yaml': flow })
    origin.push({ 'b.md': 'b' })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    origin.git('push', '-q', '--force', origin.bare, `${first}:refs/heads/main`)
    expect((await watcher.sync(id)).status).toBe('held')
  })

  // Edge 5 again: the first object of a tag is what it means.
  test('sees a tag that moved, and one that was deleted', async () => {
    const origin = remote()
    origin.push({ 'a.flow.yaml': flow })
    origin.git('tag', '-am', 'one', 'v1')
    origin.git('tag', 'v2')
    origin.git('push', '-q', '--tags', origin.bare)
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    const head = origin.push({ 'b.md': 'b' })
    origin.git('tag', '-f', 'v1')
    origin.git('push', '-q', '--force', origin.bare, 'refs/tags/v1', ':refs/tags/v2')
    const { status } = await watcher.sync(id)
    expect(status).toBe('behind')
    expect(watcher.store.incidents({ limit: 9 })).toMatchObject([
      { kind: 'tag-deleted', ref: 'refs/tags/v2' },
      { kind: 'tag-moved', ref: 'refs/tags/v1', after: head },
    ])
  })

  test('keeps everything when the branch or the repository is gone, and goes on when it is back', async () => {
    const origin = remote()
    const commit = origin.push({ 'a.flow.yaml': flow })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    const files = filesOf(watcher, id)
    runGitIn(origin.bare, 'update-ref', '-d', 'refs/heads/main')
    const lost = await watcher.sync(id)
    expect(lost).toMatchObject({ status: 'broken', facts: { remote: { commit } } })
    expect(filesOf(watcher, id)).toEqual(files)
    origin.git('push', '-q', origin.bare, 'HEAD:refs/heads/main')
    const back = await watcher.sync(id)
    expect(back).toMatchObject({ status: 'behind' })
    expect(watcher.store.incidents({ isOpen: true, limit: 9 })).toEqual([])
    rmSync(origin.bare, { recursive: true })
    const gone = await watcher.sync(id)
    expect(gone).toMatchObject({
      status: 'gone',
      failure: { stage: 'remote', code: 'MIRROR_REPOSITORY_GONE' },
      facts: { compiled: { commit } },
    })
    expect(filesOf(watcher, id)).toEqual(files)
  })
})
