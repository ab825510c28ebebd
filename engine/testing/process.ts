/**
 * One process of a case: an engine on the disk of the case. A crash ends it without a word,
 * and the next one opens the same disk.
 */
import type { Clock } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Ids, RunId } from '#engine/core/id.ts'
import { openMemory } from '#engine/durable/memory.ts'
import type { MemoryDisk } from '#engine/durable/memory-disk.ts'
import { openEngine, type Engine } from '#engine/runtime/engine.ts'
import type { Caller, Journal, RunLog, Store } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { States } from '#engine/runtime/states.ts'

import type { Outside } from './outside.ts'
import type { Blobs, Suite } from './suite.ts'

export interface Process {
  readonly engine: Engine
  readonly states: States
  /** Nothing that it does from now on reaches the disk or is heard. */
  end(): void
}

export interface ProcessParts {
  readonly disk: MemoryDisk
  readonly suite: Suite
  readonly clock: Clock
  readonly caller: Caller
  readonly outside: Outside
  /** Names for what has none; the run under test is named before it starts. */
  readonly ids: Ids
  heard(run: RunId, records: readonly RunRecord[]): void
  /** Whether so many records more may be written; asked once for each batch. */
  mayWrite(records: number): boolean
}

export function openProcess(parts: ProcessParts): Process {
  const { disk, suite, clock, outside, ids } = parts
  const life = { isOver: false }
  const host = openMemory(disk)
  const store = over(host.store, suite.blobs)
  const engine = openEngine({
    journal: mortal(host.journal, (count) => !life.isOver && parts.mayWrite(count)),
    store,
    logs: host.logs,
    states: host.states,
    clock,
    caller: {
      call: (request) => (life.isOver ? new Promise(() => undefined) : parts.caller.call(request)),
    },
    ids,
    checkInput: async (schema, input, what) =>
      await outside.wait(suite.checkInput(schema, input, what)),
    programs: suite.programs,
  })
  engine.watch((of, records) => {
    if (!life.isOver) parts.heard(of, records)
  })
  return {
    engine,
    states: host.states,
    end() {
      life.isOver = true
      engine.close()
    },
  }
}

/** The content store of a case: what its runs keep, over what its suite brings. */
export function storeOf(disk: MemoryDisk, blobs: Blobs): Store {
  return over(openMemory(disk).store, blobs)
}

function over(own: Store, blobs: ReadonlyMap<Digest, Uint8Array>): Store {
  return {
    put: (bytes) => own.put(bytes),
    get: (digest) => blobs.get(digest) ?? own.get(digest),
    has: (digest) => blobs.has(digest) || own.has(digest),
  }
}

/** A journal that takes nothing more once it may not. */
function mortal(journal: Journal, mayWrite: (records: number) => boolean): Journal {
  const fenced = (log: RunLog): RunLog => ({
    run: log.run,
    append: (batch) =>
      mayWrite(batch.records.length) ? log.append(batch) : new Promise(() => undefined),
    close: () => log.close(),
  })
  return {
    ...journal,
    create: (header) => fenced(journal.create(header)),
    open: (run) => fenced(journal.open(run)),
  }
}
