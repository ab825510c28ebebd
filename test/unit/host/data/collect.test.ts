/**
 * Goal: what is freed is what nothing needs, and a run that stays can be read, replayed and
 * carried on. Method: real directories, with runs, blobs, files of runs and states in them.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { type RunId, runIdFrom } from '#engine/core/id.ts'
import { openBlobs } from '#engine/durable/blobs.ts'
import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { openReader, openSqlite } from '#engine/durable/sqlite/open.ts'
import { forgetRuns, runsToForget } from '#engine/durable/sweep/runs.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { collect, watchedNote } from '#engine/host/data/collect.ts'
import { takeLease } from '#engine/host/lease.ts'
import type { RunStatus } from '#engine/runtime/ports.ts'
import { recordVersion, type RunRecord } from '#engine/runtime/record.ts'

const day = 86_400_000
const made: string[] = []
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true })
})

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-gc-'))
  made.push(dir)
  return dir
}

interface Told {
  readonly n: number
  readonly daysAgo?: number
  readonly status?: RunStatus
  readonly parent?: RunId
  /** Kept in the content store, and named by the output of the run. */
  readonly value?: string
  /** Named by the output as a handle. */
  readonly blob?: Digest
}

/** Writes runs as an engine would, and gives the ids and what they name. */
async function tell(dir: string, runs: readonly Told[]): Promise<readonly RunId[]> {
  const durable = openSqlite(dir)
  const ids: RunId[] = []
  for (const { n, daysAgo = 0, status = 'done', parent, value, blob } of runs) {
    const run = runIdFrom(1_700_000_000_000 + n, new Uint8Array(10))
    const at = Date.now() - daysAgo * day
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    const plan = durable.store.put(bytes(JSON.stringify({ plan: n })))
    const started: RunRecord = {
      kind: 'run.started',
      v: recordVersion,
      at,
      run,
      flow: 'f',
      plan,
      input: { value: null },
      source: {},
    }
    const output =
      value === undefined
        ? { value: { $blob: blob ?? null } }
        : { ref: durable.store.put(bytes(value)), bytes: value.length }
    const done: RunRecord = { kind: 'run.done', at, output }
    const header = { run, flow: 'f', plan, status: 'running', startedAt: at } as const
    const log = durable.journal.create(parent === undefined ? header : { ...header, parent })
    const isOver = status === 'done'
    await log.append({
      records: isOver ? [started, done] : [started],
      status,
      ...(isOver ? { endedAt: at } : {}),
    })
    ids.push(run)
  }
  await durable.close()
  return ids
}

async function blobIn(dir: string, text: string): Promise<Digest> {
  const writer = await openBlobs(join(dir, 'blobs')).create()
  await writer.write(new TextEncoder().encode(text))
  return (await writer.finish()).digest
}

/** Old enough to be freed. */
function age(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const then = new Date(Date.now() - day)
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), then, then)
  }
}

const runsIn = (dir: string): readonly string[] => {
  const reader = openReader(dir)
  if (reader === undefined) throw new Error('there is a journal')
  try {
    return reader.journal.list({ limit: 100 }).map(({ run }) => run)
  } finally {
    reader.close()
  }
}

test('runs that ended long ago go with all that only they name', async () => {
  const dir = directory()
  const [mine, shared] = [await blobIn(dir, 'only the old one'), await blobIn(dir, 'both')]
  await blobIn(dir, 'nobody')
  age(join(dir, 'blobs'))
  const text = 'x'.repeat(5_000)
  const [old = '', fresh = ''] = await tell(dir, [
    { n: 1, daysAgo: 40, value: `${mine} ${shared} ${text}` },
    { n: 2, daysAgo: 3, blob: shared },
  ])
  for (const run of [old, fresh]) {
    mkdirSync(join(dir, 'artifacts', run), { recursive: true })
    writeFileSync(join(dir, 'artifacts', run, 'report.txt'), 'hello')
  }
  const wish = { directory: dir, olderMs: 30 * day }
  const expected = {
    runs: 1,
    values: { count: 2 },
    blobs: { count: 2 },
    artifacts: { count: 1, bytes: 5 },
  }
  expect(collect({ ...wish, isDry: true })).toMatchObject(expected)
  expect(runsIn(dir)).toHaveLength(2)
  expect(collect({ ...wish, isDry: false })).toMatchObject(expected)
  expect(runsIn(dir)).toEqual([fresh])
  expect(await openBlobs(join(dir, 'blobs')).size(shared)).toBe(4)
  expect(readdirSync(join(dir, 'artifacts'))).toEqual([fresh])
  expect(collect({ ...wish, isDry: false })).toMatchObject({ runs: 0, values: { count: 0 } })
  const reader = openReader(dir)
  expect(reader?.verify(fresh as RunId)).toMatchObject({ ok: true, records: 2 })
  reader?.close()
  // Numbers of rows are given anew; nothing of the old runs comes back with them.
  await tell(dir, [{ n: 3 }])
  expect(runsIn(dir)).toHaveLength(2)
})

