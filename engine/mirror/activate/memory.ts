/**
 * The port of what a watcher remembers beside the mirrors: which versions became active and
 * why, who approved which plan, and what has been started, told and heard.
 *
 * Each call is on the disk when it returns. The latest activation of a mirror is what is
 * active there; the fact `active` of the mirror is a copy of it for whoever looks.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { Approval } from '#engine/plan/approval/may-activate.ts'

/** A flow as it became active: all that a run of it needs, by digest. */
export interface ActiveFlow {
  readonly id: string
  readonly file: string
  /** The execDigest. */
  readonly plan: Digest
  /** Plans and code that a run needs, in the content store of the mirrors. */
  readonly blobs: readonly Digest[]
  /** The `on` of the flow; null where it has none. */
  readonly on: Json
}

export interface NewActivation {
  readonly mirror: string
  readonly kind: 'activated' | 'rolled-back'
  readonly commit: CommitId
  readonly tree: Digest
  readonly at: Instant
  readonly planDigest: Digest
  /** Those that counted; empty for a rollback. */
  readonly approvals: readonly Approval[]
  /** Sorted by id. */
  readonly flows: readonly ActiveFlow[]
}

export interface Activation extends NewActivation {
  /** Grows with each activation of any mirror. */
  readonly n: number
}

/** What an operator said of a plan. */
export interface OperatorApproval {
  readonly planDigest: Digest
  readonly name: string
  readonly at: Instant
}

export interface WatchMemory {
  /** What is active of a mirror; undefined before anything was. */
  active(mirror: string): Activation | undefined
  /** Newest first. */
  activations(mirror: string, limit: number): readonly Activation[]
  /** When the first version of a mirror became active. */
  begunAt(mirror: string): Instant | undefined
  /**
   * Undefined, and nothing is written, unless `over` is the number of what is active of the
   * mirror (0 before anything was): what was compared with another version says nothing now.
   */
  activate(activation: NewActivation, over: number): Activation | undefined
  /** The latest number of any activation; 0 before the first. For telling that there is news. */
  latest(): number
  /** The same name twice is one approval, the first. */
  approve(approval: OperatorApproval): void
  approvals(planDigest: Digest): readonly OperatorApproval[]
  /** A text under a key: how far a schedule got, what was told to a forge. */
  note(key: string): string | undefined
  setNote(key: string, value: string): void
  /** Whether a key was ever marked. */
  isMarked(key: string): boolean
  mark(key: string, at: Instant): void
  /** When a key was first marked; `at`, and it is marked, where it was not. */
  firstAt(key: string, at: Instant): Instant
  /** Forgets marks that begin with `prefix` and are from before `at`. */
  forget(prefix: string, at: Instant): void
  close(): void
}
