/**
 * The content store in SQLite: bytes by digest, each kept once.
 *
 * What is put waits for the next batch and goes into the same transaction before it, so
 * a record never names bytes that are not there. What nothing names any more is taken out
 * by `durable/sweep/`, while no run is executed.
 */
import type { DatabaseSync } from 'node:sqlite'

import { type Digest, isDigest } from '#engine/core/digest.ts'
import { assert } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { digestOfPayload, payloadMissing } from '#engine/durable/content.ts'
import type { Store } from '#engine/runtime/ports.ts'

import type { Companion } from './commit.ts'
import { reading } from './database.ts'

export interface SqliteStore {
  readonly store: Store
  readonly companion: Companion
}

/** `flush` is called when so much waits that memory should not hold more. */
export function sqliteStore(db: DatabaseSync, flush: () => void): SqliteStore {
  const insert = db.prepare('INSERT OR IGNORE INTO payload (digest, bytes) VALUES (?, ?)')
  const { get, has } = storeReader(db)
  const queued = new Map<Digest, Uint8Array>()
  let queuedBytes = 0

  const store: Store = {
    put(bytes) {
      const digest = digestOfPayload(bytes)
      if (queued.has(digest) || has(digest)) return digest
      queued.set(digest, bytes.slice())
      queuedBytes += bytes.length
      if (queuedBytes > limits.commitPayloadBytesMax) flush()
      return digest
    },
    get: (digest) => queued.get(digest)?.slice() ?? get(digest),
    has: (digest) => queued.has(digest) || has(digest),
  }
  const companion: Companion = {
    isWaiting: () => queued.size > 0,
    write() {
      for (const [digest, bytes] of queued) insert.run(keyOf(digest), bytes)
    },
    committed() {
      queued.clear()
      queuedBytes = 0
    },
  }
  return { store, companion }
}

/** The half that needs no writer. */
export function storeReader(db: DatabaseSync): Pick<Store, 'get' | 'has'> {
  const select = db.prepare('SELECT bytes FROM payload WHERE digest = ?')
  const exists = db.prepare('SELECT 1 FROM payload WHERE digest = ?')
  return {
    get(digest) {
      const bytes = reading(() => select.get(keyOf(digest)))?.['bytes']
      if (!(bytes instanceof Uint8Array)) throw payloadMissing(digest, 'it is not in the store')
      if (digestOfPayload(bytes) !== digest) throw payloadMissing(digest, 'its bytes were changed')
      return bytes
    },
    has: (digest) => reading(() => exists.get(keyOf(digest))) !== undefined,
  }
}

function keyOf(digest: Digest): Buffer {
  assert(isDigest(digest), `"${String(digest)}" is a digest`)
  return Buffer.from(digest.slice(7), 'hex')
}
