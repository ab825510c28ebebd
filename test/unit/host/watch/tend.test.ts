/**
 * Goal: what a watcher of many years keeps is bounded by an age, and nothing that is needed or
 * under way is touched. Method: a real directory and real runs; only the time is made up.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { collect, watchedNote } from '#engine/host/data/collect.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { openRunReader } from '#engine/host/reader.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { loadFlow } from '#engine/host/repository/load.ts'
import { freshRunId, type Session } from '#engine/host/session.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openTended } from '#engine/host/watch/tend.ts'
import { folder } from '#test/fake/disk.ts'

const day = 24 * 3_600_000
const flows = {
  'ends.flow.yaml': 'dsl: flux/1\nid: ends\nsteps:\n  - { id: a, let: 1 }\n',
  'waits.flow.yaml': 'dsl: flux/1\nid: waits\nsteps:\n  - { id: a, sleep: 1h }\n',
}

async function starting(dir: string, runs: Pick<Session, 'start' | 'follow'>, id: string) {
  const { loaded } = await loadFlow(openWorkingTree(dir), `${id}.flow.yaml`)
  if (loaded === undefined) throw new Error('the flow has mistakes')
  const run = freshRunId()
  await runs.start({ run, plan: loaded.digest, blobs: loaded.blobs, input: null, source: {} })
  await runs.follow({ run, until: 'parked', hear: () => {} })
  return run
}

function statusOf(directory: string, run: RunId): string | undefined {
  const reader = openRunReader(directory)
  const status = reader.journal.find(run)?.status
  reader.close()
  return status
}

test('ended runs go once an hour, what waits stays and goes on, and starts wait so long', async () => {
  using here = folder()
  for (const [name, text] of Object.entries(flows)) writeFileSync(join(here.path, name), text)
  const directory = join(here.path, 'data')
  prepareDataDirectory(directory)
  const memory = openWatchMemory(directory)
  let now = Date.now()
  const events: WatchEvent[] = []
  const emit = (event: WatchEvent): void => void events.push(event)
  const wish = { directory, memory, clock: { now: () => now }, emit }
  let [old, waits]: RunId[] = []
  {
    await using runs = await openTended(wish)
    old = await starting(here.path, runs, 'ends')
    now += limits.watchTidyMs * 2
    await runs.tend()
  }
  expect(statusOf(directory, old)).toBe('done')
  const db = openDatabase(directory)
  db.exec(`UPDATE run SET ended_at = ended_at - ${40 * day}`)
  db.close()
  {
    await using runs = await openTended({ ...wish, keepMs: 30 * day })
    waits = await starting(here.path, runs, 'waits')
    await runs.tend()
    expect(statusOf(directory, old)).toBe('done')
    now += limits.watchTidyMs
    const [, late] = await Promise.all([runs.tend(), starting(here.path, runs, 'ends')])
    expect(events).toMatchObject([{ event: 'freed', runs: 1 }])
    expect(statusOf(directory, old)).toBeUndefined()
    expect([statusOf(directory, waits), statusOf(directory, late)]).toEqual(['parked', 'done'])
    expect(() => collect({ directory, olderMs: day, isDry: false })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_BUSY' }),
    )
    expect(Number(memory.note(watchedNote))).toBe(now)
  }
  memory.close()
})
