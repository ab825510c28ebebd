/**
 * Syncs mirrors of one data directory, each through the queue of its host.
 */
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { openHostQueues } from '#engine/mirror/sync/queue.ts'
import { type SyncOptions, type SyncReport, syncRepository } from '#engine/mirror/sync/sync.ts'

import type { MirrorHost } from './open.ts'

export type { SyncReport } from '#engine/mirror/sync/sync.ts'

/** Throws what `syncRepository` and a queue throw. */
export function openSync({
  ports,
}: Pick<MirrorHost, 'ports'>): (mirror: Mirror, options?: SyncOptions) => Promise<SyncReport> {
  const queues = openHostQueues(ports.clock)
  return async (mirror, options) =>
    await queues.run(mirror.url, () => syncRepository(ports, mirror, options))
}
