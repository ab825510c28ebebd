/**
 * What a log says so far: who owns which namespace, which keys count, which releases there are.
 *
 * It changes in place, leaf by leaf (`apply.ts`), because a log has hundreds of thousands of
 * leaves; whoever reads it treats it as read-only.
 */
import type { AdvisoryEvent, DeprecateEvent, PublishEvent, RegistryEvent } from '#registry/event.ts'

export interface KeyState {
  /** The leaf from which on it may sign. */
  readonly from: number
  /** The leaf from which on it may not; absent while it may. */
  until?: number
  /** Others had it from this moment on. */
  since?: string
}

export interface Release {
  readonly leaf: number
  readonly event: RegistryEvent
  readonly body: PublishEvent
  yanked?: { readonly reason: string; readonly isGone: boolean }
  /** Where its tag leads now; absent while it leads where it led. */
  moved?: string
}

export interface Entry {
  readonly name: string
  readonly kind: PublishEvent['kind']
  readonly releases: Map<string, Release>
  readonly advisories: Map<string, AdvisoryEvent>
  deprecated?: DeprecateEvent
  /** When something last happened to it. */
  at: string
  /** Names of others whose newest release needs it, or was forked from it. */
  readonly dependents: Set<string>
  readonly forks: Set<string>
}

export interface Handover {
  readonly owner: string
  readonly keys: readonly string[]
  /** Milliseconds since 1970. */
  readonly from: number
}

export interface Namespace {
  readonly name: string
  owner: string
  /** By public key. */
  keys: Map<string, KeyState>
  /** The leaf that the next event follows. */
  head: string
  /** When its last event was signed; milliseconds since 1970. */
  at: number
  handover?: Handover
  /** Names of its entries without the namespace. */
  readonly entries: Set<string>
  /** The same with hyphens taken out, none twice. */
  readonly folded: Set<string>
}

export class RegistryState {
  readonly origin: string
  size = 0
  /** The latest moment that any event names; milliseconds since 1970. */
  at = 0
  readonly namespaces = new Map<string, Namespace>()
  /** By full name. */
  readonly entries = new Map<string, Entry>()

  constructor(origin: string) {
    this.origin = origin
  }
}

/** Who may sign for a namespace at `at`, a handover that is due by then among it. */
export function ownershipAt(
  { owner, keys, handover }: Namespace,
  at: number,
): { readonly owner: string; readonly keys: readonly string[] } {
  if (handover !== undefined && handover.from <= at) return handover
  return {
    owner,
    keys: [...keys].flatMap(([key, { until }]) => (until === undefined ? [key] : [])),
  }
}

/** Why a release is under suspicion: it was signed by a key that others had by then. */
export function suspicionOf(namespace: Namespace, { event, body }: Release): string | undefined {
  for (const { key } of event.signatures) {
    const since = namespace.keys.get(key)?.since
    if (since !== undefined && body.at >= since)
      return `Its key was with others since ${since}, and it was signed at ${body.at}.`
  }
  return undefined
}
