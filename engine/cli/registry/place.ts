/**
 * What `search` and `info` share: the registries of the repository around a call, or the one
 * that was said.
 */
import type { ChooseWish } from '#engine/host/registry/choose.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { repositoryFor } from '#engine/host/target.ts'

export interface PlaceValues {
  readonly registry?: string
  readonly repo?: string
}

export function registriesHere({ registry, repo }: PlaceValues): ChooseWish {
  const root = repositoryFor(repo)
  const address = registry ?? (process.env['IONFLUX_REGISTRY'] || undefined)
  if (root === undefined) return { registries: {}, from: process.cwd(), address }
  const { registries = {} } = demandMarker(openWorkingTree(root))
  return { registries, from: root, address }
}
