/**
 * What a look at a remote means: which facts move, and what is an incident.
 *
 * Pure, and the only place for these rules. Nothing is ever taken away because it was not
 * there: a branch or repository that vanished leaves what is active as it is. A rewritten
 * branch holds the mirror. A tag that names another object than the first time is an
 * incident, because a tag is a promise. Fetching and compiling are `sync.ts`'s.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { CommitId } from '#engine/mirror/port.ts'

import type { Fact, FactProblem, Facts, Mirror, NewIncident, RefSeen, Stage } from './mirror.ts'
import type { MirrorChange } from './store.ts'

/** A ref as the remote says it: `oid` is what it names, `commit` what is behind that. */
export interface RemoteRef {
  readonly ref: string
  readonly oid: string
  readonly commit: string
}

/** The refs that were asked for: the bound branch and every tag. */
export interface RemoteRefs {
  /** The branch that HEAD names; absent when it was not asked for or there is none. */
  readonly head?: string
  readonly refs: readonly RemoteRef[]
}

export interface Look {
  readonly mirror: Mirror
  readonly facts: Facts
  /** All rows of the mirror. */
  readonly seen: readonly RefSeen[]
  readonly remote: RemoteRefs
  /** All branches; asked for only where the bound one is not there, and never was. */
  readonly branches?: readonly string[]
  readonly at: Instant
}

export interface Seen {
  readonly change: MirrorChange
  /** What is to be fetched; absent when the mirror has it, or when there is nothing. */
  readonly wanted?: CommitId
}

/** Says what the list of refs of a remote means. */
export function judgeRemote(look: Look): Seen {
  const { mirror, facts, remote, at } = look
  const branch = mirror.branch ?? remote.head
  const ref = branch === undefined ? undefined : `refs/heads/${branch}`
  const head = ref === undefined ? undefined : remote.refs.find((one) => one.ref === ref)
  const tags = judgeTags(look)
  if (branch === undefined || ref === undefined || head === undefined) {
    return { change: withoutHead(look, branch, tags) }
  }
  const commit = head.commit as CommitId
  const isSame = facts.remote.commit === commit
  const since = isSame && facts.remote.at !== undefined ? facts.remote.at : at
  const change: MirrorChange = {
    facts: { remote: { commit, at: since } },
    refs: [...branchRows(look.seen, head, at), ...tags.rows],
    incidents: tags.incidents,
    resolve: { kinds: ['repository-gone', 'branch-deleted'], at },
    ...(mirror.branch === undefined ? { branch } : {}),
  }
  return facts.mirrored.commit === commit && facts.mirrored.problem === undefined
    ? { change }
    : { change, wanted: commit }
}

/** The branch is not there: a repository without commits, or one that lost the branch. */
function withoutHead(look: Look, branch: string | undefined, tags: Tags): MirrorChange {
  const { facts, at } = look
  const { code, message } = absence(branch, look.branches)
  const lost = facts.remote.commit
  const incident: NewIncident[] =
    lost === undefined
      ? []
      : [
          {
            kind: 'branch-deleted',
            at,
            message: `The branch "${branch ?? 'HEAD'}" is not there any more; what is active goes on.`,
            ref: `refs/heads/${branch ?? 'HEAD'}`,
            before: lost,
          },
        ]
  return {
    facts: { remote: { ...facts.remote, problem: problemAt(code, message, at) } },
    refs: tags.rows,
    incidents: [...incident, ...tags.incidents],
    resolve: { kinds: ['repository-gone'], at },
  }
}

function absence(
  branch: string | undefined,
  branches: readonly string[] = [],
): { readonly code: 'MIRROR_HISTORY_EMPTY' | 'MIRROR_REF_UNKNOWN'; readonly message: string } {
  const shown = branches.slice(0, limits.mirrorBranchesShownMax).map((name) => `"${name}"`)
  const rest = branches.length - shown.length
  const more = rest > 0 ? ` and ${rest} more` : ''
  const there = `There ${branches.length === 1 ? 'is' : 'are'} ${shown.join(', ')}${more}`
  if (branch === undefined)
    return branches.length === 0
      ? {
          code: 'MIRROR_HISTORY_EMPTY',
          message: 'The repository has no commit yet; push one.',
        }
      : {
          code: 'MIRROR_REF_UNKNOWN',
          message: `HEAD of the repository names a branch that is not there. ${there}; add the mirror with --branch.`,
        }
  const near = suggest(branch, branches)
  const way =
    near !== undefined
      ? `Did you mean "${near}"? Add the mirror with that --branch.`
      : branches.length === 0
        ? 'Push it again, or bind another one: remove the mirror and add it with --branch.'
        : `${there}; add the mirror with one of them as --branch.`
  return { code: 'MIRROR_REF_UNKNOWN', message: `The branch "${branch}" is not there. ${way}` }
}

/** The branch's old place is gone, its new one is seen. */
function branchRows(seen: readonly RefSeen[], head: RemoteRef, at: Instant): readonly RefSeen[] {
  const rows = seen.filter(({ ref, goneAt }) => ref === head.ref && goneAt === undefined)
  if (rows.some(({ oid }) => oid === head.oid)) return []
  return [...rows.map((row) => ({ ...row, goneAt: at })), { ...head, firstSeen: at }]
}

interface Tags {
  readonly rows: readonly RefSeen[]
  readonly incidents: readonly NewIncident[]
}

