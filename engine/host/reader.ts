/**
 * Reads the runs of a data directory beside whoever writes there; takes no lease.
 */
import type { DurableReader } from '#engine/durable/durable.ts'
import { openReader } from '#engine/durable/sqlite/open.ts'
import { IonError } from '#engine/core/error.ts'

export type RunReader = DurableReader

/** The runs of `directory`; none where nothing ran yet. */
export function openRunReader(directory: string): RunReader {
  return openReader(directory) ?? emptyReader(directory)
}

function emptyReader(directory: string): RunReader {
  const none = (): never => {
    throw new IonError('RUN_NOT_FOUND', `Nothing has run in "${directory}" yet.`, {
      data: { directory },
    })
  }
  return {
    journal: {
      read: none,
      readStored: none,
      find: () => undefined,
      list: () => [],
      unfinished: () => [],
      dueTimers: () => [],
      nextDue: () => undefined,
      waiting: () => [],
      outbox: () => [],
    },
    store: { get: none, has: () => false },
    states: { find: () => undefined, list: () => [] },
    logs: { read: none },
    verify: none,
    close: () => {},
  }
}
