/**
 * Goal: a schedule and a push start each run once, whatever dies in between and however often
 * the watcher is started again.
 */
import { describe, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { StartRequest } from '#engine/host/owner.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openStarts, type Starts } from '#engine/host/watch/starts.ts'
import type { ActiveFlow, NewActivation } from '#engine/mirror/activate/memory.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import { type Place, place } from '#test/unit/host/activate/parts.ts'

const begin = Date.parse('2026-05-01T00:00:00Z')
const minute = 60_000

interface Bench {
  readonly starts: Starts
  readonly started: Map<RunId, StartRequest>
  readonly events: WatchEvent[]
  fail: boolean
}

/** A watcher that has just begun; runs are those of the data directory. */
function bench(at: Place, started = new Map<RunId, StartRequest>()): Bench {
  const made: Bench = {
    started,
    events: [],
    fail: false,
    starts: openStarts({
      memory: at.memory,
      mirrors: at.mirrors,
      repositoryOf: () => '/repository',
      emit: (event) => made.events.push(event),
      start: async (request) => {
        if (made.fail) throw new IonError('JOURNAL_WRITE_FAILED', 'The disk is full.')
        if (JSON.stringify(request.input).includes('break'))
          throw new IonError('JOURNAL_PAYLOAD_MISSING', 'Its code is gone.')
        if (JSON.stringify(request.input).includes('refuse'))
          throw new IonError('RUN_INPUT_REFUSED', 'No.')
        started.set(request.run, request)
      },
    }),
  }
  made.starts.load(at.mirror())
  return made
}

function activate(at: Place, on: ActiveFlow['on'], when = begin): void {
  const [blob] = at.mirrors.content.putAll([new Uint8Array([1])])
  if (blob === undefined) throw new Error('no blob')
  const flow: ActiveFlow = { id: 'a', file: 'a.flow.yaml', plan: blob, blobs: [blob], on }
  const activation: NewActivation = {
    mirror: 'm1',
    kind: 'activated',
    commit: 'c'.repeat(40) as CommitId,
    tree: blob,
    at: when,
    planDigest: blob,
    approvals: [],
    flows: [flow],
  }
  at.memory.activate(activation, at.memory.active('m1')?.n ?? 0)
}

const schedule = (cron: string, more: object = {}) => ({ schedule: { cron, ...more } })

describe('a schedule', () => {
  test('fires when it is due, with the time as its event', async () => {
    using at = place()
    activate(at, schedule('*/10 * * * *', { inputs: { when: '${{ event.time }}' } }))
    const { starts, started, events } = bench(at)
    expect(starts.nextAt()).toBe(begin + 10 * minute)
    await starts.fireDue(begin + 9 * minute)
    expect(started.size).toBe(0)
    await starts.fireDue(begin + 10 * minute)
    await starts.fireDue(begin + 10 * minute + 1)
    expect([...started.values()]).toMatchObject([
      {
        input: { when: '2026-05-01T00:10:00.000Z' },
        source: { repository: '/repository', commit: 'c'.repeat(40), mirror: 'm1' },
        blobs: [new Uint8Array([1])],
      },
    ])
    expect(events).toMatchObject([{ event: 'started', flow: 'a', trigger: 'schedule/0' }])
    expect(starts.nextAt()).toBe(begin + 20 * minute)
  })

  test('is neither skipped nor doubled by a restart at any moment', async () => {
    using at = place()
    activate(at, schedule('*/10 * * * *', { catchup: 'all' }))
    const first = bench(at)
    first.fail = true
    await expect(first.starts.fireDue(begin + 10 * minute)).rejects.toThrow('disk')
    const second = bench(at, first.started)
    await second.starts.fireDue(begin + 10 * minute)
    // Died after the start, before that was noted.
    at.memory.setNote('schedules m1', '{}')
    const third = bench(at, first.started)
    await third.starts.fireDue(begin + 31 * minute)
    expect([...first.started.values()].map(({ event }) => event)).toMatchObject(
      ['10', '20', '30'].map((time) => ({ time: `2026-05-01T00:${time}:00.000Z` })),
    )
  })

  test('that was not looked at for long lets go of what nobody wants, and says so', async () => {
    using at = place()
    activate(at, schedule('*/10 * * * *'))
    const { starts, started, events } = bench(at)
    await starts.fireDue(begin + 35 * minute)
    expect(started.size).toBe(0)
    expect(events).toMatchObject([{ event: 'skipped', times: 3 }])
  })

  test('begins when it became active; one that stays the same goes on where it was', async () => {
    using at = place()
    activate(at, schedule('*/10 * * * *', { catchup: 'all' }))
    const one = bench(at)
    activate(at, schedule('*/10 * * * *', { catchup: 'all' }), begin + 25 * minute)
    one.starts.load(at.mirror())
    await one.starts.fireDue(begin + 25 * minute)
    expect(one.started.size).toBe(2)
    activate(at, schedule('*/5 * * * *', { catchup: 'all' }), begin + 58 * minute)
    one.starts.load(at.mirror())
    await one.starts.fireDue(begin + 60 * minute)
    expect(one.started.size).toBe(3)
    activate(at, null, begin + 61 * minute)
    one.starts.load(at.mirror())
    expect(one.starts.nextAt()).toBeUndefined()
    activate(at, schedule('*/5 * * * *', { catchup: 'all' }), begin + 90 * minute)
    one.starts.load(at.mirror())
    await one.starts.fireDue(begin + 91 * minute)
    expect(one.started.size).toBe(3)
    one.starts.drop('m1')
    expect(one.starts.nextAt()).toBeUndefined()
  })

  test('whose inputs no run takes is told once, and does not stop the others', async () => {
    using at = place()
    const both = [
      { id: 'bad', cron: '*/10 * * * *', inputs: { x: 'refuse' } },
      { id: 'odd', cron: '*/10 * * * *', inputs: { x: '${{ event.none.y }}' } },
      { id: 'good', cron: '*/10 * * * *' },
    ]
    activate(at, { schedule: both })
    const { starts, started, events } = bench(at)
    for (const later of [0, 1]) await starts.fireDue(begin + 10 * minute + later)
    expect(started.size).toBe(1)
    expect(events).toMatchObject([
      { event: 'refused', code: 'RUN_INPUT_REFUSED' },
      { event: 'refused', code: 'RUN_EXPRESSION_FAILED' },
      { event: 'started', trigger: 'schedule/good' },
    ])
  })
})

test('a schedule that cannot start now keeps no other from starting, and stays due', async () => {
  using at = place()
  const broken = { id: 'broken', cron: '*/10 * * * *', inputs: { x: 'break' } }
  activate(at, { schedule: [broken, { id: 'good', cron: '*/10 * * * *' }] })
  const { starts, started } = bench(at)
  const now = begin + 10 * minute
  await expect(starts.fireDue(now)).rejects.toMatchObject({ code: 'JOURNAL_PAYLOAD_MISSING' })
  expect([...started.values()].map(({ event }) => event)).toMatchObject([{ trigger: 'good' }])
  expect(starts.nextAt()).toBe(now)
})

describe('a ref', () => {
  const see = (at: Place, ref: string, digit: string, firstSeen: number): void => {
    const oid = digit.repeat(40)
    const old = at.mirrors.refs('m1').filter((row) => row.ref === ref && row.goneAt === undefined)
    const gone = old.map((row) => ({ ...row, goneAt: firstSeen }))
    at.mirrors.apply('m1', { refs: [...gone, { ref, oid, commit: oid, firstSeen }] })
  }
  const on = { git: { push: ['main'], tag: ['v*'] } }

  test('starts the flows that want it once, with where it was before', async () => {
    using at = place()
    see(at, 'refs/heads/main', '1', begin - 1)
    activate(at, on)
    const { starts, started } = bench(at)
    await starts.hearRefs(at.mirror())
    expect(started.size).toBe(0)
    see(at, 'refs/heads/main', '2', begin + 1)
    see(at, 'refs/tags/v1', '3', begin + 2)
    see(at, 'refs/tags/other', '4', begin + 3)
    for (const again of [bench(at, started), bench(at, started)])
      await again.starts.hearRefs(at.mirror())
    expect([...started.values()].map(({ event }) => event)).toMatchObject([
      { kind: 'push', branch: 'main', commit: '2'.repeat(40), before: '1'.repeat(40) },
      { kind: 'tag', tag: 'v1', before: null },
    ])
  })

  test('that could not start its run starts it later, and only that', async () => {
    using at = place()
    activate(at, on)
    see(at, 'refs/heads/main', '2', begin + 1)
    const one = bench(at)
    one.fail = true
    await expect(one.starts.hearRefs(at.mirror())).rejects.toThrow('disk')
    one.fail = false
    for (let i = 0; i < 2; i++) await one.starts.hearRefs(at.mirror())
    expect(one.started.size).toBe(1)
  })

  test('starts nothing of a mirror that has nothing active', async () => {
    using at = place()
    see(at, 'refs/heads/main', '2', begin + 1)
    const { starts, started } = bench(at)
    await starts.hearRefs(at.mirror())
    expect(started.size).toBe(0)
  })
})
