/**
 * Which registry a name belongs to: each namespace has exactly one, and what that one does not
 * have is looked for nowhere else. So nobody can take a private name's place by publishing it
 * where everybody looks (dependency confusion).
 */
import { IonError } from '#engine/core/error.ts'

import type { RegistryWish } from './open.ts'

/** A registry as `ionflux.yaml` names it, by namespace; `*` is for all others. */
export type Registries = Readonly<Record<string, ConfiguredRegistry>>

export interface ConfiguredRegistry {
  readonly index: string
  readonly root?: string
  readonly witnesses?: readonly string[]
  readonly need?: number
}

export interface ChooseWish {
  readonly registries: Registries
  /** The folder of `ionflux.yaml`. */
  readonly from: string
  /** Said for this call; it wins. */
  readonly address?: string | undefined
  /** Whether the command has `--registry`, for messages; it has unless this says not. */
  readonly hasOption?: boolean
}

/** The registry of a namespace. Throws `CLI_USAGE` where none is named for it. */
export function registryOf(wish: ChooseWish, namespace: string): RegistryWish {
  const { registries, address, hasOption = true } = wish
  if (address !== undefined) return said(wish, address)
  const own = Object.hasOwn(registries, namespace) ? registries[namespace] : registries['*']
  if (own !== undefined) return wishOf(own, wish.from)
  const how = hasOption ? 'Give --registry, or name' : 'Name'
  const message = `No registry is named for "${namespace}". ${how} one under registries: in ionflux.yaml.`
  throw new IonError('CLI_USAGE', message)
}

/** All registries of a repository, each once, with the namespaces that may be taken from it. */
export function registriesOf(wish: ChooseWish): readonly {
  readonly wish: RegistryWish
  /** Whether entries of this namespace come from here. */
  readonly has: (namespace: string) => boolean
}[] {
  const { registries, address, from } = wish
  if (address !== undefined) return [{ wish: said(wish, address), has: () => true }]
  const byIndex = Map.groupBy(Object.entries(registries), ([, { index }]) => index)
  if (byIndex.size === 0)
    throw new IonError(
      'CLI_USAGE',
      'No registry is named. Give --registry, or name one under registries: in ionflux.yaml.',
    )
  return [...byIndex].flatMap(([, rows]) => {
    const [first] = rows
    if (first === undefined) return []
    const own = new Set(rows.map(([namespace]) => namespace))
    const has = (namespace: string): boolean =>
      Object.hasOwn(registries, namespace) ? own.has(namespace) : own.has('*')
    return [{ wish: wishOf(first[1], from), has }]
  })
}

/** An address that was said for a call is still held to what the repository asks of it. */
function said({ registries, from }: ChooseWish, address: string): RegistryWish {
  const known = Object.values(registries).find(({ index }) => index === address)
  return known === undefined ? { address, from: process.cwd() } : wishOf(known, from)
}

function wishOf({ index, root, witnesses, need }: ConfiguredRegistry, from: string): RegistryWish {
  return { address: index, from, root, witnesses, need }
}
