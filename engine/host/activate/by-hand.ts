/**
 * Activating and approving without a watcher: opens what it takes, and closes it again.
 */
import type { Digest } from '#engine/core/digest.ts'
import type { Instant } from '#engine/core/clock.ts'
import { limits } from '#engine/core/limits.ts'
import { openMirrors } from '#engine/durable/sqlite/mirrors.ts'
import { systemClock } from '#engine/durable/system.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { openMirrorHost } from '#engine/host/mirror/open.ts'
import { getMirror } from '#engine/mirror/sync/find.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { getVersion } from '#engine/mirror/sync/version.ts'

import { type Activator, settle } from './activate.ts'
import { activatorOn, policyMirror, setPolicyMirror } from './open.ts'
import type { Version } from './proposal.ts'
import { allProposed, type Known, requireProposed } from './proposed.ts'

export interface ByHand {
  readonly directory: string
  /** The mirror that is meant. */
  readonly name: string
  readonly environment?: string | undefined
}

/** What a decision by hand is made with. */
interface Hand {
  readonly activator: Activator
  readonly mirror: Mirror
  /** The version that a branch, a tag or a commit means. Throws what `getVersion` throws. */
  find(ref: string): Promise<Version>
}

/** Throws `MIRROR_UNKNOWN`, and what `work` throws. */
export async function withActivator<T>(
  { directory, name, environment }: ByHand,
  work: (hand: Hand) => T | Promise<T>,
): Promise<T> {
  prepareDataDirectory(directory)
  await using host = openMirrorHost(directory, process.env)
  const memory = openWatchMemory(directory)
  try {
    const activator = activatorOn({ host, memory, directory, environment })
    settle(activator)
    const mirror = getMirror(host.store, name)
    const find = async (text: string): Promise<Version> => {
      const versions = memory.activations(mirror.id, limits.activationsListedMax)
      const { commit, tree } = await getVersion(host.ports, mirror, { text, versions })
      const isNewest = host.store.facts(mirror.id).mirrored.commit === commit
      return { commit, tree, ...(isNewest ? {} : { isOlder: true }) }
    }
    return await work({ activator, mirror, find })
  } finally {
    memory.close()
  }
}

export interface ApprovalWish {
  readonly planDigest: Digest
  readonly name: string
  /** Also a plan that nobody proposed here yet. */
  readonly isAhead: boolean
}

export interface Approved {
  readonly at: Instant
  /** The proposals that it is for, the latest first. */
  readonly proposals: readonly Known[]
}

/** Records an approval of the operator. Throws `CLI_USAGE` for a plan that nobody proposes. */
export function approvePlan(directory: string, wish: ApprovalWish): Approved {
  const { planDigest, name, isAhead } = wish
  prepareDataDirectory(directory)
  const mirrors = openMirrors(directory)
  const memory = openWatchMemory(directory)
  try {
    const known = allProposed(memory, mirrors.list())
    const proposals = isAhead
      ? known.filter((one) => one.planDigest === planDigest)
      : requireProposed(known, planDigest)
    const at = systemClock().now()
    memory.approve({ planDigest, name, at })
    return { at, proposals }
  } finally {
    memory.close()
    mirrors.close()
  }
}

/**
 * Names the mirror whose policy counts for all others, or none with null; without `wanted` only
 * says which it is. Returns its name. Throws `MIRROR_UNKNOWN`.
 */
export async function organisationMirror(
  directory: string,
  wanted?: string | null,
): Promise<string | undefined> {
  prepareDataDirectory(directory)
  await using host = openMirrorHost(directory, process.env)
  const memory = openWatchMemory(directory)
  try {
    if (wanted === null) setPolicyMirror(memory, undefined)
    else if (wanted !== undefined) setPolicyMirror(memory, getMirror(host.store, wanted).id)
    const id = policyMirror(memory)
    return id === undefined ? undefined : (host.store.find(id)?.name ?? id)
  } finally {
    memory.close()
  }
}