test('a tree of runs stays as long as one of them is under way or young', async () => {
  const dir = directory()
  const [parent] = await tell(dir, [{ n: 1, daysAgo: 40 }])
  if (parent === undefined) throw new Error('it was told')
  const [child] = await tell(dir, [{ n: 2, daysAgo: 40, parent }])
  if (child === undefined) throw new Error('it was told')
  await tell(dir, [{ n: 3, daysAgo: 39, status: 'parked', parent: child }])
  await tell(dir, [{ n: 4, daysAgo: 40, parent }])
  expect(collect({ directory: dir, olderMs: 30 * day, isDry: false }).runs).toBe(0)
  const other = directory()
  const [top] = await tell(other, [{ n: 1, daysAgo: 40 }])
  if (top === undefined) throw new Error('it was told')
  await tell(other, [{ n: 2, daysAgo: 40, parent: top }])
  expect(collect({ directory: other, olderMs: 30 * day, isDry: false }).runs).toBe(2)
  expect(runsIn(other)).toEqual([])
})

test('without an age every run stays, and what states and activations name', async () => {
  const dir = directory()
  const [held, active] = [await blobIn(dir, 'in a state'), await blobIn(dir, 'active')]
  const durable = openSqlite(dir)
  const value = durable.store.put(new TextEncoder().encode(`plan of ${active}`))
  const lost = durable.store.put(new TextEncoder().encode('nobody names this'))
  await durable.close()
  for (const [name, digest] of [
    ['watch.db', value],
    ['mirrors.db', held],
  ] as const) {
    const db = openDatabase(dir, name)
    db.exec('CREATE TABLE later_release (body TEXT NOT NULL) STRICT')
    db.prepare('INSERT INTO later_release VALUES (?)').run(JSON.stringify({ plan: digest }))
    db.close()
  }
  age(join(dir, 'blobs'))
  await tell(dir, [{ n: 1, daysAgo: 400 }])
  const freed = collect({ directory: dir, isDry: false })
  expect(freed).toMatchObject({ runs: 0, values: { count: 1 }, blobs: { count: 0 } })
  const reader = openReader(dir)
  expect([value, lost].map((digest) => reader?.store.has(digest))).toEqual([true, false])
  reader?.close()
})

test('what a sweep left that died after it took runs out is freed by the next one', async () => {
  const dir = directory()
  const mine = await blobIn(dir, 'of the old one')
  age(join(dir, 'blobs'))
  const [, fresh] = await tell(dir, [
    { n: 1, daysAgo: 40, blob: mine },
    { n: 2, value: 'y'.repeat(5_000) },
  ])
  const db = openDatabase(dir)
  forgetRuns(db, runsToForget(db, Date.now() - 30 * day))
  db.close()
  const freed = collect({ directory: dir, isDry: false })
  expect(freed).toMatchObject({ runs: 0, values: { count: 1 }, blobs: { count: 1 } })
  const reader = openReader(dir)
  expect(reader?.verify(fresh as RunId)).toMatchObject({ ok: true })
  reader?.close()
})

test('young files stay, and nothing is freed under a process that works', async () => {
  const dir = directory()
  await tell(dir, [{ n: 1 }])
  await blobIn(dir, 'young')
  writeFileSync(join(dir, 'blobs', 'new-half'), 'half')
  writeFileSync(join(dir, 'blobs', 'note.txt'), 'of somebody else')
  expect(collect({ directory: dir, isDry: false }).blobs.count).toBe(0)
  age(join(dir, 'blobs'))
  {
    using _ = takeLease(dir)
    expect(() => collect({ directory: dir, isDry: false })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_BUSY' }),
    )
    expect(collect({ directory: dir, isDry: true }).blobs.count).toBe(2)
  }
  expect(collect({ directory: dir, isDry: false }).blobs.count).toBe(2)
  expect(readdirSync(join(dir, 'blobs')).filter((name) => name.length > 2)).toEqual(['note.txt'])
})

test('where a watcher starts runs, those of the last day stay', async () => {
  const dir = directory()
  const [, fresh] = await tell(dir, [
    { n: 1, daysAgo: 2 },
    { n: 2, daysAgo: 0.5 },
  ])
  openWatchMemory(dir).close()
  expect(collect({ directory: dir, olderMs: 0, isDry: false }).runs).toBe(1)
  expect(runsIn(dir)).toEqual([fresh])
})

test('where a watcher has been away for long, those of its last day stay too', async () => {
  const dir = directory()
  const [, asked, newest] = await tell(dir, [
    { n: 1, daysAgo: 22 },
    { n: 2, daysAgo: 20.5 },
    { n: 3, daysAgo: 20.6 },
  ])
  const memory = openWatchMemory(dir)
  memory.setNote(watchedNote, String(Date.now() - 20 * day))
  expect(collect({ directory: dir, olderMs: day, isDry: false }).runs).toBe(1)
  expect(runsIn(dir)).toEqual([newest, asked])
  memory.setNote(watchedNote, String(Date.now()))
  memory.close()
  // The newest stays: a watcher reads the journal on from where it ended.
  expect(collect({ directory: dir, olderMs: day, isDry: false }).runs).toBe(1)
  expect(runsIn(dir)).toEqual([newest])
})

test('where nothing ran there is nothing to free', () => {
  const dir = join(directory(), 'none')
  expect(collect({ directory: dir, isDry: true })).toMatchObject({ runs: 0 })
  expect(existsSync(dir)).toBe(false)
})
