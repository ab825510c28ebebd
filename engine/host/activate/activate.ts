/**
 * Makes a version of a mirror the active one, and takes the last step back.
 *
 * One row decides what is active (`WatchMemory.activate`); everything that it names is on the
 * disk before, and what only repeats it is written after. So a crash leaves the old version
 * or the new one, whole, and `settle` brings the copies in line at the next start.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { ActiveFlow, Activation, NewActivation } from '#engine/mirror/activate/memory.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { Fact, Mirror } from '#engine/mirror/sync/mirror.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'
import { type HeldPlan, heldPlan } from '#engine/plan/approval/held.ts'

import { noteProposed } from './proposed.ts'
import { type Proposal, type ProposalParts, propose, type Version } from './proposal.ts'

export interface Activator extends ProposalParts {
  readonly mirrors: MirrorStore
  readonly memory: WatchMemory
  readonly clock: Pick<Clock, 'now'>
}

/** What came of trying to make the newest version active. */
export type Outcome =
  | { readonly kind: 'activated'; readonly activation: Activation; readonly proposal: Proposal }
  /** It is the active one already. */
  | { readonly kind: 'current'; readonly activation: Activation }
  | { readonly kind: 'held'; readonly proposal: Proposal; readonly held: HeldPlan }
  /** The mirror is on hold, or there is nothing mirrored to look at. */
  | { readonly kind: 'none'; readonly reason: string; readonly code?: 'MIRROR_REF_UNKNOWN' }

/**
 * Makes `version`, else the newest mirrored one, active if it may be. One that is older holds
 * the mirror, so that the newest does not take its place by itself.
 */
export async function tryActivate(
  parts: Activator,
  mirror: Mirror,
  version: Version | undefined = newest(parts, mirror),
): Promise<Outcome> {
  if (mirror.hold !== undefined) return { kind: 'none', reason: mirror.hold.reason }
  if (version === undefined) {
    const reason = `Nothing of "${mirror.name}" is mirrored yet; first: ionflux mirror sync ${mirror.name}`
    return { kind: 'none', reason, code: 'MIRROR_REF_UNKNOWN' }
  }
  const active = parts.memory.active(mirror.id)
  if (active !== undefined && active.commit === version.commit)
    return { kind: 'current', activation: active }
  const proposal = await propose(parts, mirror, version)
  if (!proposal.verdict.may) {
    const held = heldPlan(proposal.compared.change, proposal.verdict)
    const { planDigest } = held
    const at = parts.clock.now()
    noteProposed(parts.memory, mirror.id, { planDigest, commit: version.commit, at })
    if (version.isOlder !== true) markHeld(parts, proposal, held)
    return { kind: 'held', proposal, held }
  }
  // Judging takes a while, and a person may have held or rolled back meanwhile.
  const now = parts.mirrors.find(mirror.id)
  if (now?.hold !== undefined) return { kind: 'none', reason: now.hold.reason }
  if (version.isOlder === true) holdAt(parts, proposal)
  const activation = now === undefined ? undefined : carryOut(parts, proposal)
  return activation === undefined
    ? { kind: 'none', reason: `"${mirror.name}" changed while it was judged; it is judged again.` }
    : { kind: 'activated', activation, proposal }
}

/** The newest version that is here whole; undefined before the first. */
function newest({ mirrors }: Pick<Activator, 'mirrors'>, { id }: Mirror): Version | undefined {
  const { commit, tree } = mirrors.facts(id).mirrored
  return commit === undefined || tree === undefined ? undefined : { commit, tree }
}

/** Before it is active, so that a crash in between leaves what was, and not the newest. */
function holdAt({ mirrors, clock }: Activator, { mirror, version }: Proposal): void {
  const reason = `A person asked for the older version ${version.commit.slice(0, 12)}. For the newest again: ionflux mirror release ${mirror.name}`
  mirrors.apply(mirror.id, { hold: { reason, at: clock.now(), by: 'person' } })
}

