/**
 * What every host promises of the state of flows; the same suite runs on each.
 */
import { describe, expect, test } from 'vitest'

import fc from 'fast-check'

import { limits } from '#engine/core/limits.ts'
import type { StateChange } from '#engine/runtime/states.ts'
import { type Bench, memoryBench, sqliteBench } from '#test/fake/disk.ts'
import { header, runId, started, stepDone } from '#test/fake/journal.ts'

const flow = 'demo'
const a = runId(1)
const conflict = (version: number): unknown =>
  expect.objectContaining({
    code: 'RUN_STATE_CONFLICT',
    data: expect.objectContaining({ version }) as unknown,
  })

describe.each([
  ['the memory', memoryBench],
  ['the SQLite', sqliteBench],
] as const)('state in %s host', (_, bench: () => Bench) => {
  test('keeps a value under its key, per flow, across a crash', async () => {
    using disk = bench()
    const { states } = disk.open()
    await states.change([{ flow, key: 'cursor', value: { page: 3 } }])
    await states.change([{ flow: 'other', key: 'cursor', value: 'theirs' }])
    disk.crash()
    const again = disk.open().states
    expect(again.find(flow, 'cursor')).toEqual({ key: 'cursor', value: { page: 3 }, version: 1 })
    expect(again.find('other', 'cursor')?.value).toBe('theirs')
    expect(again.find('third', 'cursor')).toBeUndefined()
  })

  test('counts versions, and never gives a key the same one twice', async () => {
    using disk = bench()
    const { states } = disk.open()
    const set = { flow, key: 'k', value: 1 }
    expect(await states.change([set, set])).toMatchObject([{ version: 1 }, { version: 2 }])
    expect(await states.change([{ flow, key: 'k' }])).toEqual([undefined])
    disk.crash()
    const again = disk.open().states
    expect(again.find(flow, 'k')).toBeUndefined()
    expect(await again.change([set])).toMatchObject([{ version: 3 }])
    expect(await again.change([{ flow, key: 'new', value: 1 }])).toMatchObject([{ version: 3 }])
  })

  test('writes only on the version that was expected', async () => {
    using disk = bench()
    const { states } = disk.open()
    await states.change([{ flow, key: 'k', value: 1, expected: 0 }])
    await expect(states.change([{ flow, key: 'k', value: 2, expected: 0 }])).rejects.toEqual(
      conflict(1),
    )
    await states.change([{ flow, key: 'k', value: 2, expected: 1 }])
    await expect(states.change([{ flow, key: 'k', expected: 1 }])).rejects.toEqual(conflict(2))
    await expect(states.change([{ flow, key: 'no', expected: 4 }])).rejects.toEqual(conflict(0))
    expect(states.find(flow, 'k')).toEqual({ key: 'k', value: 2, version: 2 })
  })

  test('lets one of many writers of a turn win', async () => {
    using disk = bench()
    const { states } = disk.open()
    const writers = Array.from({ length: 50 }, (__, i) =>
      states.change([{ flow, key: 'k', value: i, expected: 0 }]),
    )
    const ended = await Promise.allSettled(writers)
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(states.find(flow, 'k')).toEqual({ key: 'k', value: 0, version: 1 })
  })

  test('takes all changes or none', async () => {
    using disk = bench()
    const { states } = disk.open()
    const both: StateChange[] = [
      { flow, key: 'x', value: 1 },
      { flow, key: 'y', value: 1, expected: 7 },
    ]
    await expect(states.change(both)).rejects.toEqual(conflict(0))
    expect(() => states.preview(both)).toThrow(conflict(0) as Error)
    expect(states.list(flow, { prefix: '', limit: 10 })).toEqual([])
  })

  test('tells beforehand what changes would leave, and leaves nothing', () => {
    using disk = bench()
    const { states } = disk.open()
    const set = { flow, key: 'k', value: 'v' }
    expect(states.preview([set, set, { flow, key: 'k' }, set])).toEqual([
      { key: 'k', value: 'v', version: 1 },
      { key: 'k', value: 'v', version: 2 },
      undefined,
      { key: 'k', value: 'v', version: 3 },
    ])
    expect(states.find(flow, 'k')).toBeUndefined()
  })

  test('commits a change together with the records of its batch', async () => {
    using disk = bench()
    const host = disk.open()
    const log = host.journal.create(header(a))
    const states = [{ flow, key: 'seen', value: true, expected: 0 }]
    const queued = log.append({ records: [started(a), stepDone('s', 1)], states })
    expect(host.states.find(flow, 'seen')).toMatchObject({ version: 1 })
    disk.crash()
    const empty = disk.open()
    expect(empty.states.find(flow, 'seen')).toBeUndefined()
    expect(empty.journal.find(a)).toBeUndefined()
    await queued
    await host.states.settled()
    expect(host.journal.read(a)).toHaveLength(2)
    disk.crash()
  })

  test('refuses a batch whose version is not there, and takes nothing of it', async () => {
    using disk = bench()
    const host = disk.open()
    const log = host.journal.create(header(a))
    await log.append({ records: [started(a)] })
    const late = { records: [stepDone('s', 1)], states: [{ flow, key: 'k', expected: 2 }] }
    await expect(log.append(late)).rejects.toEqual(conflict(0))
    await log.append({ records: [stepDone('t', 1)] })
    expect(host.journal.read(a)).toEqual([started(a), stepDone('t', 1)])
    expect(host.verify(a)).toMatchObject({ ok: true, records: 2 })
  })

  test('lists by prefix and page in the order of the bytes, what is queued included', async () => {
    using disk = bench()
    const { states } = disk.open()
    const keys = ['b', 'a/2', 'a/1', 'a', 'a/\u{1F600}', 'a/\uFFFD', 'A', 'a0']
    await states.change(keys.map((key, value) => ({ flow, key, value })))
    void states.change([
      { flow, key: 'a/1' },
      { flow, key: 'a/3', value: 9 },
    ])
    const found = states.list(flow, { prefix: 'a/', limit: 3 })
    expect(found.map(({ key }) => key)).toEqual(['a/2', 'a/3', 'a/\uFFFD'])
    const rest = states.list(flow, { prefix: 'a/', limit: 3, after: 'a/\uFFFD' })
    expect(rest.map(({ key }) => key)).toEqual(['a/\u{1F600}'])
    expect(states.list(flow, { prefix: '', limit: 2 }).map(({ key }) => key)).toEqual(['A', 'a'])
    await states.settled()
    expect(states.list(flow, { prefix: 'a/', limit: 9 })).toHaveLength(4)
  })

  test.each([
    ['an empty key', '', 1, 'RUN_INPUT_REFUSED'],
    ['a key with a line break', 'a\nb', 1, 'RUN_INPUT_REFUSED'],
    ['half a character', '\ud800', 1, 'RUN_INPUT_REFUSED'],
    ['a long key', 'k'.repeat(limits.stateKeyCharsMax + 1), 1, 'RUN_INPUT_REFUSED'],
    ['a large value', 'k', 'v'.repeat(limits.stateValueCharsMax), 'RUN_LIMIT_EXCEEDED'],
  ])('refuses %s', async (__, key, value, code) => {
    using disk = bench()
    const { states } = disk.open()
    await expect(states.change([{ flow, key, value }])).rejects.toMatchObject({ code })
    expect(states.list(flow, { prefix: '', limit: 1 })).toEqual([])
  })
})

/** A value is what the last write of its key left, whatever came between. */
test('both hosts agree on any course of writes and crashes', async () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ key, value: fc.integer(), expected: fc.option(fc.nat(3), { nil: undefined }) }),
    fc.record({ key }),
    fc.constant('crash' as const),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      using memory = memoryBench()
      using sqlite = sqliteBench()
      const seen = await Promise.all([memory, sqlite].map(async (disk) => await play(disk, steps)))
      expect(seen[0]).toEqual(seen[1])
    }),
    { numRuns: 25 },
  )
})

type Step = 'crash' | { key: string; value?: number; expected?: number | undefined }

async function play(disk: Bench, steps: readonly Step[]): Promise<unknown> {
  const seen: unknown[] = []
  let { states } = disk.open()
  for (const step of steps) {
    if (step === 'crash') {
      disk.crash()
      states = disk.open().states
      continue
    }
    const { expected, ...rest } = step
    const change = { flow, ...rest, ...(expected === undefined ? {} : { expected }) }
    seen.push(await states.change([change]).catch((error: { code: string }) => error.code))
  }
  return [seen, states.list(flow, { prefix: '', limit: 9 })]
}
