/**
 * What activating versions of the mirrors of a data directory needs, joined.
 */
import { systemClock } from '#engine/durable/system.ts'
import type { MirrorHost } from '#engine/host/mirror/open.ts'
import { filesOfTree } from '#engine/host/mirror/files.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { readMarker } from '#engine/host/repository/config.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import { type ActivationPolicy, firstPolicy, policyOf } from '#engine/plan/approval/policy.ts'

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
  const activator: Activator = {
    mirrors: store,
    memory,
    clock: systemClock(),
    cache: openBundleCache(directory),
    filesOf: ({ name }, { commit, tree }) => ({
      ...filesOfTree(store.content, { tree, label: `mirror:${name}` }),
      commit,
    }),
    organisation: async ({ id }) => await organisationPolicy(activator, id),
    ...(environment === undefined ? {} : { environment }),
  }
  return activator
}

/** The key of the mirror whose policy counts for all others. */
const policyNote = 'policy'

/** The mirror whose `activation` counts for all others, beside their own; undefined names none. */
export function policyMirror(memory: WatchMemory): string | undefined {
  const id = memory.note(policyNote)
  return id === '' ? undefined : id
}

export function setPolicyMirror(memory: WatchMemory, id: string | undefined): void {
  memory.setNote(policyNote, id ?? '')
}

/** Read from its active version. While there is none, only the operator approves anything. */
async function organisationPolicy(
  { memory, mirrors, filesOf }: Activator,
  id: string,
): Promise<ActivationPolicy | undefined> {
  const named = policyMirror(memory)
  if (named === undefined || named === id) return undefined
  const mirror = mirrors.find(named)
  const active = memory.active(named)
  if (mirror === undefined || active === undefined) return firstPolicy
  const { marker } = readMarker(filesOf(mirror, active))
  return policyOf(marker.activation)
}
