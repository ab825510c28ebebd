/**
 * What activating versions of the mirrors of a data directory needs, joined.
 */
import { systemClock } from '#engine/durable/system.ts'
import type { MirrorHost } from '#engine/host/mirror/open.ts'
import { filesOfTree } from '#engine/host/mirror/files.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'

import type { Activator } from './activate.ts'

export interface ActivatorWish {
  readonly host: MirrorHost
  readonly memory: WatchMemory
  readonly directory: string
  /** The name of this place. */
  readonly environment?: string | undefined
}

export function activatorOn({ host, memory, directory, environment }: ActivatorWish): Activator {
  const { store } = host
  return {
    mirrors: store,
    memory,
    clock: systemClock(),
    cache: openBundleCache(directory),
    filesOf: ({ name }, { commit, tree }) => ({
      ...filesOfTree(store.content, { tree, label: `mirror:${name}` }),
      commit,
    }),
    ...(environment === undefined ? {} : { environment }),
  }
}
