/**
 * Which names a registry takes in. A rule of admission, not of the log: it may grow wiser
 * without making old logs wrong, and a reviewer who looked may overrule it.
 */
import type { EventBody } from '#registry/event.ts'
import type { RegistryState } from '#registry/rules/state.ts'

import { Likeness } from './likeness.ts'

/** Namespaces that would speak for somebody else. */
const reserved = new Set(
  (
    'ionflux std core admin administrator root system official security support staff help abuse ' +
    'api www mail ftp docs blog status registry index log view search trust internal local ' +
    'localhost private public test example anonymous unknown null undefined true false nil none ' +
    'flow flows agent agents plugin plugins connection connections action actions npm node github ' +
    'gitlab bitbucket codeberg gitea con prn aux nul'
  ).split(' '),
)

/** Why `body` brings a name that is not taken in; undefined where it brings none or a good one. */
export function refuseName(
  state: RegistryState,
  body: EventBody,
  { likeness = likenessOf(state) }: { readonly likeness?: Likeness } = {},
): string | undefined {
  if (body.event === 'publish' && !state.entries.has(body.name)) return refuseShort(body.name)
  if (body.event !== 'claim') return undefined
  const { namespace, owner } = body
  const odd = refuseForm(namespace)
  if (odd !== undefined) return odd
  if (reserved.has(namespace)) return `"${namespace}" is reserved`
  const near = likeness.find(namespace)
  const isSameOwner = near !== undefined && state.namespaces.get(near)?.owner === owner
  return near === undefined || isSameOwner
    ? undefined
    : `"${namespace}" could be taken for "${near}"`
}

/** All namespaces of a log, for looking many times. */
export function likenessOf(state: RegistryState): Likeness {
  const likeness = new Likeness()
  for (const name of state.namespaces.keys()) likeness.add(name)
  return likeness
}

function refuseShort(name: string): string | undefined {
  return refuseForm(name.slice(name.indexOf('/') + 1))
}

function refuseForm(part: string): string | undefined {
  if (part.endsWith('-') || part.includes('--'))
    return `"${part}" has a hyphen at its end, or two in a row`
  return part.length < 2 ? `"${part}" is too short` : undefined
}
