/**
 * What every host promises: one suite, run on each (`contract.test.ts`).
 *
 * `open` opens the same disk again and again; `crash` drops the host as a dead process
 * would, without closing it.
 */
import { describe, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import type { RunId } from '#engine/core/id.ts'
import { chainNext, chainStart } from '#engine/durable/chain.ts'
import type { Durable } from '#engine/durable/durable.ts'
import type { RunStatus } from '#engine/runtime/ports.ts'

import type { Bench } from '#test/fake/disk.ts'
import { header, plan, runId, started, stepDone, timerSet } from '#test/fake/journal.ts'

export function contract(name: string, bench: () => Bench): void {
  describe(`${name} journal`, () => {
    const a = runId(1)
    const b = runId(2)

    /** Begins a run with one record and lets go of it. */
    async function begin(host: Durable, run: RunId, status: RunStatus = 'running'): Promise<void> {
      const log = host.journal.create(header(run, { status }))
      await log.append({ records: [started(run)] })
      log.close()
    }

    test('reads back what was appended, in order', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a))
      await log.append({ records: [started(a)] })
      await log.append({ records: [stepDone('x', 1), stepDone('y', 'ü\n\u2028\ud800')] })
      expect(host.journal.read(a)).toEqual([
        started(a),
        stepDone('x', 1),
        stepDone('y', 'ü\n\u2028\ud800'),
      ])
    })

    test('numbers and chains the records, each over the one before it', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a))
      await log.append({ records: [started(a), stepDone('x', 1)] })
      await log.append({ records: [stepDone('y', 2)] })
      const records = [started(a), stepDone('x', 1), stepDone('y', 2)]
      let hash = chainStart(a)
      const expected = records.map((record, seq) => {
        hash = chainNext(hash, JSON.stringify(record))
        return { seq, record, hash }
      })
      expect(host.journal.readStored(a)).toEqual(expected)
      expect(host.verify(a)).toEqual({ ok: true, records: 3, head: hash })
    })

    test('shows a run no earlier than its first batch', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a))
      expect(host.journal.find(a)).toBeUndefined()
      await log.append({ records: [started(a)] })
      expect(host.journal.find(a)).toEqual(header(a))
    })

    test('goes on at the end of a run that is opened again', async () => {
      using disk = bench()
      await begin(disk.open(), a)
      disk.crash()
      const host = disk.open()
      const log = host.journal.open(a)
      await log.append({ records: [stepDone('x', 1)] })
      expect(host.journal.readStored(a).map(({ seq }) => seq)).toEqual([0, 1])
      expect(host.verify(a)).toMatchObject({ ok: true, records: 2 })
    })

    test('opens a run whose last batch is still queued', async () => {
      using disk = bench()
      const host = disk.open()
      const first = host.journal.create(header(a))
      const queued = first.append({ records: [started(a)] })
      first.close()
      const second = host.journal.open(a)
      await Promise.all([queued, second.append({ records: [stepDone('x', 1)] })])
      expect(host.journal.read(a)).toHaveLength(2)
    })

    test('keeps runs that are written in one turn apart', async () => {
      using disk = bench()
      const host = disk.open()
      const logs = [a, b].map((run) => host.journal.create(header(run)))
      await Promise.all(logs.map((log) => log.append({ records: [started(log.run)] })))
      await Promise.all(logs.map((log) => log.append({ records: [stepDone('x', log.run)] })))
      for (const run of [a, b]) {
        expect(host.journal.read(run)).toEqual([started(run), stepDone('x', run)])
      }
    })

    test('shares one promise among the batches of a turn', () => {
      using disk = bench()
      const host = disk.open()
      const one = host.journal.create(header(a)).append({ records: [started(a)] })
      const two = host.journal.create(header(b)).append({ records: [started(b)] })
      expect(one).toBe(two)
    })

    test('says that a run is not here', () => {
      using disk = bench()
      const host = disk.open()
      const asks = [
        () => host.journal.open(a),
        () => host.journal.read(a),
        () => host.journal.readStored(a),
        () => host.verify(a),
      ]
      for (const ask of asks) {
        expect(ask).toThrow(expect.objectContaining({ code: 'RUN_NOT_FOUND', data: { run: a } }))
      }
      expect(host.journal.find(a)).toBeUndefined()
    })

    test('refuses a second writer of a run, and a second run of the same name', async () => {
      using disk = bench()
      const { journal } = disk.open()
      const log = journal.create(header(a))
      await log.append({ records: [started(a)] })
      expect(() => journal.open(a)).toThrow('open twice')
      log.close()
      expect(() => journal.create(header(a))).toThrow('created before')
      await expect(log.append({ records: [stepDone('x', 1)] })).rejects.toThrow('closed')
      expect(journal.read(a)).toEqual([started(a)])
    })

    test('keeps the header in step with the batches', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a, { parent: b }))
      await log.append({ records: [started(a)], status: 'parked' })
      expect(host.journal.find(a)).toEqual(header(a, { parent: b, status: 'parked' }))
      await log.append({ records: [stepDone('x', 1)] })
      expect(host.journal.find(a)?.status).toBe('parked')
      await log.append({ records: [stepDone('y', 1)], status: 'done', endedAt: 99 })
      expect(host.journal.find(a)).toEqual(header(a, { parent: b, status: 'done', endedAt: 99 }))
      await log.append({ records: [stepDone('z', 1)], status: 'running' })
      expect(host.journal.find(a)).toEqual(header(a, { parent: b }))
    })

    test('lists newest first, by status, by flow, by page', async () => {
      using disk = bench()
      const host = disk.open()
      const runs = [5, 3, 4, 1, 2].map((n) => runId(n))
      const statuses: RunStatus[] = ['running', 'done', 'parked', 'running', 'failed']
      for (const [i, run] of runs.entries()) {
        const flow = i % 2 === 0 ? 'even' : 'odd'
        const log = host.journal.create(header(run, { flow }))
        const status = statuses[i] as RunStatus
        await log.append({ records: [started(run, flow)], status, endedAt: 9 })
      }
      const ids = (query: Parameters<typeof host.journal.list>[0]): readonly RunId[] =>
        host.journal.list(query).map(({ run }) => run)
      const newest = runs.toReversed()
      expect(ids({ limit: 10 })).toEqual(newest)
      expect(ids({ limit: 2 })).toEqual(newest.slice(0, 2))
      expect(ids({ limit: 2, before: newest[1] as RunId })).toEqual(newest.slice(2, 4))
      expect(ids({ limit: 10, before: runId(77) })).toEqual([])
      expect(ids({ limit: 10, status: 'running' })).toEqual([runs[3], runs[0]])
      expect(ids({ limit: 10, flow: 'odd' })).toEqual([runs[3], runs[1]])
      expect(ids({ limit: 10, flow: 'odd', status: 'done' })).toEqual([runs[1]])
      expect(host.journal.unfinished()).toEqual([runs[0], runs[3]])
    })

    test('finds due timers, soonest first, and the next one', async () => {
      using disk = bench()
      const host = disk.open()
      expect(host.journal.nextDue()).toBeUndefined()
      for (const [run, due] of [[a, 30] as const, [b, 20] as const]) {
        await host.journal.create(header(run)).append({
          records: [started(run), timerSet('wait', due)],
          timers: [
            { path: 'wait', timer: 'sleep', due },
            { path: 'wait', timer: 'timeout', due: 50 },
          ],
        })
      }
      expect(host.journal.nextDue()).toBe(20)
      expect(host.journal.dueTimers(19, 9)).toEqual([])
      const first = { run: b, path: 'wait', timer: 'sleep', due: 20 }
      expect(host.journal.dueTimers(20, 9)).toEqual([first])
      expect(host.journal.dueTimers(50, 9)).toEqual([
        first,
        { run: a, path: 'wait', timer: 'sleep', due: 30 },
        { run: a, path: 'wait', timer: 'timeout', due: 50 },
        { run: b, path: 'wait', timer: 'timeout', due: 50 },
      ])
      expect(host.journal.dueTimers(50, 1)).toEqual([first])
    })

    test('moves a timer, takes it back, and drops those of a run that ends', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a))
      const change = (due: number | undefined, status?: RunStatus): Promise<void> =>
        log.append({
          records: [stepDone('x', 1)],
          timers: [{ path: 'p', timer: 'retry', ...(due === undefined ? {} : { due }) }],
          ...(status === undefined ? {} : { status }),
        })
      await change(10.5)
      expect(host.journal.dueTimers(10.9, 9)).toEqual([])
      expect(host.journal.nextDue()).toBe(11)
      await change(40)
      expect(host.journal.nextDue()).toBe(40)
      await change(undefined)
      expect(host.journal.nextDue()).toBeUndefined()
      await change(60)
      await change(70, 'cancelled')
      expect(host.journal.nextDue()).toBeUndefined()
    })

    test('loses what was never acknowledged, keeps what was', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a))
      await log.append({ records: [started(a)] })
      void log.append({ records: [stepDone('x', 1)] })
      disk.crash()
      const again = disk.open()
      expect(again.journal.read(a)).toEqual([started(a)])
    })

    test('commits what is queued when it is closed, and takes nothing after', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a))
      const queued = log.append({ records: [started(a)] })
      await host.close()
      await queued
      await expect(log.append({ records: [stepDone('x', 1)] })).rejects.toMatchObject({
        code: 'JOURNAL_WRITE_FAILED',
      })
      await host.close()
      expect(disk.open().journal.read(a)).toEqual([started(a)])
    })

    test('keeps payloads by digest, once, with the next batch', async () => {
      using disk = bench()
      const host = disk.open()
      const bytes = new TextEncoder().encode('{"large":true}')
      const digest = host.store.put(bytes)
      expect(host.store.put(bytes.slice())).toBe(digest)
      bytes[0] = 0
      expect(new TextDecoder().decode(host.store.get(digest))).toBe('{"large":true}')
      expect(host.store.has(digest)).toBe(true)
      await begin(host, a)
      disk.crash()
      const again = disk.open()
      expect(again.store.has(digest)).toBe(true)
      expect(new TextDecoder().decode(again.store.get(digest))).toBe('{"large":true}')
      expect(again.store.put(again.store.get(digest))).toBe(digest)
    })

    test('says that a payload is not here, or too large', () => {
      using disk = bench()
      const { store } = disk.open()
      const digest = `sha256:${'0'.repeat(64)}` as Digest
      expect(store.has(digest)).toBe(false)
      expect(() => store.get(digest)).toThrow(
        expect.objectContaining({ code: 'JOURNAL_PAYLOAD_MISSING' }),
      )
      expect(() => store.put(new Uint8Array(64 * 1024 * 1024 + 1))).toThrow(
        expect.objectContaining({ code: 'RUN_LIMIT_EXCEEDED' }),
      )
    })

    test('gives the log lines of a run in order, cut to the limit', async () => {
      using disk = bench()
      const host = disk.open()
      await begin(host, a)
      host.logs.write(a, 'x', { at: 1, level: 'info', text: 'first' })
      host.logs.write(a, 'y', { at: 2, level: 'error', text: 'z'.repeat(10_000) })
      expect(host.logs.read(a)).toEqual([
        { path: 'x', at: 1, level: 'info', text: 'first' },
        { path: 'y', at: 2, level: 'error', text: 'z'.repeat(8_192) },
      ])
      expect(host.logs.read(b)).toEqual([])
    })

    test('sees a header that contradicts the first record', async () => {
      using disk = bench()
      const host = disk.open()
      const log = host.journal.create(header(a, { flow: 'other' }))
      await log.append({ records: [started(a)] })
      expect(host.verify(a)).toMatchObject({ ok: false, seq: 0 })
      expect(host.journal.find(a)?.plan).toBe(plan)
    })
  })
}
