/**
 * What an event may do, and what it does: the rules of a registry, one leaf after the other.
 *
 * Whoever replays a log applies the same rules, so a leaf that its operator should not have
 * let in is seen by everybody. Whether signatures hold is checked elsewhere, because that may
 * happen on other threads; here it counts whose they are.
 */
import { parseInstant, printInstant } from '#engine/core/instant.ts'
import { limits } from '#engine/core/limits.ts'
import type { EventBody, RegistryEvent } from '#registry/event.ts'
import { namespaceOf } from '#registry/events/leaf.ts'
import { hasRole, type Root } from '#registry/trust/root.ts'

import { applyToEntry, refuseForEntry } from './entries.ts'
import { type Namespace, ownershipAt, type RegistryState } from './state.ts'

const dayMs = 86_400_000

/** One leaf that is about to be part of the log. */
export interface Leaf {
  readonly event: RegistryEvent
  /** Its hash in the tree. */
  readonly digest: string
  /** The root of trust that holds for it. */
  readonly root: Root
}

/** Applies a leaf. Returns why it may not be there; the state is then what it was. */
export function applyLeaf(state: RegistryState, leaf: Leaf): string | undefined {
  const { body } = leaf.event
  const at = parseInstant(body.at)
  if (at === undefined || printInstant(at) !== body.at) return `"${body.at}" is no instant`
  if (body.log !== state.origin) return `it was signed for the log "${body.log}"`
  if (at < state.at - dayMs) return 'it was signed more than a day before others of the log'
  const keys = new Set(leaf.event.signatures.map(({ key }) => key))
  if (keys.size !== leaf.event.signatures.length) return 'a key signed it twice'
  const namespace = state.namespaces.get(namespaceOf(body))
  const why =
    body.event === 'claim'
      ? refuseClaim(body, { namespace, keys, root: leaf.root })
      : refuseOther(state, { body, at, namespace, keys, root: leaf.root })
  if (why !== undefined) return why
  if (body.event === 'claim') {
    const own = body.keys.map((key) => [key, { from: state.size }] as const)
    state.namespaces.set(body.namespace, {
      name: body.namespace,
      owner: body.owner,
      keys: new Map(own),
      head: leaf.digest,
      at,
      entries: new Set(),
      folded: new Set(),
    })
  } else if (namespace !== undefined) {
    settle(namespace, { at, size: state.size })
    applyToNamespace(namespace, { body, at, size: state.size, days: leaf.root.transferDays })
    applyToEntry(state, { namespace, event: leaf.event })
    Object.assign(namespace, { head: leaf.digest, at })
  }
  state.size += 1
  state.at = Math.max(state.at, at)
  return undefined
}

interface Case {
  readonly namespace: Namespace | undefined
  readonly keys: ReadonlySet<string>
  readonly root: Root
}

function refuseClaim(
  body: Extract<EventBody, { event: 'claim' }>,
  { namespace, keys, root }: Case,
): string | undefined {
  if (namespace !== undefined) return `"${body.namespace}" has an owner`
  if (body.after !== undefined) return 'a claim is the first event of its namespace'
  if (!body.keys.every((key) => keys.has(key))) return 'not every key of the claim signed it'
  const isReviewed = hasRole(root, 'reviewers', keys)
  const stranger = strangerIn(keys, [body.keys, root.roles.reviewers?.keys])
  if (stranger !== undefined) return stranger
  const isByKey = body.owner.startsWith('key:')
  if (isByKey && !body.keys.includes(body.owner.slice(4))) return 'its owner is none of its keys'
  if (!isReviewed && (root.claims === 'reviewed' || !isByKey))
    return `nobody vouched that "${body.owner}" owns "${body.namespace}"`
  return undefined
}

function strangerIn(
  keys: ReadonlySet<string>,
  known: readonly (readonly string[] | undefined)[],
): string | undefined {
  const all = new Set(known.flatMap((list) => list ?? []))
  const stranger = [...keys].find((key) => !all.has(key))
  return stranger === undefined ? undefined : `${stranger} has no say in it`
}

