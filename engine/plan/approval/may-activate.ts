/**
 * Whether a change may become active: its findings, the policy that counts, and who agreed.
 *
 * Pure. That a signature is good, and who typed a command, was found out before; an approval
 * is for one plan digest and for nothing else.
 */
import type { Digest } from '#engine/core/digest.ts'
import type { Instant } from '#engine/core/clock.ts'
import { type Change, type ChangeSeverity, severities } from '#engine/plan/change/change.ts'

import { type ActivationPolicy, covers, type Reach } from './policy.ts'

/** Somebody agreed. What it is for was checked by whoever made it. */
export type Approval =
  /** The change is on the branch that is followed. */
  | { readonly by: 'merge'; readonly branch: string; readonly commit: string }
  /** A good signature over the digest, by a key of the policy. */
  | { readonly by: 'signature'; readonly name: string }
  /** `ionflux plan approve` on the machine of the watcher. */
  | { readonly by: 'operator'; readonly name: string; readonly at: Instant }

export interface ActivationCase {
  readonly change: Pick<Change, 'findings' | 'flows' | 'planDigest'>
  readonly policy: ActivationPolicy
  /** All of them for the digest of `change`. */
  readonly approvals: readonly Approval[]
  /** Where it would become active; absent where nobody named the place. */
  readonly environment?: string | undefined
}

export interface HeldReason {
  readonly code: 'MIRROR_PLAN_BLOCKED' | 'MIRROR_PLAN_UNAPPROVED'
  /** One sentence with a full stop. */
  readonly message: string
}

export type Verdict =
  | { readonly may: true; readonly approvals: readonly Approval[] }
  | {
      readonly may: false
      readonly planDigest: Digest
      readonly reasons: readonly HeldReason[]
      /** An approval of the operator counts, and no more than approvals are missing. */
      readonly byOperator: boolean
    }

/** Yes with the approvals that count, or no with everything that is missing. */
export function mayActivate(asked: ActivationCase): Verdict {
  const { change, policy, approvals } = asked
  const { planDigest } = change
  const walls = [...blocked(change), ...elsewhere(asked)]
  const severity = worst(change)
  const isNothing = change.flows.length === 0 && change.findings.length === 0
  const counted = isNothing ? [] : approvals.filter((one) => covers(reachOf(one, policy), severity))
  const wanted = isNothing ? 0 : severity === 'escalation' ? policy.quorum : 1
  const missing = wanted - new Set(counted.map(whoOf)).size
  const isMissing = severity !== 'block' && missing > 0
  const reasons = [...walls, ...(isMissing ? [unapproved(asked, severity, missing)] : [])]
  if (reasons.length === 0) return { may: true, approvals: counted }
  const byOperator = walls.length === 0 && covers(policy.operator, severity)
  return { may: false, planDigest, reasons, byOperator }
}

function worst({ findings }: Pick<Change, 'findings'>): ChangeSeverity {
  const all = findings.map(({ severity }) => severities.indexOf(severity))
  return severities[Math.max(0, ...all)] ?? 'info'
}

function blocked({ findings }: Pick<Change, 'findings'>): readonly HeldReason[] {
  const found = findings.filter(({ severity }) => severity === 'block')
  const [first] = found
  if (first === undefined) return []
  const more = found.length === 1 ? '' : ` (and ${found.length - 1} more)`
  return [{ code: 'MIRROR_PLAN_BLOCKED', message: `${first.message}${more}` }]
}

function elsewhere({ policy, environment }: ActivationCase): readonly HeldReason[] {
  const { environments } = policy
  if (environments === undefined || environments.includes(environment ?? '')) return []
  const here = environment === undefined ? 'has no name' : `is "${environment}"`
  const message = `It may be active in ${environments.join(', ')} only, and this place ${here}.`
  return [{ code: 'MIRROR_PLAN_UNAPPROVED', message }]
}

function reachOf(approval: Approval, policy: ActivationPolicy): Reach {
  switch (approval.by) {
    case 'merge':
      return policy.merge
    case 'operator':
      return policy.operator
    case 'signature':
      return policy.approvers.find(({ name }) => name === approval.name)?.reach ?? 'none'
  }
}

/** One person in two ways is one person. */
function whoOf(approval: Approval): string {
  return approval.by === 'merge' ? 'merge' : approval.name
}

function unapproved(
  { change, policy }: ActivationCase,
  severity: ChangeSeverity,
  missing: number,
): HeldReason {
  const names = policy.approvers.flatMap(({ name, reach }) =>
    covers(reach, severity) ? [name] : [],
  )
  const ways = [
    ...(names.length === 0 ? [] : [`a signature of ${names.join(' or ')}`]),
    ...(covers(policy.operator, severity)
      ? [`\`ionflux plan approve ${change.planDigest}\` on this machine`]
      : []),
  ]
  const count = missing === 1 ? 'an approval' : `${missing} more approvals`
  const way = ways.length === 0 ? 'nobody may give it under the policy' : ways.join(', or ')
  return {
    code: 'MIRROR_PLAN_UNAPPROVED',
    message: `The plan has a finding of severity "${severity}" and needs ${count}: ${way}.`,
  }
}
