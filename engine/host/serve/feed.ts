/**
 * Gives one follower every durable record of a run once and in order, at the follower's pace.
 *
 * What is durable already comes from the journal, later records as they become durable.
 * Records go out in pieces, the next one when the last one was taken. Of a follower that
 * falls far behind nothing is kept in memory: it is served from the journal again.
 */
import { setImmediate } from 'node:timers/promises'

import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { Engine } from '#engine/runtime/engine.ts'
import type { Journal, RunStatus } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

/** What a follower asks for. */
export interface FollowRequest {
  readonly run: RunId
  /** How many records were heard before. */
  readonly seen: number
  readonly until: 'ended' | 'parked'
  /** The next records come when this has resolved. */
  hear(records: readonly RunRecord[]): void | Promise<void>
  /** Aborts when nobody hears any more. */
  readonly signal?: AbortSignal
}

export interface FeedPorts {
  readonly engine: Pick<Engine, 'watch' | 'wait'>
  readonly journal: Pick<Journal, 'find' | 'read'>
}

/** Follows until the run has ended, or waits where that is enough, and all of it was heard. */
export async function feed(
  { engine, journal }: FeedPorts,
  { run, seen, until, hear, signal }: FollowRequest,
): Promise<RunStatus> {
  const news = openNews()
  const stop = engine.watch((of, records) => {
    if (of === run) news.add(records)
  })
  signal?.addEventListener('abort', news.ring, { once: true })
  // At once: an engine that is closed in the meantime answers only who waits already.
  const end = ending(engine.wait(run, until), news.ring)
  let heard = seen
  const pass = async (records: readonly RunRecord[]): Promise<void> => {
    for (let at = 0; at < records.length; at += limits.followRecordsPerPiece) {
      const piece = records.slice(at, at + limits.followRecordsPerPiece)
      heard += piece.length
      await hear(piece)
      await setImmediate()
      signal?.throwIfAborted()
    }
  }
  /** After a turn of the event loop everybody has heard what is durable: nothing is twice or never. */
  const catchUp = async (): Promise<void> => {
    await setImmediate()
    news.restart()
    await pass(journal.find(run) === undefined ? [] : journal.read(run).slice(heard))
  }
  try {
    await catchUp()
    for (;;) {
      const isOver = end.status !== undefined
      const records = news.take()
      if (records === undefined) await catchUp()
      else await pass(records)
      if (end.failure !== undefined) throw end.failure.error
      if (isOver && news.isEmpty()) return end.status as RunStatus
      await news.rung()
      signal?.throwIfAborted()
    }
  } finally {
    stop()
    signal?.removeEventListener('abort', news.ring)
  }
}

interface Ending {
  status?: RunStatus
  failure?: { readonly error: unknown }
}

function ending(status: Promise<RunStatus>, ring: () => void): Ending {
  const end: Ending = {}
  status
    .then(
      (reached) => void (end.status = reached),
      (error: unknown) => void (end.failure = { error }),
    )
    .finally(ring)
  return end
}

interface News {
  add(records: readonly RunRecord[]): void
  /** What came since; `undefined` when it was too much to keep. */
  take(): readonly RunRecord[] | undefined
  /** What came so far is heard in another way. */
  restart(): void
  isEmpty(): boolean
  readonly ring: () => void
  /** Resolves once there is something to look at. */
  rung(): Promise<void>
}

function openNews(): News {
  let records: RunRecord[] = []
  let isTooMuch = false
  let bell = Promise.withResolvers<void>()
  return {
    add: (more) => {
      if (records.length + more.length > limits.followRecordsKept) [records, isTooMuch] = [[], true]
      if (!isTooMuch) records.push(...more)
      bell.resolve()
    },
    take: () => {
      const taken = records
      records = []
      return isTooMuch ? undefined : taken
    },
    restart: () => {
      records = []
      isTooMuch = false
    },
    isEmpty: () => records.length === 0 && !isTooMuch,
    ring: () => bell.resolve(),
    rung: async () => {
      await bell.promise
      bell = Promise.withResolvers<void>()
    },
  }
}
