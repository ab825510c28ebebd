/**
 * Goal: a journal that was changed on the disk is never taken for the truth. Method: change
 * rows with SQL and bits of the file at random, then read.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { openReader, openSqlite } from '#engine/durable/sqlite/open.ts'
import type { Stored } from '#engine/runtime/ports.ts'
import { folder } from '#test/fake/disk.ts'
import { header, runId, started, stepDone } from '#test/fake/journal.ts'

const runs = Array.from({ length: 8 }, (_, i) => runId(i + 1))

/** Eight runs that have ended, each with six batches of two records. */
async function fill(dir: string): Promise<ReadonlyMap<string, readonly Stored[]>> {
  const host = openSqlite(dir)
  for (const run of runs) {
    const log = host.journal.create(header(run))
    await log.append({ records: [started(run), stepDone('a', run)] })
    for (let i = 0; i < 4; i++) await log.append({ records: [stepDone('b', i), stepDone('c', i)] })
    const records = [stepDone('d', 1), stepDone('e', 1)]
    await log.append({ records, status: 'done', endedAt: 5 })
    log.close()
  }
  const stored = new Map(runs.map((run) => [run, host.journal.readStored(run)]))
  await host.close()
  return stored
}

test.each([
  [
    'a changed record',
    'UPDATE batch SET records = replace(records, \'"b"\', \'"x"\') WHERE place = 1 << 32 | 4',
    4,
  ],
  ['a changed hash', 'UPDATE batch SET head = zeroblob(32) WHERE place = 1 << 32 | 6', 6],
  ['a record that is no text', 'UPDATE batch SET records = char(0) WHERE place = 1 << 32 | 2', 2],
  ['a batch taken from the middle', 'DELETE FROM batch WHERE place = 1 << 32 | 6', 6],
  ['the last batch taken', 'DELETE FROM batch WHERE place = 1 << 32 | 10', 10],
  ['all batches taken', 'DELETE FROM batch WHERE place >> 32 = 1', 0],
  ['a batch moved', 'UPDATE batch SET place = 1 << 32 | 7 WHERE place = 1 << 32 | 6', 6],
  [
    'two batches exchanged',
    `UPDATE batch SET place = 99 WHERE place = 1 << 32 | 4;
     UPDATE batch SET place = 1 << 32 | 4 WHERE place = 1 << 32 | 6;
     UPDATE batch SET place = 1 << 32 | 6 WHERE place = 99`,
    4,
  ],
  [
    'the records of another run',
    `DELETE FROM batch WHERE place >> 32 = 1;
     UPDATE batch SET place = place - (1 << 32) WHERE place >> 32 = 2`,
    0,
  ],
  [
    'a record added',
    "UPDATE batch SET records = records || char(10) || '{}' WHERE place = 1 << 32 | 10",
    10,
  ],
])('finds %s', async (_, sql, seq) => {
  using dir = folder()
  const before = await fill(dir.path)
  const db = openDatabase(dir.path)
  db.exec(sql)
  db.close()
  const [run = runId(0)] = runs
  const reader = openReader(dir.path)
  expect(reader?.verify(run)).toMatchObject({ ok: false, seq })
  for (const read of [() => reader?.journal.read(run), () => reader?.journal.readStored(run)]) {
    expect(read).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_CHAIN_BROKEN',
        data: expect.objectContaining({ run, seq }) as unknown,
      }),
    )
  }
  expect(reader?.journal.readStored(runId(8))).toEqual(before.get(runId(8)))
  reader?.close()
})

test('finds payload bytes that were changed', async () => {
  using dir = folder()
  const host = openSqlite(dir.path)
  const digest = host.store.put(new TextEncoder().encode('the truth'))
  await host.close()
  const db = openDatabase(dir.path)
  db.exec("UPDATE payload SET bytes = CAST('the trash' AS BLOB)")
  db.close()
  const reader = openReader(dir.path)
  expect(() => reader?.store.get(digest)).toThrow(
    expect.objectContaining({ code: 'JOURNAL_PAYLOAD_MISSING' }),
  )
  reader?.close()
})

test('gives the right records or an error, whichever bit of the file is flipped', async () => {
  using dir = folder()
  const before = await fill(dir.path)
  const path = join(dir.path, 'journal.db')
  const bytes = readFileSync(path)
  const seen = new Map<string, number>()
  const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)

  const readAll = (): void => {
    const reader = openReader(dir.path)
    try {
      for (const run of runs) {
        try {
          expect(reader?.journal.readStored(run)).toEqual(before.get(run))
          note('right')
        } catch (error) {
          if (!(error instanceof IonError)) throw error
          note(error.code)
        }
      }
    } finally {
      reader?.close()
    }
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (place, bit) => {
      const flipped = Buffer.from(bytes)
      flipped[place] = (flipped[place] ?? 0) ^ (1 << bit)
      writeFileSync(path, flipped)
      try {
        readAll()
      } catch (error) {
        if (!(error instanceof IonError)) throw error
        note(error.code)
      }
    }),
    { numRuns: 400 },
  )
  const known = ['right', 'JOURNAL_CHAIN_BROKEN', 'JOURNAL_READ_FAILED', 'RUN_NOT_FOUND']
  expect(known.concat('JOURNAL_VERSION_UNKNOWN')).toEqual(expect.arrayContaining([...seen.keys()]))
  expect(seen.get('JOURNAL_CHAIN_BROKEN')).toBeGreaterThan(20)
})
