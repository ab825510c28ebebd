/**
 * A mirrored repository as data: what it is bound to, and how far each commit of it got.
 *
 * The four facts `remote → mirrored → compiled → active` are the words for it everywhere.
 * Each stage keeps what it reached last, so a broken head never takes a good version away:
 * what is wrong stands beside it as the problem of the stage that cannot go on.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { HeldPlan } from '#engine/plan/approval/held.ts'

/** One repository that is followed. */
export interface Mirror {
  /** Never given twice; also the name of its folder. */
  readonly id: string
  /** What people call it, such as `acme/flows`; unique. */
  readonly name: string
  /** `https://…`, without user and password. */
  readonly url: string
  /** Absent until the first sync: then what the remote's HEAD was. */
  readonly branch?: string
  /** Globs of the files that are kept; empty means all that flows may need. */
  readonly paths: readonly string[]
  /** The most that its flows may do, as `net:HOST`, `secrets:NAME`; absent means no ceiling. */
  readonly maxCaps?: readonly string[]
  /** The name of the secret that its host is sent. */
  readonly tokenSecret?: string
  readonly addedAt: Instant
  /** While there is one, nothing of it becomes active. */
  readonly hold?: Hold
}

export interface Hold {
  readonly reason: string
  readonly at: Instant
  /** `sync` for one that a rewritten history caused. */
  readonly by: 'person' | 'sync'
}

export const stages = ['remote', 'mirrored', 'compiled', 'active'] as const
export type Stage = (typeof stages)[number]

/** How far one stage got. */
export interface Fact {
  /** Absent before the first. */
  readonly commit?: CommitId
  /** When it got there; for `remote`, when it was first seen there. */
  readonly at?: Instant
  /** Why it is not further. Absent when it is where the stage before it is. */
  readonly problem?: FactProblem
  /** Of `mirrored` and later: the list of its files in the content store (`manifest.ts`). */
  readonly tree?: Digest
  /** Of `mirrored`: the committer's date, as the commit says it. */
  readonly committedAt?: Instant
  /** Of `compiled`: how many flows there are. */
  readonly flows?: number
  /** Of `active`: the approved plan that made it so. */
  readonly planDigest?: Digest
}

export interface FactProblem {
  readonly code: string
  readonly message: string
  readonly at: Instant
  /** The commit that has the problem, where one has. */
  readonly commit?: CommitId
  /** Of `active`: the plan that waits, with what was found in it. */
  readonly held?: HeldPlan
}

export type Facts = Readonly<Record<Stage, Fact>>

/** Before anything was seen. */
export const noFacts: Facts = { remote: {}, mirrored: {}, compiled: {}, active: {} }

/** That a ref was seen at an object, for as long as the mirror exists. */
export interface RefSeen {
  /** `refs/heads/main`, `refs/tags/v1`. */
  readonly ref: string
  /** What the ref itself names: of an annotated tag, the tag. */
  readonly oid: string
  /** The commit behind it. */
  readonly commit: string
  readonly firstSeen: Instant
  /** When it was no longer there; absent while it is. */
  readonly goneAt?: Instant
}

export type IncidentKind =
  | 'history-rewritten'
  | 'tag-moved'
  | 'tag-deleted'
  | 'branch-deleted'
  | 'repository-gone'

/** Something that a person should look at. Never taken out; what is over has `resolvedAt`. */
export interface Incident {
  readonly id: number
  readonly mirror: string
  readonly kind: IncidentKind
  readonly at: Instant
  readonly message: string
  readonly ref?: string
  readonly before?: string
  readonly after?: string
  readonly resolvedAt?: Instant
}

export type NewIncident = Omit<Incident, 'id' | 'mirror' | 'resolvedAt'>

/** When a mirror is looked at next, and how the last looks went. */
export interface Polling {
  readonly nextAt: Instant
  /** Absent before the first look. */
  readonly checkedAt?: Instant
  /** Looks that failed since the last that did not. */
  readonly failures: number
  /** The digest of the last list of refs; the same digest means that nothing changed. */
  readonly answer?: Digest
}

export type MirrorStatus = 'new' | 'current' | 'behind' | 'broken' | 'held' | 'gone'

/**
 * One word for all of it. `behind` waits for a sync, a plan or an approval; `broken` has a
 * head that cannot be mirrored or compiled; what is active goes on in each of them.
 */
export function statusOf({ hold }: Pick<Mirror, 'hold'>, facts: Facts): MirrorStatus {
  const { remote, mirrored, compiled, active } = facts
  if (hold !== undefined) return 'held'
  if (remote.problem?.code === 'MIRROR_REPOSITORY_GONE') return 'gone'
  if ([remote, mirrored, compiled].some(({ problem }) => problem !== undefined)) return 'broken'
  if (remote.commit === undefined) return 'new'
  return active.commit === remote.commit ? 'current' : 'behind'
}