function judgeTags({ seen, remote, at }: Look): Tags {
  const known = new Map<string, RefSeen[]>()
  for (const row of seen) {
    if (!row.ref.startsWith('refs/tags/')) continue
    const rows = known.get(row.ref)
    if (rows === undefined) known.set(row.ref, [row])
    else rows.push(row)
  }
  const rows: RefSeen[] = []
  const incidents: NewIncident[] = []
  const there = new Set<string>()
  for (const tag of remote.refs) {
    if (!tag.ref.startsWith('refs/tags/')) continue
    there.add(tag.ref)
    const before = known.get(tag.ref) ?? []
    const same = before.find(({ oid }) => oid === tag.oid)
    if (same?.goneAt === undefined && same !== undefined) continue
    const open = before.filter(({ goneAt }) => goneAt === undefined)
    rows.push(...open.map((row) => ({ ...row, goneAt: at })), { ...tag, firstSeen: at })
    const first = before.toSorted((a, b) => a.firstSeen - b.firstSeen)[0]
    if (first !== undefined && first.oid !== tag.oid) incidents.push(movedTag(first, tag, at))
  }
  for (const [ref, before] of known) {
    const open = before.find(({ goneAt }) => goneAt === undefined)
    if (there.has(ref) || open === undefined) continue
    rows.push({ ...open, goneAt: at })
    incidents.push(deletedTag(open, at))
  }
  return { rows, incidents: bounded(incidents, at) }
}

function movedTag(first: RefSeen, tag: RemoteRef, at: Instant): NewIncident {
  const name = tag.ref.slice('refs/tags/'.length)
  return {
    kind: 'tag-moved',
    at,
    message: `The tag "${name}" names ${short(tag.commit)} and was first seen at ${short(first.commit)}. A release never moves: ask its owner before anything uses it.`,
    ref: tag.ref,
    before: first.oid,
    after: tag.oid,
  }
}

function deletedTag({ ref, oid }: RefSeen, at: Instant): NewIncident {
  const name = ref.slice('refs/tags/'.length)
  const message = `The tag "${name}" is not there any more; what was taken from it stays.`
  return { kind: 'tag-deleted', at, message, ref, before: oid }
}

/** A remote that moves all of its tags makes one long story short. */
function bounded(incidents: readonly NewIncident[], at: Instant): readonly NewIncident[] {
  const kept = incidents.slice(0, limits.mirrorIncidentsPerLookMax)
  const left = incidents.length - kept.length
  const [last] = kept.slice(-1)
  if (left === 0 || last === undefined) return kept
  const message = `${left} more tags were moved or deleted at once.`
  return [...kept, { kind: last.kind, at, message, ref: 'refs/tags/*' }]
}

export type Ancestry = 'first' | 'forward' | 'rewritten' | 'unknown'

export interface MirroredCommit {
  readonly commit: CommitId
  /** Of `commit` against what was mirrored before. */
  readonly ancestry: Ancestry
  readonly tree: Digest
  readonly committedAt?: Instant
}

/** Says what a commit means that is here with all it needs. */
export function judgeMirrored(
  { mirror, facts, at }: Omit<Look, 'seen' | 'remote'>,
  { commit, ancestry, tree, committedAt }: MirroredCommit,
): MirrorChange {
  const mirrored: Fact = { commit, at, tree, ...(committedAt === undefined ? {} : { committedAt }) }
  const before = facts.mirrored.commit
  const isForward = ancestry === 'first' || ancestry === 'forward' || before === undefined
  if (isForward) return { facts: { mirrored } }
  const branch = mirror.branch ?? 'HEAD'
  const what = ancestry === 'rewritten' ? 'was rewritten' : 'cannot be followed'
  const message = `The branch "${branch}" ${what}: ${short(before)} is not in the history of ${short(commit)}.`
  const ref = `refs/heads/${branch}`
  const reason = `${message} Look at it, then: ionflux mirror release ${mirror.name}`
  return {
    facts: { mirrored },
    incidents: [{ kind: 'history-rewritten', at, message, ref, before, after: commit }],
    hold: { reason, at, by: 'sync' },
  }
}

export interface CompiledCommit {
  readonly commit: CommitId
  readonly tree: Digest
  readonly flows: number
  /** What is wrong, the first of it as a sentence; absent when nothing is. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/** Says what the check of a commit means: a broken one leaves the last good one where it is. */
export function judgeCompiled(
  facts: Facts,
  { commit, tree, flows, problem }: CompiledCommit,
  at: Instant,
): MirrorChange {
  if (problem === undefined) return { facts: { compiled: { commit, at, tree, flows } } }
  const found = { ...problemAt(problem.code, problem.message, at), commit }
  return { facts: { compiled: { ...facts.compiled, problem: found } } }
}

/** Says what a failure means: the stage stays where it is, with the reason beside it. */
export function judgeFailure(facts: Facts, failure: StageFailure, at: Instant): MirrorChange {
  const { stage, code, message, commit } = failure
  const fact: Fact = facts[stage]
  const isSame = fact.problem?.code === code && fact.problem.commit === commit
  const since = isSame ? (fact.problem?.at ?? at) : at
  const problem = {
    ...problemAt(code, message, since),
    ...(commit === undefined ? {} : { commit }),
  }
  const isGone = code === 'MIRROR_REPOSITORY_GONE' && facts.remote.commit !== undefined
  const gone = 'The repository is not there any more, or may not be read; what is active goes on.'
  return {
    facts: { [stage]: { ...fact, problem } },
    ...(isGone ? { incidents: [{ kind: 'repository-gone', at, message: gone }] } : {}),
  }
}

export interface StageFailure {
  readonly stage: Stage
  readonly code: string
  readonly message: string
  /** What the stage was about. */
  readonly commit?: CommitId
}

function problemAt(code: string, message: string, at: Instant): FactProblem {
  return { code, message, at }
}

function short(oid: string): string {
  return oid.slice(0, 10)
}