/** Which role may do what a key of the namespace may. */
const standIns: Readonly<Partial<Record<EventBody['event'], 'advisors' | 'watchers'>>> = {
  advisory: 'advisors',
  yank: 'advisors',
  'tag-moved': 'watchers',
}

function refuseOther(
  state: RegistryState,
  given: Case & { readonly body: EventBody; readonly at: number },
): string | undefined {
  const { body, at, namespace, keys, root } = given
  if (namespace === undefined) return `nobody claimed "${namespaceOf(body)}"`
  if (body.after !== namespace.head) return 'it does not follow the last event of its namespace'
  if (at < namespace.at) return 'it was signed before the last event of its namespace'
  const { owner, keys: own } = ownershipAt(namespace, at)
  const fresh = freshKeys(body)
  const missing = fresh.find((key) => !keys.has(key))
  if (missing !== undefined) return `${missing} did not sign it`
  const isOwn = own.some((key) => keys.has(key))
  const role = standIns[body.event]
  const isStandIn = role !== undefined && hasRole(root, role, keys)
  const isRecovery =
    body.event === 'key-add' && !owner.startsWith('key:') && hasRole(root, 'reviewers', keys)
  if (!isOwn && !isStandIn && !isRecovery) return `nobody who may speaks for "${namespace.name}"`
  const stranger = strangerIn(keys, [
    own,
    fresh,
    ...(role === undefined ? [] : [root.roles[role]?.keys]),
    ...(isRecovery ? [root.roles.reviewers?.keys] : []),
  ])
  return stranger ?? refuseKeys(namespace, { body, own, owner }) ?? refuseForEntry(state, body)
}

/** Keys that an event brings along: each has to sign it. */
function freshKeys(body: EventBody): readonly string[] {
  if (body.event === 'key-add') return [body.key]
  return body.event === 'transfer' ? body.keys : []
}

function refuseKeys(
  namespace: Namespace,
  { body, own, owner }: { body: EventBody; own: readonly string[]; owner: string },
): string | undefined {
  if (body.event === 'key-add') {
    if (namespace.keys.has(body.key))
      return 'the key was added before; one that was revoked stays so'
    return own.length < limits.registryKeysMax ? undefined : 'the namespace has keys enough'
  }
  if (body.event === 'key-revoke') {
    if (!own.includes(body.key)) return 'the key is none that may sign'
    const isLast = own.length === 1 && owner.startsWith('key:')
    return isLast ? 'it is the last key, and nobody could give the namespace another' : undefined
  }
  if (body.event !== 'transfer') return undefined
  const gone = body.keys.find((key) => namespace.keys.get(key)?.until !== undefined)
  if (gone !== undefined) return `${gone} was revoked`
  const isOther = body.owner.startsWith('key:') && !body.keys.includes(body.owner.slice(4))
  return isOther ? 'its owner is none of its keys' : undefined
}

/** Carries out a handover that is due. */
function settle(
  namespace: Namespace,
  { at, size }: { readonly at: number; readonly size: number },
): void {
  const { handover } = namespace
  if (handover === undefined || handover.from > at) return
  namespace.owner = handover.owner
  for (const [key, state] of namespace.keys)
    if (state.until === undefined && !handover.keys.includes(key)) state.until = size
  for (const key of handover.keys)
    if (!namespace.keys.has(key)) namespace.keys.set(key, { from: size })
  delete namespace.handover
}

function applyToNamespace(
  namespace: Namespace,
  given: {
    readonly body: EventBody
    readonly at: number
    readonly size: number
    readonly days: number
  },
): void {
  const { body, at, size, days } = given
  if (body.event === 'key-add') namespace.keys.set(body.key, { from: size })
  if (body.event === 'key-revoke') {
    const { from = size } = namespace.keys.get(body.key) ?? {}
    const since = body.since === undefined ? {} : { since: body.since }
    namespace.keys.set(body.key, { from, until: size, ...since })
  }
  if (body.event !== 'transfer') return
  if (body.owner === namespace.owner) delete namespace.handover
  else namespace.handover = { owner: body.owner, keys: body.keys, from: at + days * dayMs }
}
