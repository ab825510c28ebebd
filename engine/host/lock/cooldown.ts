/**
 * How long a release waits before it is taken unasked: what is wrong with one is mostly found in
 * its first days, by those who asked for it.
 */
import { systemClock } from '#engine/durable/system.ts'
import { parseInstant } from '#engine/core/instant.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'

import type { Offer } from './change-lock.ts'

const usual = '3d'

/** The wait of the registry of `name`, in milliseconds. */
export function coolingOf(root: string, name: string): number {
  const namespace = name.split('/', 1)[0] ?? ''
  const { registries = {} } = demandMarker(openWorkingTree(root))
  const own = Object.hasOwn(registries, namespace) ? registries[namespace] : registries['*']
  return parseDuration(own?.cooldown ?? usual) ?? 0
}

/** Whether a registry took it less than `waitMs` ago. */
export function isFresh({ at }: Offer, waitMs: number): boolean {
  const taken = at === undefined ? undefined : parseInstant(at)
  return taken !== undefined && systemClock().now() - taken < waitMs
}
