/**
 * What pure steps gave, in SQLite: outputs by the digest of code and input.
 *
 * Writes ride with the next commit, or come shortly after it; a crash may take them, and the
 * next run computes again. Over its bounds the cache forgets what served longest ago.
 */
import type { DatabaseSync } from 'node:sqlite'

import { hash } from 'node:crypto'

import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { CacheQuestion, Kept, StepCache } from '#engine/runtime/cache/port.ts'
import type { Payload } from '#engine/runtime/record.ts'

import type { Companion, GroupCommit } from './commit.ts'
import { reading } from './database.ts'

export interface SqliteCache {
  readonly cache: StepCache
  readonly companion: Companion
}

/** Entries, and about how many bytes they take. */
interface Size {
  entries: number
  bytes: number
}

interface CacheLimits {
  readonly bytesMax: number
  readonly entriesMax: number
}

const bounds = { bytesMax: limits.cacheBytesMax, entriesMax: limits.cacheEntriesMax }
/** What a row takes beside its output. */
const rowBytes = 200

export function sqliteCache(
  db: DatabaseSync,
  commit: () => Pick<GroupCommit<unknown>, 'nudge'>,
  within: CacheLimits = bounds,
): SqliteCache {
  const statement = statementsOf(db)
  const known = new Map<string, boolean>()
  const queued = new Map<string, Queued>()
  /** Keys that served, hex. */
  const served = new Set<string>()
  /** Counts what is used: the order is all that matters. */
  let clock: number | undefined
  let size: Size | undefined

  const tick = (): number => (clock = (clock ?? statement.lastUsed()) + 1)
  const cache: StepCache = {
    hasAny(code) {
      const found = known.get(code)
      if (found !== undefined) return found
      if (known.size >= limits.cacheCodesKnownMax) known.clear()
      const isThere = statement.hasCode(hash('sha256', code, 'buffer'))
      known.set(code, isThere)
      return isThere
    },
    find(question) {
      const key = keyOf(question)
      const found = queued.get(key)?.kept ?? statement.find(key)
      if (found !== undefined && served.size < limits.cacheQueueMax) served.add(key)
      return found
    },
    keep(question, kept) {
      known.set(question.code, true)
      if (queued.size >= limits.cacheQueueMax) return
      queued.set(keyOf(question), { code: question.code, kept })
      commit().nudge()
    },
  }
  const companion: Companion = {
    // What only served waits for a commit of something else.
    isWaiting: () => queued.size > 0,
    write() {
      for (const key of served) statement.serve(key, tick())
      if (queued.size === 0) return
      size ??= statement.size()
      for (const [key, one] of queued) add(size, statement.put(key, one, tick()))
      while (size.bytes > within.bytesMax || size.entries > within.entriesMax) {
        const freed = statement.dropOldest()
        if (freed === 0) break
        add(size, { entries: -1, bytes: -freed })
      }
    },
    committed() {
      queued.clear()
      served.clear()
    },
  }
  return { cache, companion }
}

interface Queued {
  readonly code: string
  readonly kept: Kept
}

function add(to: Size, by: Size): void {
  to.entries += by.entries
  to.bytes += by.bytes
}

function keyOf({ code, input }: CacheQuestion): string {
  return hash('sha256', `${code}\n${input}`, 'hex')
}

interface Statements {
  hasCode(code: Buffer): boolean
  find(key: string): Kept | undefined
  serve(key: string, used: number): void
  /** What the cache grew by. */
  put(key: string, one: Queued, used: number): Size
  /** The bytes that it took; 0 when there is nothing left. */
  dropOldest(): number
  size(): Size
  lastUsed(): number
}

function statementsOf(db: DatabaseSync): Statements {
  const hasCode = db.prepare('SELECT 1 FROM kept WHERE code = ? LIMIT 1')
  const find = db.prepare('SELECT output, run, at FROM kept WHERE key = ?')
  const bytesOf = db.prepare('SELECT bytes FROM kept WHERE key = ?')
  const serve = db.prepare('UPDATE kept SET used = ? WHERE key = ?')
  const put = db.prepare(
    `INSERT INTO kept (key, code, output, bytes, run, at, used) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET output = excluded.output, bytes = excluded.bytes,
       run = excluded.run, at = excluded.at, used = excluded.used`,
  )
  const drop = db.prepare(
    'DELETE FROM kept WHERE id = (SELECT id FROM kept ORDER BY used LIMIT 1) RETURNING bytes',
  )
  const size = db.prepare('SELECT count(*) AS entries, total(bytes) AS bytes FROM kept')
  const lastUsed = db.prepare('SELECT max(used) AS used FROM kept')
  return {
    hasCode: (code) => reading(() => hasCode.get(code)) !== undefined,
    find(key) {
      const row = reading(() => find.get(Buffer.from(key, 'hex')))
      if (row === undefined) return undefined
      const { output, run, at } = row as { output: string; run: RunId; at: number }
      return { output: JSON.parse(output) as Payload, run, at }
    },
    serve: (key, used) => void serve.run(used, Buffer.from(key, 'hex')),
    put(key, { code, kept }, used) {
      const id = Buffer.from(key, 'hex')
      const before = bytesOf.get(id)?.['bytes']
      const output = JSON.stringify(kept.output)
      const bytes = rowBytes + output.length
      const codeId = hash('sha256', code, 'buffer')
      put.run(id, codeId, output, bytes, kept.run, Math.floor(kept.at), used)
      return before === undefined
        ? { entries: 1, bytes }
        : { entries: 0, bytes: bytes - Number(before) }
    },
    dropOldest: () => Number(drop.get()?.['bytes'] ?? 0),
    size: () => size.get() as unknown as Size,
    lastUsed: () => Number(lastUsed.get()?.['used'] ?? 0),
  }
}
