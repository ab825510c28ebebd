/**
 * Plans open pull requests and reports back: one comment that is edited in place, and a
 * status on the commit. Nothing of a pull request is run.
 *
 * A plan is made once for each head on each base; what was told is remembered, so a restart
 * tells nothing twice.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import { IonError, toFailure } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { Annotation, Forge, PullRequest, StatusWish } from '#engine/forge/port.ts'
import type { Outcome } from '#engine/host/activate/activate.ts'
import { noteProposed } from '#engine/host/activate/proposed.ts'
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'
import type { Change } from '#engine/plan/change/change.ts'

import type { Emit } from './events.ts'

/** A mirror as its forge knows it. */
export interface OnForge {
  readonly forge: Forge
  /** `owner/name` */
  readonly repository: string
}

export interface ReportParts {
  readonly memory: WatchMemory
  readonly mirrors: MirrorStore
  readonly clock: Pick<Clock, 'now'>
  /** Undefined for a mirror on a host that nothing is reported to. */
  onForge(mirror: Mirror): OnForge | undefined
  /** What merging the pull request would change. */
  planOf(mirror: Mirror, pull: PullRequest): Promise<RepositoryChange>
  /** The plan as the text of a comment, which begins with `marker`. */
  render(change: RepositoryChange): string
  readonly marker: string
  readonly emit: Emit
}

export interface Reports {
  /** Says on the commit what became of it. Never throws. */
  report(mirror: Mirror, outcome: Outcome): Promise<void>
  /** Says on a commit what became of its tag. Never throws. */
  say(mirror: Mirror, said: Told): Promise<void>
  /** Plans what is open and was not planned. Never throws. */
  pulls(mirror: Mirror): Promise<void>
}

export function openReports(parts: ReportParts): Reports {
  const nextAt = new Map<string, Instant>()
  const guard = async (mirror: Mirror, work: (on: OnForge) => Promise<void>): Promise<void> => {
    try {
      const on = parts.onForge(mirror)
      if (on !== undefined) await work(on)
    } catch (thrown) {
      const { code, message } = toFailure(thrown, 'RUN_INTERNAL')
      parts.emit({ event: 'problem', about: mirror.name, code, message })
      const rest = thrown instanceof IonError ? thrown.data['retryAfterMs'] : undefined
      nextAt.set(mirror.id, parts.clock.now() + (typeof rest === 'number' ? rest : 0))
    }
  }
  return {
    report: async (mirror, outcome) =>
      await guard(mirror, async (on) => {
        const told = await tellOutcome(on, outcome)
        if (told === undefined) return
        const { commit, state } = told
        parts.emit({ event: 'reported', mirror: mirror.name, commit, state })
      }),
    say: async (mirror, said) =>
      await guard(mirror, async ({ forge, repository }) => {
        await forge.status({ repository, context: 'ionflux/publish', ...said })
        const { commit, state } = said
        parts.emit({ event: 'reported', mirror: mirror.name, commit, state })
      }),
    pulls: async (mirror) =>
      await guard(mirror, async (on) => {
        if (parts.clock.now() < (nextAt.get(mirror.id) ?? 0)) return
        for (const pull of await openPulls(on, mirror)) await planPull(parts, mirror, on, pull)
      }),
  }
}

async function openPulls(
  { forge, repository }: OnForge,
  { branch }: Mirror,
): Promise<readonly PullRequest[]> {
  const all = await forge.pulls(repository)
  return all.filter(({ base }) => base === branch).slice(0, limits.pullsPlannedMax)
}

async function planPull(
  parts: ReportParts,
  mirror: Mirror,
  { forge, repository }: OnForge,
  pull: PullRequest,
): Promise<void> {
  const { memory, mirrors, emit } = parts
  const key = `pull ${mirror.id} ${pull.number}`
  const about = `${pull.head} ${mirrors.facts(mirror.id).mirrored.commit ?? ''}`
  if (memory.note(key) === about) return
  const result = await parts.planOf(mirror, pull)
  const { change } = result
  const { marker } = parts
  const body = parts.render(result)
  await forge.comment({ repository, number: pull.number, marker, body })
  const told = verdict(change)
  const isCheck = await forge.check({
    repository,
    commit: pull.head,
    name: 'ionflux/plan',
    conclusion: conclusions[change.findings[0]?.severity ?? 'info'],
    title: told.description,
    summary: body,
    annotations: annotationsOf(change),
  })
  if (!isCheck)
    await forge.status({ repository, commit: pull.head, context: 'ionflux/plan', ...told })
  memory.setNote(key, about)
  const { planDigest } = change
  const at = parts.clock.now()
  noteProposed(memory, mirror.id, { planDigest, commit: pull.head, at, pull: pull.number })
  emit({ event: 'planned', mirror: mirror.name, pull: pull.number, planDigest })
}

const conclusions = {
  info: 'success',
  review: 'success',
  escalation: 'neutral',
  block: 'failure',
} as const
const levels = {
  info: 'notice',
  review: 'notice',
  escalation: 'warning',
  block: 'failure',
} as const

/** Findings where they stand; those of no file are in the summary only. */
function annotationsOf({ findings }: Change): readonly Annotation[] {
  return findings.flatMap(({ file, line = 1, severity, code, message }) =>
    file === undefined ? [] : [{ file, line, level: levels[severity], title: code, message }],
  )
}

type Said = Pick<StatusWish, 'state' | 'description'>

function verdict({ findings, flows }: Change): Said {
  const [worst] = findings
  if (worst?.severity === 'block') return { state: 'failure', description: worst.message }
  const count = flows.length === 1 ? '1 flow changes' : `${flows.length} flows change`
  if (worst?.severity === 'escalation')
    return { state: 'success', description: `${count}; needs approval: ${worst.message}` }
  return { state: 'success', description: flows.length === 0 ? 'No flow changes.' : `${count}.` }
}

async function tellOutcome(on: OnForge, outcome: Outcome): Promise<Told | undefined> {
  const said = saidOf(outcome)
  if (said === undefined) return undefined
  const { forge, repository } = on
  await forge.status({ repository, context: 'ionflux/active', ...said })
  return said
}

interface Told extends Said {
  readonly commit: string
  readonly state: 'success' | 'pending' | 'failure'
}

function saidOf(outcome: Outcome): Told | undefined {
  if (outcome.kind === 'activated') {
    const { commit, flows } = outcome.activation
    const description =
      flows.length === 1 ? '1 flow is active.' : `${flows.length} flows are active.`
    return { commit, state: 'success', description }
  }
  if (outcome.kind !== 'held' || outcome.proposal.verdict.may) return undefined
  const { commit } = outcome.proposal.version
  const [first] = outcome.proposal.verdict.reasons
  const state = first?.code === 'MIRROR_PLAN_BLOCKED' ? 'failure' : 'pending'
  return { commit, state, description: first?.message ?? '' }
}
