/**
 * What is kept of pure steps from run to run, on both hosts, and its bounds in SQLite.
 */
import { expect, test } from 'vitest'

import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { sqliteCache } from '#engine/durable/sqlite/cache.ts'
import { migrate } from '#engine/durable/sqlite/migrate.ts'
import { folder, memoryBench, sqliteBench } from '#test/fake/disk.ts'
import { header, runId, started } from '#test/fake/journal.ts'

const question = (n: number): { code: string; input: string } => ({ code: 'c', input: String(n) })

test.each([
  ['memory', memoryBench],
  ['sqlite', sqliteBench],
])('%s finds an output under its code and input alone, after a restart too', async (_, bench) => {
  using disk = bench()
  const host = disk.open()
  const asked = { code: 'unit main', input: '{"n":1}' }
  const kept = { output: { value: { n: 2 } }, run: runId(1), at: 7 }
  expect(host.cache.hasAny(asked.code)).toBe(false)
  expect(host.cache.find(asked)).toBeUndefined()
  host.cache.keep(asked, kept)
  expect(host.cache.hasAny(asked.code)).toBe(true)
  expect(host.cache.find(asked)).toEqual(kept)
  await host.journal.create(header(runId(1))).append({ records: [started(runId(1))] })
  disk.crash()
  const again = disk.open()
  expect(again.cache.hasAny(asked.code)).toBe(true)
  expect(again.cache.find(asked)).toEqual(kept)
  expect(again.cache.hasAny('unit other')).toBe(false)
  expect(again.cache.find({ ...asked, code: 'unit other' })).toBeUndefined()
  expect(again.cache.find({ ...asked, input: '{"n":2}' })).toBeUndefined()
  again.cache.keep(asked, { ...kept, run: runId(2), output: { value: 3 } })
  expect(again.cache.find(asked)).toEqual({ output: { value: 3 }, run: runId(2), at: 7 })
})

test.each([
  ['entries', { entriesMax: 3, bytesMax: 1_000_000 }],
  ['bytes', { entriesMax: 1_000, bytesMax: 3_900 }],
])('forgets what served longest ago when it has too many %s', (_, within) => {
  using dir = folder()
  const db = openDatabase(dir.path)
  migrate(db)
  const { cache, companion } = sqliteCache(db, () => ({ nudge: () => undefined }), within)
  const commit = (): void => {
    companion.write()
    companion.committed()
  }
  const value = 'x'.repeat(1_000)
  for (const n of [1, 2, 3]) {
    cache.keep(question(n), { output: { value }, run: runId(n), at: n })
    commit()
  }
  expect(cache.find(question(1))?.at).toBe(1)
  commit()
  cache.keep(question(4), { output: { value }, run: runId(4), at: 4 })
  expect(companion.isWaiting()).toBe(true)
  commit()
  expect(companion.isWaiting()).toBe(false)
  expect([1, 2, 3, 4].filter((n) => cache.find(question(n)) !== undefined)).toEqual([1, 3, 4])
  // What takes the place of an entry is counted once.
  for (const at of [5, 6, 7]) {
    cache.keep(question(4), { output: { value }, run: runId(4), at })
    commit()
  }
  expect([1, 3, 4].map((n) => cache.find(question(n))?.at)).toEqual([1, 3, 7])
  db.close()
})
