/**
 * What a registry says about one entry: derived from the log alone, so that anybody who
 * replays it gets the same bytes.
 */
import type { AdvisoryEvent, RegistryEvent } from '#registry/event.ts'

/** One version of an entry, with its leaf as it is in the log. */
export interface ReleaseView {
  readonly version: string
  /** The index in the log. */
  readonly leaf: number
  /** Its body is a `publish`; its canonical bytes are the leaf. */
  readonly event: RegistryEvent
  /** The digest as content networks write it. */
  readonly alias: string
  /** Over the powers that it asks for: what consent is for. */
  readonly capsDigest: string
  readonly yanked?: { readonly reason: string; readonly isGone: boolean }
  /** Where its tag leads now, when somebody moved it; empty when it is gone. */
  readonly moved?: string
  /** Why it is under suspicion: its key was with others when it was signed. */
  readonly suspect?: string
  /** Ids of the advisories that concern it. */
  readonly advisories?: readonly string[]
}

export interface Advisory extends Omit<AdvisoryEvent, 'event' | 'log' | 'at' | 'after' | 'name'> {
  readonly at: string
}

/** One reason of a score. */
export interface Reason {
  /** `tests`, `age`, `advisories` … */
  readonly of: string
  /** What it adds or takes. */
  readonly points: number
  /** For people. */
  readonly text: string
}

export interface TrustScore {
  /** 0 to 100. */
  readonly score: number
  readonly reasons: readonly Reason[]
}

/** The first line of a view file. */
export interface EntryHead {
  readonly view: 1
  readonly name: string
  readonly kind: string
  readonly owner: string
  /** Who may have it soon, and from when. */
  readonly transfer?: { readonly owner: string; readonly from: string }
  readonly description?: string
  /** The newest version that nobody hid; absent where all are hidden. */
  readonly latest?: string
  readonly deprecated?: {
    readonly message: string
    readonly range?: string
    readonly instead?: string
  }
  readonly advisories?: readonly Advisory[]
  /** How many more there are, of the less severe. */
  readonly advisoriesLeftOut?: number
  /** How many releases of others name it in `requires`, and how many were forked from it. */
  readonly usage: { readonly dependents: number; readonly forks: number }
  readonly trust: TrustScore
  /** The lowest and highest version of each page, which hold the other versions. */
  readonly pages?: readonly { readonly from: string; readonly to: string }[]
}

export interface EntryView {
  readonly head: EntryHead
  /** Highest first. */
  readonly releases: readonly ReleaseView[]
}
