/**
 * ionflux registry event: the types of the file.
 *
 * Generated from schemas/registry-event.json by scripts/types.ts; edit that.
 */
/** One leaf of the log of a registry: what happened, and who says so. */
export interface RegistryEvent {
  /** What happened. */
  readonly body: EventBody
  /** Each over the canonical bytes of the body, in the order of the keys. */
  readonly signatures: readonly EventSignature[]
}

/** What happened. */
export type EventBody =
  | ClaimEvent
  | PublishEvent
  | YankEvent
  | UnyankEvent
  | DeprecateEvent
  | TransferEvent
  | AdvisoryEvent
  | TagMovedEvent
  | KeyAddEvent
  | KeyRevokeEvent

/** Takes a namespace that nobody had. Signed by each of its keys. */
export interface ClaimEvent {
  readonly event: 'claim'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly namespace: string
  /**
   * Who owns the namespace: an account by the number that its forge gave it (github:1234567), or a
   * key (key:ed25519:…).
   */
  readonly owner: string
  /** The first keys that may sign for the namespace. */
  readonly keys: readonly string[]
}

/** A release: one version of one entry, never changed and never used again. */
export interface PublishEvent {
  readonly event: 'publish'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly name: string
  readonly version: string
  /** What is listed. */
  readonly kind: 'flow' | 'agent' | 'plugin' | 'connection'
  /** Over the package: what is fetched must have it. */
  readonly digest: string
  /** Over what can change behaviour: what runs. */
  readonly exec: string
  /** Where the bytes come from. */
  readonly source: ReleaseSource
  /** The powers that it asks for, by kind; each list sorted, empty ones left out. */
  readonly caps: Readonly<Record<string, readonly string[]>>
  /** name@version of every package that it needs itself, sorted. */
  readonly requires: readonly string[]
  /** Digest of the statement of how it was built, which lies beside the log. */
  readonly provenance: string
  /** The versions of ionflux that it works with, as a range. */
  readonly engines: string
  /** What it does, for people. */
  readonly description?: string
  /** An SPDX expression. */
  readonly license?: string
  /** Words to find it by. */
  readonly keywords?: readonly string[]
  /** What it offers, in the order of its file. */
  readonly actions?: readonly ReleaseAction[]
  /** What its own tests gave where it was published. */
  readonly tests?: ReleaseTests
  /** How many findings an audit gave where it was published. */
  readonly audit?: ReleaseAudit
  /** The release that it was forked from. */
  readonly lineage?: Lineage
}

/** Hides a release from being chosen. Locks that name it keep working. */
export interface YankEvent {
  readonly event: 'yank'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly name: string
  readonly version: string
  /** Why, for people. */
  readonly reason: string
  /** The content is gone too and does not come back (a tombstone); digest and reason stay. */
  readonly isGone?: boolean
}

/** Takes a yank back. */
export interface UnyankEvent {
  readonly event: 'unyank'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly name: string
  readonly version: string
}

/** Tells who uses an entry to move on. An empty message takes it back. */
export interface DeprecateEvent {
  readonly event: 'deprecate'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly name: string
  /** What to do instead, for people. */
  readonly message: string
  /** The versions that are meant; all without it. */
  readonly range?: string
  /** The entry to use instead. */
  readonly instead?: string
}

/**
 * Hands a namespace over. Signed by a key of the namespace and by each new key; takes effect after
 * a delay. A transfer to the present owner calls one off.
 */
export interface TransferEvent {
  readonly event: 'transfer'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly namespace: string
  /**
   * Who owns the namespace: an account by the number that its forge gave it (github:1234567), or a
   * key (key:ed25519:…).
   */
  readonly owner: string
  /** The keys that count from then on, instead of all before. */
  readonly keys: readonly string[]
}

/** A known weakness of some versions. The latest event with the same id counts. */
export interface AdvisoryEvent {
  readonly event: 'advisory'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly name: string
  /** The same for every word on this weakness. */
  readonly id: string
  /** The versions that have it. */
  readonly range: string
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  /** What can happen, for people. */
  readonly summary: string
  /** The first version without it. */
  readonly fixed?: string
  /** Where to read more. */
  readonly url?: string
  /** It was a mistake. */
  readonly isWithdrawn?: boolean
}

/** The tag of a release names another commit now, or none. The release stays what it was. */
export interface TagMovedEvent {
  readonly event: 'tag-moved'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly name: string
  readonly version: string
  readonly was: string
  /** The commit that the tag names now; empty when it is gone. */
  readonly now: string
}

/** One more key that may sign for the namespace. Signed by one that may, and by itself. */
export interface KeyAddEvent {
  readonly event: 'key-add'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly namespace: string
  /** A public key: ed25519: and its 32 bytes in base 64. */
  readonly key: string
  /** What people call it. */
  readonly label?: string
}

/** A key that signs no more from here on. */
export interface KeyRevokeEvent {
  readonly event: 'key-revoke'
  /** The origin of the log that the event was signed for; it counts in no other. */
  readonly log: string
  /** When it was signed: RFC 3339, UTC, with milliseconds. */
  readonly at: string
  /**
   * The leaf of the event of this namespace before it; absent for the first. Each signature vouches
   * for the whole chain.
   */
  readonly after?: string
  readonly namespace: string
  /** A public key: ed25519: and its 32 bytes in base 64. */
  readonly key: string
  /** Why, for people. */
  readonly reason: string
  /** Others had it from this moment: what it signed since is under suspicion. */
  readonly since?: string
}

/** A signature, raw (ed25519) or as OpenSSH writes it (ssh). */
export interface EventSignature {
  /** A public key: ed25519: and its 32 bytes in base 64. */
  readonly key: string
  /** How the value is written. */
  readonly form: 'ed25519' | 'ssh'
  /** The signature in base 64. */
  readonly value: string
}

/** Where the bytes come from. */
export interface ReleaseSource {
  /**
   * The repository by an id that a rename does not change: github:1234567; its address where the
   * forge has none.
   */
  readonly repo: string
  /** Where it can be fetched. */
  readonly url: string
  readonly commit: string
  /** The tag that the release was made from. */
  readonly tag: string
  /** The folder in the repository; empty for its root. */
  readonly path: string
}

/** One action of a plugin, or one trigger or step that a blueprint wants to be found by. */
export interface ReleaseAction {
  /** As a step calls it. */
  readonly name: string
  /** What it does, for people. */
  readonly description?: string
  /** What a call may do to the world. */
  readonly effects?: 'pure' | 'read' | 'idempotent' | 'unsafe'
}

/** What its own tests gave where it was published. */
export interface ReleaseTests {
  readonly passed: number
  /** Steps or actions that a test reached, in percent. */
  readonly coverage?: number
}

/** How many findings an audit gave where it was published. */
export interface ReleaseAudit {
  readonly high: number
  readonly medium: number
  readonly low: number
}

/** The release that it was forked from. */
export interface Lineage {
  readonly name: string
  readonly version: string
  readonly digest: string
}
