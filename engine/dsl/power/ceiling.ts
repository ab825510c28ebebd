/**
 * A ceiling on what a flow may do, as a list of texts such as `net:api.example.com`,
 * `secrets:TOKEN` or `git:read`. Pure.
 */
import { parseHostPattern } from '#engine/dsl/host-pattern.ts'
import type { Permissions } from '#engine/dsl/world.ts'

import { allows, type Power, powerKinds } from './kinds.ts'

/** The power that `text` grants; undefined when it is none. */
export function readGrant(text: string): Power | undefined {
  const colon = text.indexOf(':')
  const [word, value] = [text.slice(0, colon), text.slice(colon + 1)]
  const kind = powerKinds.find((one) => one === (word === 'secret' ? 'secrets' : word))
  const isHost = kind !== 'net' || parseHostPattern(value) !== undefined
  return colon > 0 && kind !== undefined && value !== '' && isHost ? { kind, value } : undefined
}

/** What `permissions` hold that none of `grants` allows: `net:b.example`. */
export function powersBeyond(
  permissions: Permissions,
  grants: readonly Power[],
): readonly string[] {
  return powerKinds.flatMap((kind) =>
    (permissions[kind] ?? [])
      .filter((value) => !grants.some((grant) => allows(grant, { kind, value })))
      .map((value) => `${kind}:${value}`),
  )
}
