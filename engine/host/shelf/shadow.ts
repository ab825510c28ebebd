/**
 * What the files of a repository say of a package beside its lock: whether a plugin of the
 * repository takes the name, and which flows use it that the lock does not know of yet.
 */
import { posix } from 'node:path'

import { isObject } from '#engine/core/json.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { nameOf } from '#engine/dsl/reference.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openCatalog, type Catalog } from '#engine/host/repository/catalog.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { needsOf } from '#engine/host/repository/needs.ts'
import { splitAction } from '#engine/host/repository/world.ts'
import { keyOf, type Lock } from '#engine/plan/lock/lock.ts'

export interface Beside {
  /** The plugin of the repository that flows use instead of the locked package. */
  readonly shadow?: { readonly folder: string; readonly locked: string }
  /** Ids of flows that use the name, which the lock does not say. */
  readonly unlocked: readonly string[]
}

/** Holds the package `name` of `lock` to the files on the disk. */
export function besideLock(files: Files, lock: Lock, name: string): Beside {
  const catalog = openCatalog(files)
  const locked = lock.packages.find((one) => one.name === name)
  const [own] = name.startsWith('std/') ? [] : catalog.filesOfPlugin(name)
  const known = new Set(
    lock.flows
      .filter(({ packages }) => packages.some((key) => key.startsWith(`${name}@`)))
      .map(({ id }) => id),
  )
  const unlocked = usersOf({ files, catalog }, name).filter((id) => !known.has(id))
  if (own === undefined || locked?.source.kind !== 'git') return { unlocked }
  return { shadow: { folder: posix.dirname(own), locked: keyOf(locked) }, unlocked }
}

/** Ids of the flows that use an action of the plugin `name` themselves. */
function usersOf(
  { files, catalog }: { readonly files: Files; readonly catalog: Catalog },
  name: string,
): readonly string[] {
  return catalog.flowFiles().flatMap((file) => {
    const text = files.readText(file) ?? ''
    if (!text.includes(name)) return []
    const { value } = parseDocument({ file, text })
    if (!isObject(value) || typeof value['id'] !== 'string') return []
    const { actions } = needsOf(value as unknown as Flow)
    const isUsed = actions.some((written) => splitAction(nameOf(written)).plugin === name)
    return isUsed ? [value['id']] : []
  })
}
