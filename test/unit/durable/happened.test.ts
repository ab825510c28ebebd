/**
 * Goal: whoever looks later sees each event and each end of a run once, in the order of their
 * commits, and no more of them are kept than is said.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { type RunId, runIdFrom } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'
import { openHappened } from '#engine/durable/watch/happened.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import type { Batch } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ionflux-happened-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const id = (n: number): RunId => runIdFrom(n, new Uint8Array(10).fill(n))
const header = (n: number) =>
  ({
    run: id(n),
    flow: `f${n}`,
    plan: digestOfText('plan'),
    status: 'running',
    startedAt: n,
  }) as const
const begins = (n: number) => ({ kind: 'run.started', at: n, run: id(n) }) as unknown as RunRecord

test('events and ends are seen once, with who said them', async () => {
  const durable = openSqlite(dir)
  const [one, two] = [durable.journal.create(header(1)), durable.journal.create(header(2))]
  const event = { id: 'e1', subject: 's', data: { value: { kind: 'run.done' } } }
  await one.append({ records: [begins(1)], events: [event] })
  await two.append({ records: [begins(2)] })
  await durable.journal.publish({ id: 'e2', subject: 's.t', data: { value: 2 }, key: 'k' })
  await durable.journal.publish({ id: 'e2', subject: 's.t', data: { value: 2 }, key: 'k' })
  const done = (at: number): Batch => ({
    records: [{ kind: 'run.done', at, output: { value: { kind: 'run.failed' } } }],
    status: 'done',
    endedAt: at,
  })
  await two.append(done(3))
  await one.append(done(4))

  const happened = openHappened(dir)
  expect(happened?.said(0, 10)).toMatchObject([
    { n: 1, id: 'e1', data: { kind: 'run.done' }, run: id(1) },
    { n: 2, id: 'e2', subject: 's.t', data: 2, key: 'k' },
  ])
  expect(happened?.said(0, 10)[1]).not.toHaveProperty('run')
  expect(happened?.said(1, 10)).toHaveLength(1)
  const { ends = [], upTo = 0 } = happened?.ended(0, 10) ?? {}
  expect(ends).toMatchObject([
    { run: id(2), flow: 'f2', seq: 1, record: { kind: 'run.done', at: 3 } },
    { run: id(1), flow: 'f1', seq: 1 },
  ])
  expect(happened?.ended(upTo, 10)).toEqual({ ends: [], upTo })
  expect(happened?.ended(0, 1)).toEqual({ ends: [], upTo: 1 })
  expect(happened?.latest()).toEqual({ said: 2, batch: upTo })
  expect([happened?.began(id(1)), happened?.began(id(9))]).toEqual([begins(1), undefined])
  happened?.close()
  await durable.close()
})

test('no more events are kept than are promised', async () => {
  const kept = limits.eventsKeptMax
  ;(limits as { eventsKeptMax: number }).eventsKeptMax = 3
  try {
    const durable = openSqlite(dir)
    for (let n = 0; n < 5; n++)
      await durable.journal.publish({ id: `e${n}`, subject: 's', data: { value: n } })
    const happened = openHappened(dir)
    expect(happened?.said(0, 10).map(({ data }) => data)).toEqual([2, 3, 4])
    happened?.close()
    await durable.close()
  } finally {
    ;(limits as { eventsKeptMax: number }).eventsKeptMax = kept
  }
})

test('where nothing ever ran nothing happened', () => {
  expect(openHappened(dir)).toBeUndefined()
})

test('the first time of a mark stays, until it is forgotten', () => {
  const memory = openWatchMemory(dir)
  expect([memory.firstAt('hook a', 5), memory.firstAt('hook a', 9)]).toEqual([5, 5])
  memory.mark('hoof', 1)
  memory.forget('hook ', 6)
  expect([memory.firstAt('hook a', 9), memory.isMarked('hoof')]).toEqual([9, true])
  memory.close()
})
