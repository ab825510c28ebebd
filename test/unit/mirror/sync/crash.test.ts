/**
 * Goal: a sync that dies anywhere leaves facts that are true, and the next one ends where an
 * uninterrupted one would. Method: die once at every write to the store, and once before
 * and after every pack is taken in; then sync again on the same store and folder.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import type { Facts } from '#engine/mirror/sync/mirror.ts'
import { readManifest } from '#engine/mirror/sync/manifest.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'
import {
  openRemotes,
  openWatcher,
  type Remote,
  type RemotesLab,
  type Watcher,
} from '#test/fake/git/remotes.ts'

// Each test is several processes of git.
vi.setConfig({ testTimeout: 30_000 })

let lab: RemotesLab
let origin: Remote
let commits: readonly string[]
beforeAll(async () => {
  lab = await openRemotes()
  origin = lab.remote('r')
  const flow = 'dsl: flux/1\nid: hello\nsteps: []\n'
  const first = origin.push({ 'a.flow.yaml': flow, 'b.md': 'b' })
  commits = [first, origin.push({ 'a.flow.yaml': `${flow}# two\n` })]
})
afterAll(async () => await lab[Symbol.asyncDispose]())

class Died extends Error {}

/** A store that dies at its `at`-th write, before or after it is made. */
function dying(inner: MirrorStore, at: number, when: 'before' | 'after'): MirrorStore {
  let writes = 0
  const die = <T>(work: () => T): T => {
    const isLast = ++writes === at
    if (isLast && when === 'before') throw new Died()
    const result = work()
    if (isLast) throw new Died()
    return result
  }
  return {
    ...inner,
    apply: (id, change) => die(() => inner.apply(id, change)),
    content: { ...inner.content, putAll: (all) => die(() => inner.content.putAll(all)) },
  }
}

/** What a stage says is here must be here. */
function demandTrue({ store }: Pick<Watcher, 'store'>, facts: Facts): void {
  for (const { commit, tree } of [facts.mirrored, facts.compiled]) {
    if (commit === undefined) continue
    for (const { digest } of readManifest(store.content.get(tree ?? ('' as never))).files)
      expect(store.content.has(digest)).toBe(true)
  }
}

const at = (commit: string | undefined): void => {
  origin.git('push', '-q', '--force', origin.bare, `${commit ?? ''}:refs/heads/main`)
}

const deaths = [1, 2, 3, 4, 5, 6].flatMap((write) =>
  (['before', 'after'] as const).map((when) => ({ write, when })),
)

test.each(deaths)('a sync that dies $when write $write is carried on', async ({ write, when }) => {
  const store = memoryMirrors()
  await using watcher = openWatcher(lab, { store, adapter: 'portable' })
  const { id } = watcher.add(origin.url)
  for (const commit of commits) {
    at(commit)
    Object.assign(watcher.ports, { store: dying(store, write, when) })
    const outcome = await watcher.sync(id).catch((thrown: unknown) => thrown)
    expect(outcome).toBeInstanceOf(Died)
    demandTrue(watcher, store.facts(id))
    Object.assign(watcher.ports, { store })
    const { facts, status } = await watcher.sync(id)
    expect({ status, remote: facts.remote.commit }).toEqual({ status: 'behind', remote: commit })
    expect([facts.mirrored.commit, facts.compiled.commit]).toEqual([commit, commit])
    demandTrue(watcher, facts)
  }
  expect(store.find(id)?.hold).toBeUndefined()
  expect(store.incidents({ limit: 9 })).toEqual([])
})

test.each(['before', 'after'] as const)(
  'a sync that dies %s its pack is taken in is carried on',
  async (when) => {
    const store = memoryMirrors()
    await using watcher = openWatcher(lab, { store, adapter: 'portable' })
    const { absorb } = watcher.ports
    const { id } = watcher.add(origin.url)
    for (const commit of commits) {
      at(commit)
      Object.assign(watcher.ports, {
        absorb: async (job: Parameters<typeof absorb>[0]) => {
          if (when === 'after') await absorb(job)
          throw new Died()
        },
      })
      await expect(watcher.sync(id)).rejects.toBeInstanceOf(Died)
      Object.assign(watcher.ports, { absorb })
      expect((await watcher.sync(id)).facts.compiled.commit).toBe(commit)
    }
    expect(store.find(id)?.hold).toBeUndefined()
  },
)
