/**
 * What every store of mirrors promises, on both.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import { openMirrors } from '#engine/durable/sqlite/mirrors.ts'
import { type Mirror, noFacts, type RefSeen } from '#engine/mirror/sync/mirror.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'

const dirs: string[] = []
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-mirrors-'))
  dirs.push(dir)
  return dir
}

const flows: Mirror = {
  id: 'm1',
  name: 'acme/flows',
  url: 'https://git.example/acme/flows',
  paths: ['**/*.flow.yaml'],
  maxCaps: ['net:api.example.com'],
  tokenSecret: 'GIT_TOKEN',
  addedAt: 1_000,
}
const other: Mirror = {
  id: 'm2',
  name: 'acme/a',
  url: 'https://git.example/a',
  paths: [],
  addedAt: 2,
}
const commit = (letter: string): CommitId => letter.repeat(40) as CommitId
const seen = (ref: string, letter: string, firstSeen: number): RefSeen => ({
  ref,
  oid: letter.repeat(40),
  commit: letter.repeat(40),
  firstSeen,
})

describe.each([
  ['memory', memoryMirrors],
  ['SQLite', () => openMirrors(freshDir())],
] as const)('a store of mirrors in %s', (_, open) => {
  test('gives back what was added, by name and by id, in order of name', () => {
    using store = disposed(open())
    store.add(flows)
    store.add(other)
    expect(store.list()).toEqual([other, flows])
    expect(store.find('acme/flows')).toEqual(flows)
    expect(store.find('m2')).toEqual(other)
    expect(store.find('nobody')).toBeUndefined()
    expect(store.facts('m1')).toEqual(noFacts)
  })

  test('gives a name once', () => {
    using store = disposed(open())
    store.add(flows)
    const again = (): void => store.add({ ...other, name: flows.name })
    expect(again).toThrow(expect.objectContaining({ code: 'MIRROR_NAME_TAKEN' }))
    expect(store.list()).toHaveLength(1)
  })

  test('takes a mirror out with all that is known of it, and no other', () => {
    using store = disposed(open())
    store.add(flows)
    store.add(other)
    for (const id of ['m1', 'm2']) {
      store.apply(id, {
        facts: { remote: { commit: commit('a'), at: 1 } },
        refs: [seen('refs/heads/main', 'a', 1)],
        incidents: [{ kind: 'tag-moved', at: 1, message: 'x' }],
      })
    }
    expect(store.remove('m1')).toBe(true)
    expect(store.remove('m1')).toBe(false)
    expect(store.facts('m1')).toEqual(noFacts)
    expect(store.refs('m1')).toEqual([])
    expect(store.incidents({ limit: 9 }).map(({ mirror }) => mirror)).toEqual(['m2'])
    expect(store.facts('m2').remote.commit).toBe(commit('a'))
    expect(store.due(Number.MAX_SAFE_INTEGER, 9)).toEqual(['m2'])
    expect(store.apply('m1', { hold: { reason: 'x', at: 1, by: 'person' } })).toBe(false)
  })

  test('changes the stages that are named and leaves the others', () => {
    using store = disposed(open())
    store.add(flows)
    const problem = { code: 'MIRROR_FETCH_FAILED', message: 'no', at: 5 }
    const mirrored = { commit: commit('a'), at: 4, tree: 'sha256:x' as Digest, committedAt: 3 }
    store.apply('m1', { facts: { remote: { commit: commit('b'), at: 3 }, mirrored } })
    store.apply('m1', { facts: { remote: { commit: commit('b'), at: 3, problem } } })
    expect(store.facts('m1')).toEqual({
      ...noFacts,
      remote: { commit: commit('b'), at: 3, problem },
      mirrored,
    })
  })

  test('keeps when an object was first seen at a ref, also after it went and came back', () => {
    using store = disposed(open())
    store.add(flows)
    const row = seen('refs/tags/v1', 'a', 10)
    store.apply('m1', { refs: [row] })
    store.apply('m1', {
      refs: [{ ...row, firstSeen: 20, goneAt: 20 }, seen('refs/tags/v1', 'b', 20)],
    })
    expect(store.refs('m1')).toEqual([{ ...row, goneAt: 20 }, seen('refs/tags/v1', 'b', 20)])
    store.apply('m1', { refs: [{ ...row, firstSeen: 30 }] })
    expect(store.refs('m1')[0]).toEqual(row)
  })

  test('forgets where a branch was long ago, and never what a tag was', () => {
    using store = disposed(open())
    store.add(flows)
    const count = limits.mirrorBranchRowsMax + 5
    const rows = (ref: string): RefSeen[] =>
      Array.from({ length: count }, (_, i) => ({
        ref,
        oid: i.toString(16).padStart(40, '0'),
        commit: i.toString(16).padStart(40, '0'),
        firstSeen: i,
        ...(i + 1 < count ? { goneAt: i + 1 } : {}),
      }))
    store.apply('m1', { refs: [...rows('refs/heads/main'), ...rows('refs/tags/v1')] })
    const kept = store.refs('m1')
    const branch = kept.filter(({ ref }) => ref === 'refs/heads/main')
    expect(branch.length).toBeLessThan(count)
    expect(branch.at(-1)?.firstSeen).toBe(count - 1)
    expect(kept.filter(({ ref }) => ref === 'refs/tags/v1')).toHaveLength(count)
  })

  test('tells an incident once while it is open', () => {
    using store = disposed(open())
    store.add(flows)
    const moved = {
      kind: 'tag-moved',
      at: 1,
      message: 'moved',
      ref: 'refs/tags/v1',
      after: 'b',
    } as const
    store.apply('m1', { incidents: [moved] })
    store.apply('m1', {
      incidents: [
        { ...moved, at: 2 },
        { ...moved, at: 2, after: 'c' },
      ],
    })
    expect(store.incidents({ mirror: 'm1', limit: 9 }).map(({ after }) => after)).toEqual([
      'c',
      'b',
    ])
    store.apply('m1', { resolve: { kinds: ['tag-moved'], at: 9 } })
    expect(store.incidents({ isOpen: true, limit: 9 })).toEqual([])
    store.apply('m1', { incidents: [{ ...moved, at: 10 }] })
    expect(store.incidents({ isOpen: true, limit: 9 })).toEqual([
      { id: 3, mirror: 'm1', ...moved, at: 10 },
    ])
    expect(store.incidents({ isOpen: false, limit: 1 })).toMatchObject([
      { after: 'c', resolvedAt: 9 },
    ])
  })

  test('holds once: a later reason does not hide the first; release takes it away', () => {
    using store = disposed(open())
    store.add(flows)
    const first = { reason: 'looks odd', at: 1, by: 'person' } as const
    store.apply('m1', { hold: first })
    store.apply('m1', { hold: { reason: 'rewritten', at: 2, by: 'sync' } })
    expect(store.find('m1')).toEqual({ ...flows, hold: first })
    store.apply('m1', { hold: null })
    expect(store.find('m1')).toEqual(flows)
  })

  test('binds a branch once', () => {
    using store = disposed(open())
    store.add(flows)
    store.apply('m1', { branch: 'main' })
    store.apply('m1', { branch: 'other' })
    expect(store.find('m1')?.branch).toBe('main')
  })

  test('says whose time has come, the longest due first', () => {
    using store = disposed(open())
    expect(store.nextDue()).toBeUndefined()
    store.add(flows)
    store.add(other)
    store.apply('m1', { polling: { nextAt: 50, checkedAt: 5, failures: 1 } })
    store.apply('m2', { polling: { nextAt: 40, failures: 0, answer: 'sha256:y' as Digest } })
    expect(store.due(39, 9)).toEqual([])
    expect(store.due(50, 9)).toEqual(['m2', 'm1'])
    expect(store.due(50, 1)).toEqual(['m2'])
    expect(store.nextDue()).toBe(40)
    expect(store.polling('m1')).toEqual({ nextAt: 50, checkedAt: 5, failures: 1 })
    expect(store.polling('m2')).toEqual({ nextAt: 40, failures: 0, answer: 'sha256:y' })
  })

  test('keeps bytes by digest, and says which are not there', () => {
    using store = disposed(open())
    const one = Buffer.from('one')
    const [digest, same] = store.content.putAll([one, one, Buffer.from('two')])
    expect(same).toBe(digest)
    expect(store.content.has(digest as Digest)).toBe(true)
    expect(Buffer.from(store.content.get(digest as Digest)).toString()).toBe('one')
    const missing = `sha256:${'0'.repeat(64)}` as Digest
    expect(store.content.has(missing)).toBe(false)
    const ask = (): unknown => store.content.get(missing)
    expect(ask).toThrow(expect.objectContaining({ code: 'JOURNAL_PAYLOAD_MISSING' }))
  })
})

test('two processes see each other at once, and what one wrote is there after both', () => {
  const dir = freshDir()
  const watcher = openMirrors(dir)
  const person = openMirrors(dir)
  watcher.add(flows)
  person.apply('m1', { hold: { reason: 'wait', at: 1, by: 'person' } })
  watcher.apply('m1', { facts: { remote: { commit: commit('a'), at: 2 } } })
  expect(watcher.find('m1')?.hold?.reason).toBe('wait')
  watcher.close()
  person.close()
  using again = disposed(openMirrors(dir))
  expect(again.facts('m1').remote.commit).toBe(commit('a'))
  expect(again.find('m1')?.hold?.reason).toBe('wait')
})

function disposed<T extends { close(): void }>(store: T): T & Disposable {
  return Object.assign(store, { [Symbol.dispose]: () => store.close() })
}
