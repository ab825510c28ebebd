/**
 * Goal: a tag that appears is published once and as it was first seen; what may go away is tried
 * again a few times, what will not is told once. Method: rows of refs as a sync leaves them, a
 * publisher that does what a test says, time as a number.
 */
import { expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openReleases, type PublishNew, type Said } from '#engine/host/watch/releases.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { RefSeen } from '#engine/mirror/sync/mirror.ts'
import { type Place, place } from '#test/unit/host/activate/parts.ts'

interface Bench {
  readonly published: string[]
  readonly events: WatchEvent[]
  readonly said: Said[]
  now: number
  moved: string[]
  failure?: IonError | undefined
  look: () => Promise<void>
}

function bench(at: Place, isMeant = true): Bench {
  const made: Bench = {
    published: [],
    events: [],
    said: [],
    now: 100,
    moved: [],
    look: async () => await publishNew(at.mirror()),
  }
  const act = <T>(value: T): T => {
    if (made.failure !== undefined) throw made.failure
    return value
  }
  const publishNew: PublishNew = openReleases({
    memory: at.memory,
    mirrors: at.mirrors,
    clock: { now: () => made.now },
    isMeant: () => isMeant,
    publish: async (_, { name, commit }) => {
      made.published.push(`${name} ${commit[0] ?? ''}`)
      return act({ release: `acme/${name}`, leaf: made.published.length })
    },
    tellMoved: async () => act(made.moved),
    say: async (_, said) => {
      made.said.push(said)
    },
    emit: (event) => made.events.push(event),
  })
  at.mirrors.apply('m1', {
    facts: { remote: { commit: 'f'.repeat(40) as CommitId, at: 1 } },
    polling: { nextAt: limits.mirrorPollMsMax, failures: 0 },
  })
  return made
}

const row = (name: string, at: string, firstSeen: number, goneAt?: number): RefSeen => ({
  ref: `refs/tags/${name}`,
  oid: at.repeat(40),
  commit: at.repeat(40),
  firstSeen,
  ...(goneAt === undefined ? {} : { goneAt }),
})
const transient = new IonError('MIRROR_FETCH_FAILED', 'The host rests.')

test('publishes each tag that appears once, and none that was there before', async () => {
  using at = place()
  const one = bench(at)
  at.mirrors.apply('m1', { refs: [row('v1.0.0', 'a', 50)] })
  await one.look()
  at.mirrors.apply('m1', { refs: [row('v1.1.0', 'b', 150), row('nightly', 'b', 150)] })
  one.now = 200
  await one.look()
  await one.look()
  expect(one.published).toEqual(['v1.1.0 b'])
  expect(one.events).toMatchObject([{ event: 'published', release: 'acme/v1.1.0', leaf: 1 }])
  expect(one.said).toMatchObject([{ commit: 'b'.repeat(40), state: 'success' }])
  // Another process goes on where this one was.
  const next = bench(at)
  next.now = 300
  await next.look()
  expect(next.published).toEqual([])
})

test('publishes nothing of a mirror that nobody named', async () => {
  using at = place()
  const one = bench(at, false)
  await one.look()
  at.mirrors.apply('m1', { refs: [row('v1.1.0', 'b', 150)] })
  await one.look()
  expect(one.published).toEqual([])
})

test('tries again what may go away, ever later and not for ever', async () => {
  using at = place()
  const one = bench(at)
  await one.look()
  at.mirrors.apply('m1', { refs: [row('v1.1.0', 'b', 150)] })
  one.failure = transient
  const waits: number[] = []
  for (let i = 1; i < limits.watchPublishTriesMax; i++) {
    await one.look()
    await one.look()
    const { nextAt } = at.mirrors.polling('m1') ?? { nextAt: 0 }
    waits.push(nextAt - one.now)
    one.now = nextAt
    at.mirrors.apply('m1', { polling: { nextAt: Number.MAX_SAFE_INTEGER, failures: 0 } })
  }
  await one.look()
  expect(one.published).toHaveLength(limits.watchPublishTriesMax)
  await one.look()
  expect(one.published).toHaveLength(limits.watchPublishTriesMax)
  expect(waits).toEqual([30_000, 120_000, 480_000, 1_920_000, 7_680_000])
  expect(one.said.map(({ state }) => state)).toEqual([...waits.map(() => 'pending'), 'failure'])
  expect(one.events.at(-1)).toMatchObject({ event: 'unpublished', isAgain: false })
})

test('tells once what will never be a release', async () => {
  using at = place()
  const one = bench(at)
  await one.look()
  at.mirrors.apply('m1', { refs: [row('v1.1.0', 'b', 150)] })
  one.failure = new IonError('REG_BUMP_TOO_SMALL', 'It must be 2.0.0.')
  await one.look()
  one.failure = undefined
  await one.look()
  expect(one.published).toHaveLength(1)
  expect(one.events).toMatchObject([
    { event: 'unpublished', code: 'REG_BUMP_TOO_SMALL', isAgain: false },
  ])
  expect(one.said).toMatchObject([{ state: 'failure', description: 'It must be 2.0.0.' }])
})

test('a tag of a mirror that is held waits until it is released', async () => {
  using at = place()
  const one = bench(at)
  await one.look()
  at.mirrors.apply('m1', {
    refs: [row('v1.1.0', 'b', 150)],
    hold: { reason: 'rewritten', at: 150, by: 'sync' },
  })
  await one.look()
  expect(one.published).toEqual([])
  at.mirrors.apply('m1', { hold: null })
  await one.look()
  expect(one.published).toEqual(['v1.1.0 b'])
})

test('a tag that moved is never published, and the registry hears of it once', async () => {
  using at = place()
  const one = bench(at)
  await one.look()
  at.mirrors.apply('m1', { refs: [row('v1.1.0', 'b', 150)] })
  await one.look()
  at.mirrors.apply('m1', { refs: [row('v1.1.0', 'b', 150, 200), row('v1.1.0', 'c', 200)] })
  one.moved = ['acme/v1.1.0']
  one.failure = transient
  await one.look()
  one.failure = undefined
  one.now = at.mirrors.polling('m1')?.nextAt ?? 0
  await one.look()
  one.moved = ['again']
  await one.look()
  expect(one.published).toEqual(['v1.1.0 b'])
  expect(one.events.slice(1)).toMatchObject([
    { event: 'problem', code: 'MIRROR_FETCH_FAILED' },
    { event: 'tag-told', release: 'acme/v1.1.0' },
  ])
})
