/**
 * Syncs against git's own server, by both adapters: the four facts, what an unchanged
 * repository costs, and the edges that a mirror must not have.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import {
  filesOf,
  openRemotes,
  openWatcher,
  type Remote,
  type RemotesLab,
  type Watcher,
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

const packsOf = ({ folder }: Watcher, id: string): number =>
  readdirSync(join(folder, id, 'objects/pack')).filter((name) => name.endsWith('.pack')).length

function demandSound({ folder }: Watcher, id: string): void {
  runGitIn(join(folder, id), 'fsck', '--strict', '--full')
}

describe.each(['portable', 'native'] as const)('a mirror, %s,', (adapter) => {
  test('takes the first commit to compiled, and keeps only what is bound', async () => {
    const origin = remote()
    const commit = origin.push({ 'a.flow.yaml': flow, 'big.bin': 'x'.repeat(9), 'docs/b.md': 'b' })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    const report = await watcher.sync(id)
    expect(report).toMatchObject({ status: 'behind', isChanged: true, mirror: { branch: 'main' } })
    const at = watcher.now
    expect(report.facts).toMatchObject({
      remote: { commit, at },
      mirrored: { commit, at },
      compiled: { commit, at, flows: 1 },
      active: {},
    })
    expect(filesOf(watcher, id)).toEqual({ 'a.flow.yaml': flow, 'docs/b.md': 'b' })
    demandSound(watcher, id)
  })

  test('asks an unchanged repository once and reads nothing', async () => {
    const origin = remote()
    origin.push({ 'a.flow.yaml': flow })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    const facts = watcher.store.facts(id)
    watcher.now += 60_000
    const before = lab.server.requests.length
    const report = await watcher.sync(id)
    expect(lab.server.requests.length - before).toBe(1)
    expect(report).toMatchObject({ isChanged: false, packBytes: 0 })
    expect(watcher.store.facts(id)).toEqual(facts)
    expect(watcher.store.polling(id)?.checkedAt).toBe(watcher.now)
  })

  test('binds only the paths that it was given, and the marker and lock', async () => {
    const origin = remote()
    origin.push({ 'flows/a.flow.yaml': flow, 'other/b.flow.yaml': flow, 'ionflux.yaml': '{}' })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url, { paths: ['flows/**'] })
    await watcher.sync(id)
    expect(Object.keys(filesOf(watcher, id))).toEqual(['flows/a.flow.yaml', 'ionflux.yaml'])
  })

  // Edges 1 and 2: neither everything again, nor the whole tree because of a depth.
  test('takes of a small push only what is new', async () => {
    const origin = remote()
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`d/f${i}.flow.yaml`, `${flow}# ${i * 7919}\n`]),
    )
    origin.push(many)
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    const first = await watcher.sync(id)
    const commit = origin.push({ 'd/f7.flow.yaml': `${flow}# changed\n` })
    const second = await watcher.sync(id)
    expect(second.facts.compiled.commit).toBe(commit)
    expect(second.packBytes).toBeLessThan(1_000)
    expect(second.packBytes).toBeLessThan(first.packBytes / 10)
    expect(filesOf(watcher, id)['d/f7.flow.yaml']).toBe(`${flow}# changed\n`)
    demandSound(watcher, id)
  })

  test('follows a merge and commits that it never saw, as forward', async () => {
    const origin = remote()
    const base = origin.push({ 'a.flow.yaml': flow })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    origin.push({ 'b.md': 'b' })
    const side = origin.push({ 'c.md': 'c' }, { branch: 'side', from: base })
    origin.git('checkout', '-q', 'main')
    origin.git('merge', '-q', '--no-edit', side)
    const merged = origin.push({})
    const { facts, mirror } = await watcher.sync(id)
    expect(facts.mirrored.commit).toBe(merged)
    expect(mirror.hold).toBeUndefined()
    expect(Object.keys(filesOf(watcher, id))).toEqual(['a.flow.yaml', 'b.md', 'c.md'])
  })

  test('leaves the last good commit compiled when the head is broken', async () => {
    const origin = remote()
    const good = origin.push({ 'a.flow.yaml': flow })
    let problem: { code: string; message: string } | undefined
    await using watcher = openWatcher(lab, {
      adapter,
      compile: async () => ({ flows: 1, ...(problem === undefined ? {} : { problem }) }),
    })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    problem = { code: 'MIRROR_COMPILE_FAILED', message: 'one flow is wrong' }
    const bad = origin.push({ 'a.flow.yaml': 'nonsense' })
    const broken = await watcher.sync(id)
    expect(broken).toMatchObject({
      status: 'broken',
      facts: { mirrored: { commit: bad }, compiled: { commit: good, problem: { commit: bad } } },
    })
    problem = undefined
    const mended = origin.push({ 'a.flow.yaml': flow })
    expect((await watcher.sync(id)).facts.compiled).toMatchObject({ commit: mended })
  })

  test('does not check again what only changed beside the bound files', async () => {
    const origin = remote()
    origin.push({ 'a.flow.yaml': flow })
    let checks = 0
    await using watcher = openWatcher(lab, {
      adapter,
      compile: async () => ({ flows: ++checks }),
    })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    const commit = origin.push({ 'picture.png': 'png' })
    const { facts } = await watcher.sync(id)
    expect(facts.compiled).toMatchObject({ commit, flows: 1 })
    expect(checks).toBe(1)
  })

  // The repository on the disk is a cache: without it the same is known as with it.
  test('goes on when its own repository was thrown away, and still sees what was rewritten', async () => {
    const origin = remote()
    const first = origin.push({ 'a.flow.yaml': flow })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    rmSync(join(watcher.folder, id), { recursive: true })
    const second = origin.push({ 'b.md': 'b' })
    const forward = await watcher.sync(id)
    expect(forward).toMatchObject({ status: 'behind', facts: { compiled: { commit: second } } })
    expect(forward.mirror.hold).toBeUndefined()
    rmSync(join(watcher.folder, id), { recursive: true })
    origin.push({ 'c.md': 'c' }, { from: first })
    expect((await watcher.sync(id)).status).toBe('held')
    demandSound(watcher, id)
  })

  // Edge 6: packs do not pile up.
  test('begins its own repository anew when it has too many packs', async () => {
    const origin = remote()
    origin.push({ 'a.flow.yaml': flow })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    const packs = join(watcher.folder, id, 'objects/pack')
    for (let i = 0; i < limits.mirrorPacksMax; i++) {
      writeFileSync(join(packs, `pack-${String(i).padStart(40, '0')}.pack`), '')
      writeFileSync(join(packs, `pack-${String(i).padStart(40, '0')}.idx`), '')
    }
    const commit = origin.push({ 'b.md': 'b' })
    expect((await watcher.sync(id)).facts.compiled.commit).toBe(commit)
    expect(packsOf(watcher, id)).toBeLessThan(6)
    expect(watcher.store.find(id)?.hold).toBeUndefined()
    demandSound(watcher, id)
  })

  test('has no ref and no work tree, so nothing half-fetched looks whole', async () => {
    const origin = remote()
    origin.push({ 'a.flow.yaml': flow })
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    await watcher.sync(id)
    expect(runGitIn(join(watcher.folder, id), 'for-each-ref')).toBe('')
    expect(existsSync(join(watcher.folder, id, 'a.flow.yaml'))).toBe(false)
    expect(readdirSync(watcher.folder)).toEqual([id])
  })

  test('of a repository without a commit waits for one', async () => {
    const origin = remote()
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(origin.url)
    const empty = await watcher.sync(id)
    expect(empty.facts.remote.problem?.code).toBe('MIRROR_HISTORY_EMPTY')
    const commit = origin.push({ 'a.flow.yaml': flow })
    expect((await watcher.sync(id)).facts.compiled.commit).toBe(commit)
  })
})

test('another process that syncs the same mirror is left alone', async () => {
  await using watcher = openWatcher(lab)
  const { id } = watcher.add('https://git.example/acme/flows')
  Object.assign(watcher.ports, { claim: () => undefined })
  await expect(watcher.sync(id)).rejects.toMatchObject({ code: 'MIRROR_BUSY' })
  expect(watcher.store.polling(id)?.checkedAt).toBeUndefined()
})
