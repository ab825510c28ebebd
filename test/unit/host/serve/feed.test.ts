/** Goal: a follower hears every durable record once and in order, at its own pace. */
import { setImmediate } from 'node:timers/promises'

import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { feed, type FeedPorts, type FollowRequest } from '#engine/host/serve/feed.ts'
import type { Listener } from '#engine/runtime/engine.ts'
import type { RunHeader, RunStatus } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

const run = '01JD0000000000000000000000' as RunId
const records = (from: number, count: number): readonly RunRecord[] =>
  Array.from({ length: count }, (_, at) => ({ at: from + at }) as unknown as RunRecord)
const numbers = (all: readonly RunRecord[]): readonly number[] => all.map(({ at }) => at)
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at)

/** A run whose records become durable when the test says so. */
function source(stored: number) {
  const journal: RunRecord[] = [...records(0, stored)]
  const listeners = new Set<Listener>()
  const ended = Promise.withResolvers<RunStatus>()
  let reads = 0
  const ports: FeedPorts = {
    engine: {
      watch: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      wait: () => ended.promise,
    },
    journal: {
      find: () => ({ run }) as RunHeader,
      read: () => {
        reads += 1
        return [...journal]
      },
    },
  }
  const commit = (count: number): void => {
    const batch = records(journal.length, count)
    journal.push(...batch)
    for (const listener of listeners) listener(run, batch)
  }
  return { ports, commit, ended, listeners, reads: () => reads }
}

const until = { run, seen: 0, until: 'ended' } as const

test('a long run comes in pieces, the next one when the last one was taken', async () => {
  const from = source(2_345)
  let underWay = 0
  const heard: number[] = []
  const hear: FollowRequest['hear'] = async (piece) => {
    underWay += 1
    expect(underWay).toBe(1)
    expect(piece.length).toBeLessThanOrEqual(limits.followRecordsPerPiece)
    if (heard.length === 0) from.commit(7) // while the old ones are still on their way
    await setImmediate()
    heard.push(...numbers(piece))
    underWay -= 1
  }
  const following = feed(from.ports, { ...until, hear })
  from.ended.resolve('done')
  expect(await following).toBe('done')
  expect(heard).toEqual(upTo(2_352))
  expect(from.listeners.size).toBe(0)
})

test('who comes back hears only what is new', async () => {
  const from = source(20)
  from.ended.resolve('done')
  const heard: number[] = []
  await feed(from.ports, {
    ...until,
    seen: 15,
    hear: (piece) => void heard.push(...numbers(piece)),
  })
  expect(heard).toEqual([15, 16, 17, 18, 19])
})

test('a follower that falls far behind is served from the journal again, without a gap', async () => {
  const from = source(1)
  const gate = Promise.withResolvers<void>()
  const heard: number[] = []
  const following = feed(from.ports, {
    ...until,
    hear: async (piece) => {
      if (heard.length === 0) await gate.promise
      heard.push(...numbers(piece))
    },
  })
  while (from.reads() === 0) await setImmediate()
  for (let i = 0; i < 30; i++) from.commit(limits.followRecordsKept / 20)
  from.ended.resolve('failed')
  gate.resolve()
  expect(await following).toBe('failed')
  expect(heard).toEqual(upTo(1 + 1.5 * limits.followRecordsKept))
  expect(from.reads()).toBe(2)
})

test('records that come one by one are heard as they come, and a fault ends the hearing', async () => {
  const from = source(0)
  const heard: number[] = []
  const following = feed(from.ports, {
    ...until,
    hear: (piece) => void heard.push(...numbers(piece)),
  })
  for (let i = 1; i <= 3; i++) {
    from.commit(1)
    while (heard.length < i) await setImmediate()
  }
  from.ended.reject(new Error('the disk is full'))
  await expect(following).rejects.toThrow('the disk is full')
  expect(heard).toEqual([0, 1, 2])
  expect(from.listeners.size).toBe(0)
})

test('it waits for the end from the beginning: whoever closes meanwhile is heard', async () => {
  const from = source(3)
  const hear = (): void => from.ended.reject(new Error('closed'))
  await expect(feed(from.ports, { ...until, hear })).rejects.toThrow('closed')
  const waits: number[] = []
  const wait = async (): Promise<RunStatus> => {
    waits.push(from.reads())
    return await Promise.resolve('done')
  }
  await feed({ ...from.ports, engine: { ...from.ports.engine, wait } }, { ...until, hear })
  expect(waits).toEqual([1]) // one read so far, of the first follower
})

test('a follower that went away is followed by nothing', async () => {
  const from = source(3)
  const gone = new AbortController()
  const following = feed(from.ports, { ...until, hear: () => {}, signal: gone.signal })
  while (from.reads() === 0) await setImmediate()
  gone.abort()
  await expect(following).rejects.toThrow('abort')
  expect(from.listeners.size).toBe(0)
})
