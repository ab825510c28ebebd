/**
 * A host in memory, in two parts: the disk (`memory-disk.ts`), which outlives a crash, and
 * the host, which is what one process knows.
 *
 * To crash, drop the host and open the disk again: exactly the committed batches are
 * there. No timers and no chance: a commit happens in the next microtask, or when a
 * simulation says so. For tests, simulation and runs that need not outlive their process.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError, assert } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { Batch, Logs, RunHeader, RunLog, Store } from '#engine/runtime/ports.ts'
import type { Outgoing } from '#engine/runtime/waits/port.ts'

import { digestOfPayload, payloadMissing, takenOver } from './content.ts'
import type { Durable } from './durable.ts'
import { memoryCache } from './memory-cache.ts'
import { keepEvent } from './memory-waits.ts'
import { type MemoryDisk, keep, memoryDisk, memoryReader } from './memory-disk.ts'
import { keepStates, stateRowsOn } from './memory-states.ts'
import { StateBook, type StateWrite } from './states.ts'

export interface MemoryHost extends Durable {
  /** Commits all that is queued as one group. Throws what `onWrite` throws. */
  flush(): void
  /** How many batches wait for a commit. */
  queued(): number
}

export interface MemoryOptions {
  /** `manual`: nothing becomes durable before `flush()`. */
  readonly commit?: 'microtask' | 'manual'
}

/** Opens `disk`, a new one by default. */
export function openMemory(
  disk: MemoryDisk = memoryDisk(),
  options: MemoryOptions = {},
): MemoryHost {
  const payloads = new Map<Digest, Uint8Array>()
  const group = memoryCommit(disk, payloads, options)
  const states = new StateBook(stateRowsOn(disk), (writes) => group.append({ writes, texts: [] }))
  const { verify, journal: reader } = memoryReader(disk)
  const open = new Set<RunId>()

  const log = (header: RunHeader): RunLog => {
    const { run } = header
    assert(!open.has(run), `run ${run} is open twice`)
    open.add(run)
    let isOpen = true
    return {
      run,
      append(batch) {
        if (!isOpen) return Promise.reject(new Error('broken assumption: the log is closed'))
        const texts = batch.records.map((record) => JSON.stringify(record))
        const put = (writes: readonly StateWrite[] = []): Promise<void> =>
          group.append({ of: { header, batch }, texts, writes })
        return batch.states === undefined ? put() : states.carry(batch.states, put)
      },
      close() {
        if (isOpen) open.delete(run)
        isOpen = false
      },
    }
  }
  const journal = {
    ...reader,
    create(header: RunHeader): RunLog {
      const isNew = !disk.runs.has(header.run) && !group.isQueued(header.run)
      assert(isNew, `run ${header.run} was created before`)
      return log(header)
    },
    open(run: RunId): RunLog {
      if (group.isQueued(run)) group.flush()
      const header = reader.find(run)
      if (header !== undefined) return log(header)
      throw new IonError('RUN_NOT_FOUND', `There is no run "${run}" here.`, { data: { run } })
    },
    publish: (event: Outgoing) => group.append({ ...noRecords, publish: event }),
    delivered: (id: string) => group.append({ ...noRecords, delivered: id }),
    close: group.close,
  }
  const store = memoryStore(disk, payloads)
  const { close, flush, queued } = group
  const logs = memoryLogs(disk)
  return { journal, store, states, logs, cache: memoryCache(disk), verify, close, flush, queued }
}

const noRecords = { texts: [], writes: [] } as const

interface Waiting {
  /** Absent for changes that no batch carries. */
  readonly of?: { readonly header: RunHeader; readonly batch: Batch }
  readonly texts: readonly string[]
  readonly writes: readonly StateWrite[]
  readonly publish?: Outgoing
  /** The id of an event that has reached everybody. */
  readonly delivered?: string
}

interface MemoryCommit {
  append(entry: Waiting): Promise<void>
  isQueued(run: RunId): boolean
  flush(): void
  queued(): number
  close(): Promise<void>
}

/** Makes payloads and entries part of the disk, as one. */
function commit(
  disk: MemoryDisk,
  payloads: Map<Digest, Uint8Array>,
  entries: readonly Waiting[],
): void {
  disk.onWrite?.(disk.commits + 1, 'before')
  disk.commits += 1
  for (const [digest, bytes] of payloads) disk.payloads.set(digest, bytes)
  payloads.clear()
  for (const { of, texts, writes, publish, delivered } of entries) {
    if (of !== undefined) keep(disk, { ...of, texts })
    keepStates(disk, writes)
    if (publish !== undefined) keepEvent(disk.mail, publish)
    if (delivered !== undefined) disk.mail.outbox.delete(delivered)
  }
  disk.onWrite?.(disk.commits, 'after')
}

/** The group commit of `sqlite/commit.ts`, without a disk that takes time. */
function memoryCommit(
  disk: MemoryDisk,
  payloads: Map<Digest, Uint8Array>,
  options: MemoryOptions,
): MemoryCommit {
  let queue: Waiting[] = []
  let done: PromiseWithResolvers<void> | undefined
  let failed: IonError | undefined
  let isCrashed = false
  const mine = (disk.writer += 1)

  const flush = (): void => {
    if (isCrashed || failed !== undefined || (queue.length === 0 && payloads.size === 0)) return
    const waiting = { entries: queue, done }
    queue = []
    done = undefined
    try {
      if (disk.writer !== mine) throw takenOver()
      commit(disk, payloads, waiting.entries)
      waiting.done?.resolve()
    } catch (error) {
      if (error instanceof IonError) {
        failed = error
        waiting.done?.reject(error)
      } else isCrashed = true
      throw error
    }
  }
  const flushSoon = (): void => {
    try {
      flush()
    } catch {
      // Whoever waits for the commit was told, or is dead.
    }
  }
  return {
    append(entry) {
      if (isCrashed) return new Promise(() => undefined)
      if (failed !== undefined) return Promise.reject(failed)
      queue.push(entry)
      if (done === undefined) {
        done = Promise.withResolvers<void>()
        done.promise.catch(() => undefined)
        if (options.commit !== 'manual') queueMicrotask(flushSoon)
      }
      return done.promise
    },
    isQueued: (run) => queue.some(({ of }) => of?.header.run === run),
    flush,
    queued: () => queue.length,
    async close() {
      flush()
      failed ??= new IonError('JOURNAL_WRITE_FAILED', 'The journal is closed.')
    },
  }
}

function memoryStore(disk: MemoryDisk, queued: Map<Digest, Uint8Array>): Store {
  return {
    put(bytes) {
      const digest = digestOfPayload(bytes)
      if (!disk.payloads.has(digest)) queued.set(digest, bytes.slice())
      return digest
    },
    get(digest) {
      const bytes = queued.get(digest) ?? disk.payloads.get(digest)
      if (bytes === undefined) throw payloadMissing(digest, 'it is not in the store')
      return bytes.slice()
    },
    has: (digest) => queued.has(digest) || disk.payloads.has(digest),
  }
}

/** Written at once: a line more or less after a crash is nobody's harm. */
function memoryLogs(disk: MemoryDisk): Logs {
  return {
    write(run, path, line) {
      const lines = disk.logs.get(run) ?? []
      disk.logs.set(run, lines)
      lines.push({ ...line, path, text: line.text.slice(0, limits.logCharsMax) })
    },
    read: (run) => [...(disk.logs.get(run) ?? [])],
  }
}
