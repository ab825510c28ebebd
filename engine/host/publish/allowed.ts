/**
 * Asks a log whether the keys at hand may say something of a name, before anything is done with
 * them: also where there is nothing new to say, so that a wrong key never looks like a right one.
 */
import { IonError } from '#engine/core/error.ts'
import { systemClock } from '#engine/durable/system.ts'
import { demandLogKey } from '#registry/keep/append.ts'
import type { Registry } from '#registry/open.ts'
import { ownershipAt, type RegistryState } from '#registry/rules/state.ts'

import type { AnnounceWish } from './announce.ts'

/**
 * Throws `REG_NOT_FOUND` for a namespace that nobody claimed, `REG_EVENT_REFUSED` for a
 * publisher's key that is none of it, `REG_UNTRUSTED` for a key that is none of the log.
 */
export function demandKeys(
  registry: Registry,
  state: RegistryState,
  { name, key, logKey }: Pick<AnnounceWish, 'key' | 'logKey'> & { readonly name: string },
): void {
  const title = name.split('/', 1)[0] ?? ''
  const namespace = state.namespaces.get(title)
  if (namespace === undefined) {
    const message = `"${state.origin}" has no namespace "${title}". Claim it: ionflux release claim ${title}.`
    throw new IonError('REG_NOT_FOUND', message, { data: { namespace: title } })
  }
  if (!ownershipAt(namespace, systemClock().now()).keys.includes(key.key)) {
    const message = `The key ${key.key} may not sign for "${title}".`
    throw new IonError('REG_EVENT_REFUSED', message, { data: { namespace: title, key: key.key } })
  }
  if (logKey !== undefined) demandLogKey(registry, logKey)
}
