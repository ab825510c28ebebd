/**
 * Goal: who waits and what is on its way change with the batch that says so, on every host.
 */
import { expect, test } from 'vitest'

import type { Durable } from '#engine/durable/durable.ts'
import type { FindWaiting, Outgoing, Wait } from '#engine/runtime/waits/port.ts'
import { memoryBench, sqliteBench } from '#test/fake/disk.ts'
import { header, runId, started, stepDone } from '#test/fake/journal.ts'

const event = (topic: string, key = '', subject = topic): Wait => ({
  kind: 'event',
  topic,
  key,
  wanted: { subject, match: { n: 1 } },
})
const find = (topics: readonly string[], keys: readonly string[] = ['']): FindWaiting => ({
  kind: 'event',
  topics,
  keys,
  limit: 9,
})
const said = (id: string): Outgoing => ({ id, subject: 'a', data: { value: { ü: id } } })

const benches = [
  ['memory', memoryBench],
  ['sqlite', sqliteBench],
] as const

test.each(benches)('%s finds who waits by topic and key, oldest run first', async (_, bench) => {
  using disk = bench()
  const host = disk.open()
  for (const n of [2, 1]) {
    const log = host.journal.create(header(runId(n)))
    await log.append({
      records: [started(runId(n))],
      waits: [
        { path: 'y', wait: event('a') },
        { path: 'x', wait: event('a.>', 'k', 'a.*') },
        { path: 'ok', wait: { kind: 'approval' } },
      ],
    })
  }
  const paths = (query: FindWaiting): readonly string[] =>
    host.journal.waiting(query).map(({ run, path }) => `${run === runId(1) ? 1 : 2} ${path}`)
  expect(paths(find(['a']))).toEqual(['2 y', '1 y'])
  expect(paths(find(['a', 'a.>'], ['', 'k', 'z']))).toEqual(['2 x', '2 y', '1 x', '1 y'])
  expect(paths(find(['a.>']))).toEqual([])
  const after = { run: runId(2), path: 'x' }
  expect(paths({ ...find(['a', 'a.>'], ['', 'k']), after, limit: 2 })).toEqual(['2 y', '1 x'])
  expect(paths({ kind: 'approval', limit: 1 })).toEqual(['2 ok'])
  expect(host.journal.waiting(find(['a.>'], ['k']))[0]).toEqual({
    run: runId(2),
    path: 'x',
    wanted: { subject: 'a.*', match: { n: 1 } },
  })
})

test.each(benches)(
  '%s forgets who waits no more, and changes what is waited for',
  async (_, bench) => {
    using disk = bench()
    const host = disk.open()
    const log = host.journal.create(header(runId(1)))
    await log.append({ records: [started(runId(1))], waits: [{ path: 'x', wait: event('a') }] })
    await log.append({ records: [], waits: [{ path: 'x', wait: event('b') }] })
    expect(host.journal.waiting(find(['a', 'b']))).toMatchObject([{ wanted: { subject: 'b' } }])
    await log.append({ records: [stepDone('x', 1)], waits: [{ path: 'x' }] })
    expect(host.journal.waiting(find(['a', 'b']))).toEqual([])
  },
)

test.each(benches)('%s keeps events on their way until they are delivered', async (_, bench) => {
  using disk = bench()
  let host: Durable = disk.open()
  const log = host.journal.create(header(runId(1)))
  await log.append({ records: [started(runId(1))], events: [said('e1'), said('e2')] })
  await host.journal.publish(said('e3'))
  await host.journal.publish(said('e1'))
  void log.append({ records: [stepDone('x', 1)], events: [said('lost')] })
  disk.crash()
  host = disk.open()
  expect(host.journal.outbox(9)).toEqual([said('e1'), said('e2'), said('e3')])
  expect(host.journal.outbox(1)).toEqual([said('e1')])
  await host.journal.delivered('e2')
  await host.journal.delivered('nobody knows')
  expect(host.journal.outbox(9).map(({ id }) => id)).toEqual(['e1', 'e3'])
})

test.each(benches)('%s tells places that are held from those in the queue', async (_, bench) => {
  using disk = bench()
  const host = disk.open()
  const slot = (key: string, isHeld: boolean): Wait => ({ kind: 'slot', key, isHeld })
  for (const [n, key] of [
    [1, 'a'],
    [2, 'a'],
    [3, 'b'],
  ] as const) {
    const log = host.journal.create(header(runId(n)))
    await log.append({
      records: [started(runId(n))],
      waits: [{ path: '', wait: slot(key, false) }],
    })
    if (n === 1) await log.append({ records: [], waits: [{ path: '', wait: slot(key, true) }] })
  }
  const places = (isHeld: boolean, key?: string): readonly unknown[] =>
    host.journal
      .waiting({ kind: 'slot', isHeld, limit: 9, ...(key === undefined ? {} : { key }) })
      .map((one) => [one.run, one.key])
  expect(places(true)).toEqual([[runId(1), 'a']])
  expect(places(false)).toEqual([
    [runId(2), 'a'],
    [runId(3), 'b'],
  ])
  expect(places(false, 'b')).toEqual([[runId(3), 'b']])
  expect(places(true, 'b')).toEqual([])
})

test.each(benches)('%s finds runs that wait for others of their key', async (_, bench) => {
  using disk = bench()
  const host = disk.open()
  for (const [n, key] of ['a', 'b', 'a'].entries()) {
    const log = host.journal.create(header(runId(n + 1)))
    const waits = [{ path: '', wait: { kind: 'debounce', key } }] as const
    await log.append({ records: [started(runId(n + 1))], waits })
    if (n === 0) await log.append({ records: [], waits: [{ path: '' }] })
  }
  const found = (key?: string): readonly unknown[] =>
    host.journal
      .waiting({ kind: 'debounce', limit: 9, ...(key === undefined ? {} : { key }) })
      .map((one) => [one.run, one.key])
  expect(found()).toEqual([
    [runId(2), 'b'],
    [runId(3), 'a'],
  ])
  expect(found('a')).toEqual([[runId(3), 'a']])
  expect(host.journal.waiting({ kind: 'slot', isHeld: false, limit: 9 })).toEqual([])
})
