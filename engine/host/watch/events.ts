/**
 * What a watcher tells while it works, one line each. Plain data with stable words, because
 * programs read it (`ionflux watch --json`).
 */
import type { RunId } from '#engine/core/id.ts'
import type { HeldPlan } from '#engine/plan/approval/held.ts'

export type WatchEvent =
  | { readonly event: 'listening'; readonly url: string }
  | { readonly event: 'watching'; readonly mirrors: number }
  /** A look at a remote that moved a fact, or failed. */
  | {
      readonly event: 'synced'
      readonly mirror: string
      readonly status: string
      readonly commit?: string
      readonly problem?: string
    }
  | {
      readonly event: 'activated'
      readonly mirror: string
      readonly commit: string
      readonly flows: number
      readonly planDigest: string
    }
  | {
      readonly event: 'held'
      readonly mirror: string
      readonly commit: string
      readonly planDigest: string
      readonly reasons: readonly string[]
      readonly held: HeldPlan
    }
  | {
      readonly event: 'incident'
      readonly mirror: string
      readonly kind: string
      readonly message: string
    }
  | {
      readonly event: 'started'
      readonly mirror: string
      readonly flow: string
      readonly trigger: string
      readonly run: RunId
    }
  /** The event cannot start a run of the flow; it is not tried again. */
  | {
      readonly event: 'refused'
      readonly mirror: string
      readonly flow: string
      readonly trigger: string
      readonly code: string
      readonly message: string
    }
  /** Times of a schedule that passed while nothing ran. */
  | {
      readonly event: 'skipped'
      readonly mirror: string
      readonly flow: string
      readonly trigger: string
      readonly times: number
    }
  | {
      readonly event: 'planned'
      readonly mirror: string
      readonly pull: number
      readonly planDigest: string
    }
  /** A tag became a release. */
  | {
      readonly event: 'published'
      readonly mirror: string
      readonly tag: string
      readonly release: string
      readonly leaf: number
    }
  /** A tag became none; it is tried again where `isAgain`. */
  | {
      readonly event: 'unpublished'
      readonly mirror: string
      readonly tag: string
      readonly code: string
      readonly message: string
      readonly isAgain: boolean
    }
  /** The registry was told that the tag of a release leads elsewhere. */
  | { readonly event: 'tag-told'; readonly mirror: string; readonly release: string }
  /** The forge was told what became of a commit. */
  | {
      readonly event: 'reported'
      readonly mirror: string
      readonly commit: string
      readonly state: 'success' | 'pending' | 'failure'
    }
  /** What nothing needed any more is gone. */
  | { readonly event: 'freed'; readonly runs: number; readonly bytes: number }
  /** Something did not work; it is tried again. */
  | {
      readonly event: 'problem'
      readonly about: string
      readonly code: string
      readonly message: string
    }

export type Emit = (event: WatchEvent) => void
