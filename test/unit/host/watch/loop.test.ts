/**
 * Goal: the loop looks at what is due, sees what others did, and lets no repository stop it.
 * Method: versions as texts, a sync that does what a test says, the clock of the machine.
 */
import { expect, test } from 'vitest'

import { systemClock } from '#engine/durable/system.ts'
import { rollBack } from '#engine/host/activate/activate.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openLoop, type LoopParts, type WatchLoop } from '#engine/host/watch/loop.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { flow, type Place, place, type Texts } from '#test/unit/host/activate/parts.ts'

interface Bench extends AsyncDisposable {
  readonly loop: WatchLoop
  readonly events: WatchEvent[]
  readonly loads: string[]
  /** Begins to work. */
  run(): void
  /** The next event of this kind, after those that were taken. */
  next<E extends WatchEvent['event']>(kind: E): Promise<WatchEvent & { readonly event: E }>
}

function bench(at: Place, sync: LoopParts['sync'], more: Partial<LoopParts['starts']> = {}): Bench {
  const clock = systemClock()
  const events: WatchEvent[] = []
  const loads: string[] = []
  const stop = new AbortController()
  let heard = Promise.withResolvers<void>()
  let taken = 0
  let working: Promise<void> | undefined
  const loop = openLoop({
    activator: { ...at.parts, clock },
    clock,
    sync,
    tidy: async () => {},
    report: async () => {},
    pulls: async () => {},
    releases: async () => {},
    emit: (event) => {
      events.push(event)
      heard.resolve()
      heard = Promise.withResolvers()
    },
    hearing: { load: () => {}, drop: () => {}, hear: async () => {} },
    starts: {
      load: ({ id }) => loads.push(`${id} ${at.memory.active(id)?.n ?? 0}`),
      drop: (id) => loads.push(`${id} gone`),
      nextAt: () => undefined,
      fireDue: async () => {},
      hearRefs: async () => {},
      ...more,
    },
  })
  return {
    loop,
    events,
    loads,
    run: () => {
      working = loop.run(stop.signal)
    },
    next: async (kind) => {
      for (;;) {
        const found = events.findIndex((event, i) => i >= taken && event.event === kind)
        if (found !== -1) {
          taken = found + 1
          return events[found] as never
        }
        await heard.promise
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await working
    },
  }
}

const same = { isChanged: false, status: 'current' }
const hourly = (hour: number): Texts => flow('a.example', `schedule: { cron: "0 ${hour} * * *" }`)
/** Nothing is due by itself. */
const atRest = (at: Place): void => {
  for (const { id } of at.mirrors.list())
    at.mirrors.apply(id, { polling: { nextAt: Date.now() + 3_600_000, failures: 0 } })
}

test('what is approved while nobody watches, and while it does, becomes active', async () => {
  using at = place()
  at.push(hourly(9))
  atRest(at)
  await using one = bench(at, async () => same)
  one.run()
  const { planDigest } = await one.next('held')
  at.memory.approve({ planDigest: planDigest as never, name: 'root', at: 1 })
  expect(await one.next('activated')).toMatchObject({ flows: 1 })
  expect(one.loads).toEqual(['m1 0', 'm1 1'])
})

test('a rollback and a release by another process are seen', async () => {
  using at = place()
  at.push(hourly(9))
  atRest(at)
  await using one = bench(at, async () => same)
  one.run()
  const { planDigest } = await one.next('held')
  at.memory.approve({ planDigest: planDigest as never, name: 'root', at: 1 })
  await one.next('activated')
  const second = at.push(hourly(10))
  one.loop.markDirty('m1')
  expect(await one.next('activated')).toMatchObject({ commit: second })
  rollBack(at.parts, at.mirror())
  at.mirrors.apply('m1', { hold: null })
  expect(await one.next('activated')).toMatchObject({ commit: second })
  expect(one.loads.at(-1)).toBe('m1 4')
})

test('what changes while it is looked at is looked at again', async () => {
  using at = place()
  atRest(at)
  const looks: PromiseWithResolvers<void>[] = []
  let begun = Promise.withResolvers<void>()
  await using one = bench(at, async () => {
    const look = Promise.withResolvers<void>()
    looks.push(look)
    begun.resolve()
    begun = Promise.withResolvers()
    await look.promise
    return same
  })
  one.run()
  for (const expected of [1, 2]) {
    const next = begun.promise
    one.loop.markDirty('m1')
    if (expected === 2) looks[0]?.resolve()
    await next
    expect(looks).toHaveLength(expected)
  }
  looks[1]?.resolve()
})

test('a repository that cannot be looked at stops no other one', async () => {
  using at = place()
  const other: Mirror = { ...at.mirror(), id: 'm2', name: 'acme/other' }
  at.mirrors.add(other)
  atRest(at)
  await using one = bench(at, async ({ id }) => {
    if (id === 'm1') throw new Error('it exploded')
    return { isChanged: true, status: 'behind' }
  })
  await one.loop.once()
  expect(one.events).toContainEqual({
    event: 'problem',
    about: 'acme/flows',
    code: 'RUN_INTERNAL',
    message: 'it exploded',
  })
  expect(one.events).toContainEqual({ event: 'synced', mirror: 'acme/other', status: 'behind' })
})

test('schedules that cannot be read keep none of another mirror from starting', async () => {
  using at = place()
  at.mirrors.add({ ...at.mirror(), id: 'm2', name: 'acme/other' })
  atRest(at)
  const loaded: string[] = []
  let isBroken = true
  let fired = 0
  await using one = bench(at, async () => same, {
    load: ({ id }) => {
      if (id === 'm1' && isBroken) throw new Error('it cannot be read')
      loaded.push(id)
    },
    fireDue: async () => {
      fired += 1
      isBroken = false
    },
  })
  one.run()
  expect(await one.next('problem')).toMatchObject({
    about: 'acme/flows',
    message: 'it cannot be read',
  })
  while (!loaded.includes('m1')) await new Promise((resolve) => setImmediate(resolve))
  expect(loaded).toEqual(['m2', 'm1'])
  expect(fired).toBeGreaterThan(0)
})

test('a mirror that is removed is let go of', async () => {
  using at = place()
  atRest(at)
  await using one = bench(at, async () => same)
  await one.loop.once()
  at.mirrors.remove('m1')
  one.run()
  while (!one.loads.includes('m1 gone')) await new Promise((resolve) => setImmediate(resolve))
  expect(one.events.filter(({ event }) => event === 'problem')).toEqual([])
})

test('one look tells a version that is held once, after the sync that may bring a newer one', async () => {
  using at = place()
  at.push(hourly(1))
  await using it = bench(at, async () => {
    at.push(hourly(2))
    return await Promise.resolve({ ...same, isChanged: true })
  })
  await it.loop.once()
  expect(it.events.map(({ event }) => event)).toEqual(['synced', 'held'])
})

test('what was approved becomes active also where the remote cannot be asked', async () => {
  using at = place()
  at.push(hourly(1))
  await using it = bench(at, async () => {
    await Promise.resolve()
    throw new Error('no way there')
  })
  await it.loop.once()
  expect(it.events.map(({ event }) => event)).toEqual(['problem', 'held'])
})
