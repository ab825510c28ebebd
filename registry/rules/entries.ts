/**
 * What an event may do to an entry and its releases, and what it does.
 *
 * A version is never used twice, and what was gone never comes back.
 */
import { limits } from '#engine/core/limits.ts'
import { compareVersions } from '#engine/dsl/reference.ts'
import type { EventBody, PublishEvent, RegistryEvent } from '#registry/event.ts'
import { isCanonicalCaps } from '#registry/events/caps.ts'

import type { Entry, Namespace, RegistryState } from './state.ts'

/** Why the event may not happen to the entry that it names; undefined where it may. */
export function refuseForEntry(state: RegistryState, body: EventBody): string | undefined {
  if (!('name' in body)) return undefined
  const entry = state.entries.get(body.name)
  if (body.event === 'publish') return refusePublish(state, body, entry)
  if (entry === undefined) return `there is no "${body.name}"`
  if (body.event === 'advisory' && !entry.advisories.has(body.id))
    return entry.advisories.size < limits.registryAdvisoriesMax
      ? undefined
      : `"${body.name}" has advisories enough`
  if (!('version' in body)) return undefined
  const release = entry.releases.get(body.version)
  if (release === undefined) return `there is no "${body.name}@${body.version}"`
  switch (body.event) {
    case 'yank':
      if (release.yanked?.isGone === true) return 'its content is gone already'
      return release.yanked === undefined || body.isGone === true
        ? undefined
        : 'it is yanked already'
    case 'unyank':
      if (release.yanked?.isGone === true) return 'what is gone does not come back'
      return release.yanked === undefined ? 'it is not yanked' : undefined
    case 'tag-moved': {
      const last = release.moved ?? release.body.source.commit
      return body.was === release.body.source.commit && body.now !== last
        ? undefined
        : 'its tag did not move from there'
    }
  }
}

function refusePublish(
  state: RegistryState,
  body: PublishEvent,
  entry: Entry | undefined,
): string | undefined {
  if (!isCanonicalCaps(body.caps)) return 'its powers are not in their one order'
  if (!isSortedSet(body.requires)) return 'what it requires is not sorted'
  if (body.lineage !== undefined) {
    const { name, version, digest } = body.lineage
    const from = state.entries.get(name)?.releases.get(version)
    if (from !== undefined && from.body.digest !== digest) return 'its lineage names another digest'
  }
  if (entry === undefined) {
    const [namespace = '', short = ''] = body.name.split('/')
    const isTaken = state.namespaces.get(namespace)?.folded.has(fold(short)) === true
    return isTaken ? `"${body.name}" differs from a name that is there by hyphens only` : undefined
  }
  if (entry.kind !== body.kind) return `"${body.name}" is a ${entry.kind}`
  if (entry.releases.size >= limits.registryReleasesMax) return `"${body.name}" has versions enough`
  if (entry.releases.has(body.version)) return `"${body.name}@${body.version}" is taken for ever`
  if (!body.version.includes('+') && ![...entry.releases.keys()].some((one) => one.includes('+')))
    return undefined
  const twin = [...entry.releases.keys()].find((one) => compareVersions(one, body.version) === 0)
  return twin === undefined ? undefined : `"${twin}" is the same version`
}

function isSortedSet(list: readonly string[]): boolean {
  return list.every((text, at) => at === 0 || (list[at - 1] ?? '') < text)
}

/** A name as it is compared. */
function fold(name: string): string {
  return name.replaceAll('-', '')
}

/** Does what the event says. It may: `refuseForEntry` was asked. */
export function applyToEntry(
  state: RegistryState,
  { namespace, event }: { readonly namespace: Namespace; readonly event: RegistryEvent },
): void {
  const { body } = event
  if (!('name' in body)) return
  if (body.event === 'publish') publish(state, { namespace, event, body })
  const entry = state.entries.get(body.name)
  if (entry === undefined) return
  entry.at = body.at
  const release = 'version' in body ? entry.releases.get(body.version) : undefined
  if (body.event === 'deprecate') {
    if (body.message === '') delete entry.deprecated
    else entry.deprecated = body
  } else if (body.event === 'advisory') entry.advisories.set(body.id, body)
  else if (release === undefined) return
  else if (body.event === 'yank')
    release.yanked = { reason: body.reason, isGone: body.isGone === true }
  else if (body.event === 'unyank') delete release.yanked
  else if (body.event === 'tag-moved') {
    if (body.now === release.body.source.commit) delete release.moved
    else release.moved = body.now
  }
}

function publish(
  state: RegistryState,
  given: {
    readonly namespace: Namespace
    readonly event: RegistryEvent
    readonly body: PublishEvent
  },
): void {
  const { namespace, event, body } = given
  const entry = state.entries.get(body.name) ?? {
    name: body.name,
    kind: body.kind,
    releases: new Map(),
    advisories: new Map(),
    at: body.at,
    dependents: new Set<string>(),
    forks: new Set<string>(),
  }
  const short = body.name.slice(namespace.name.length + 1)
  namespace.entries.add(short)
  namespace.folded.add(fold(short))
  state.entries.set(body.name, entry)
  entry.releases.set(body.version, { leaf: state.size, event, body })
  const isForeign = (name: string): boolean => !name.startsWith(`${namespace.name}/`)
  for (const key of body.requires) {
    const name = key.slice(0, key.lastIndexOf('@'))
    if (isForeign(name)) state.entries.get(name)?.dependents.add(body.name)
  }
  const from = body.lineage?.name
  if (from !== undefined && isForeign(from)) state.entries.get(from)?.forks.add(body.name)
}