/** Writes what may be written; undefined when the proposal is over a version that is not active now. */
function carryOut(parts: Activator, proposal: Proposal): Activation | undefined {
  const { mirror, version, over, compared, verdict } = proposal
  if (!verdict.may) throw new Error('a plan that may not become active')
  const flows = proposal.flows.map((flow): ActiveFlow => {
    const on = (compared.after.get(flow.id)?.flow['on'] ?? null) as Json
    const blobs = parts.mirrors.content.putAll(flow.blobs)
    return { id: flow.id, file: flow.file, plan: flow.digest, blobs, on }
  })
  const activation: NewActivation = {
    mirror: mirror.id,
    kind: 'activated',
    commit: version.commit,
    tree: version.tree,
    at: parts.clock.now(),
    planDigest: compared.change.planDigest,
    approvals: verdict.approvals,
    flows,
  }
  return settleOn(parts, activation, over)
}

/**
 * Makes the version before the active one active again, and holds the mirror, so that the
 * version that was left does not come back by itself. Throws `CLI_USAGE` when there is none, and
 * when another one became active meanwhile.
 */
export function rollBack(parts: Activator, mirror: Mirror): Activation {
  const [active, before] = standing(
    parts.memory.activations(mirror.id, limits.activationsListedMax),
  )
  if (active === undefined || before === undefined) {
    throw new IonError('CLI_USAGE', `Nothing was active of "${mirror.name}" before what is now.`, {
      data: { mirror: mirror.name },
    })
  }
  const at = parts.clock.now()
  const reason = `It was rolled back from ${active.commit.slice(0, 12)}. When that is mended: ionflux mirror release ${mirror.name}`
  parts.mirrors.apply(mirror.id, { hold: { reason, at, by: 'person' } })
  const { n: _, ...rest } = before
  const done = settleOn(parts, { ...rest, kind: 'rolled-back', at, approvals: [] }, active.n)
  if (done !== undefined) return done
  const message = `Another version of "${mirror.name}" became active meanwhile, and it is on hold now. Look with ionflux mirror status, then roll back again.`
  throw new IonError('CLI_USAGE', message, { data: { mirror: mirror.name } })
}

/** The versions that stand on each other, the active one first: a rollback takes those above away. */
function standing(history: readonly Activation[]): readonly Activation[] {
  const stack: Activation[] = []
  for (const one of history.toReversed()) {
    if (one.kind === 'rolled-back') {
      const below = stack.findLastIndex(({ commit }) => commit === one.commit)
      stack.length = Math.max(below, 0)
    }
    stack.push(one)
  }
  return stack.toReversed()
}

function settleOn(
  parts: Activator,
  activation: NewActivation,
  over: number,
): Activation | undefined {
  requireClosure(parts, activation)
  const written = parts.memory.activate(activation, over)
  if (written !== undefined) copyActive(parts, written)
  return written
}

/** Everything that a run would need is here, or nothing becomes active. */
function requireClosure({ mirrors }: Activator, { tree, flows }: NewActivation): void {
  for (const digest of [tree, ...flows.flatMap(({ blobs }) => blobs)])
    if (!mirrors.content.has(digest)) mirrors.content.get(digest)
}

function copyActive({ mirrors }: Pick<Activator, 'mirrors'>, activation: Activation): void {
  const { commit, tree, at, planDigest, flows, mirror } = activation
  mirrors.apply(mirror, {
    facts: { active: { commit, tree, at, planDigest, flows: flows.length } },
  })
}

/** Says beside the active version why a newer one is not. */
function markHeld(
  { mirrors, clock }: Activator,
  { mirror, version, verdict }: Proposal,
  held: HeldPlan,
): void {
  const { problem: known, ...active } = mirrors.facts(mirror.id).active
  const [first] = verdict.may ? [] : verdict.reasons
  if (first === undefined) return
  const isKnown = known?.commit === version.commit && known.message === first.message
  if (isKnown && known.held?.planDigest === held.planDigest) return
  const at: Instant = clock.now()
  const fact: Fact = { ...active, problem: { ...first, at, commit: version.commit, held } }
  mirrors.apply(mirror.id, { facts: { active: fact } })
}

/** Brings what repeats the activations in line with them, after a crash between the two. */
export function settle(parts: Pick<Activator, 'mirrors' | 'memory'>): void {
  for (const { id } of parts.mirrors.list()) {
    const active = parts.memory.active(id)
    if (active !== undefined && parts.mirrors.facts(id).active.commit !== active.commit)
      copyActive(parts, active)
  }
}
