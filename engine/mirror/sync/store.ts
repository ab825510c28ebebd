/**
 * The port of what is remembered about mirrors: bindings, facts, first-seen refs,
 * incidents, polling, and the bytes of mirrored files by digest.
 *
 * It outlives the process and may be used by several at once: a person holds a mirror
 * while a watcher syncs it. So a change says what is new and never writes the rest back.
 * `durable` implements it; one contract suite runs on each host.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'

import type { Facts, Hold, Incident, Mirror, NewIncident, Polling, RefSeen } from './mirror.ts'

/** What one sync, activation or person changes of a mirror; what is absent stays. */
export interface MirrorChange {
  /** Whole stages. */
  readonly facts?: Partial<Facts>
  /** Rows by ref and object; `firstSeen` of a known row stays. */
  readonly refs?: readonly RefSeen[]
  /** One that is open already (same kind, ref and `after`) is not added twice. */
  readonly incidents?: readonly NewIncident[]
  /** Every open incident of these kinds is over at this time. */
  readonly resolve?: { readonly kinds: readonly Incident['kind'][]; readonly at: Instant }
  /** Null releases; a hold never replaces one that is there. */
  readonly hold?: Hold | null
  /** Binds a mirror that has no branch yet. */
  readonly branch?: string
  readonly polling?: Polling
}

export interface IncidentQuery {
  /** The id of one mirror; absent means all. */
  readonly mirror?: string
  readonly isOpen?: boolean
  readonly limit: number
}

/** Bytes by digest. */
export interface MirrorContent {
  /** Keeps all of them, or none when that fails; digests in the order given. */
  putAll(all: readonly Uint8Array[]): readonly Digest[]
  /** Throws `JOURNAL_PAYLOAD_MISSING`. */
  get(digest: Digest): Uint8Array
  has(digest: Digest): boolean
}

export interface MirrorStore {
  /** By name. */
  list(): readonly Mirror[]
  /** By name or id. */
  find(name: string): Mirror | undefined
  /** Throws `MIRROR_NAME_TAKEN`. */
  add(mirror: Mirror): void
  /** Takes it out with all that is known of it; its content stays. False when it was gone. */
  remove(id: string): boolean
  /** All stages; empty ones for a mirror that is not there. */
  facts(id: string): Facts
  polling(id: string): Polling | undefined
  refs(id: string): readonly RefSeen[]
  /** Newest first. */
  incidents(query: IncidentQuery): readonly Incident[]
  /** Ids of mirrors whose time to be looked at has come, the longest due first. */
  due(now: Instant, limit: number): readonly string[]
  /** When the next one is due; undefined without mirrors. */
  nextDue(): Instant | undefined
  /** All of it or nothing. False when the mirror is gone, which changes nothing. */
  apply(id: string, change: MirrorChange): boolean
  readonly content: MirrorContent
  close(): void
}
