/**
 * Who may do what in a registry, as it is said on the command line.
 */
import { IonError } from '#engine/core/error.ts'
import { parsePublicKey } from '#registry/events/leaf.ts'
import type { Role, Root } from '#registry/trust/root.ts'

export interface RoleValues {
  readonly reviewer?: readonly string[]
  readonly advisor?: readonly string[]
  readonly watcher?: readonly string[]
  /** The log key that is given replaces those before. */
  readonly newLog?: boolean
}

/** The roles that were said. Throws `CLI_USAGE` for what is no public key. */
export function rolesOf({ reviewer, advisor, watcher }: RoleValues): Partial<Root['roles']> {
  const rows = Object.entries({ reviewers: reviewer, advisors: advisor, watchers: watcher })
  return Object.fromEntries(
    rows.flatMap(([name, keys]) => (keys === undefined ? [] : [[name, roleOf(keys)]])),
  )
}

/** Any one of these keys is enough. */
export function roleOf(keys: readonly string[]): Role {
  const wrong = keys.find((key) => parsePublicKey(key) === undefined)
  if (wrong !== undefined)
    throw new IonError('CLI_USAGE', `"${wrong}" is no public key (ed25519:…).`)
  return { keys: [...new Set(keys)].toSorted(), threshold: 1 }
}
