/**
 * Who has to agree before a change becomes active: the `activation` of `ionflux.yaml`, with
 * its defaults, and what a change of it means.
 *
 * Pure. The policy that counts is that of the version which is active, never that of the
 * change; so loosening it has to be approved under the rules that it loosens.
 */
import { isSame, type Json } from '#engine/core/json.ts'
import type { Activation } from '#engine/dsl/repository.ts'
import {
  type ChangePolicy,
  type ChangeSeverity,
  type Finding,
  severities,
} from '#engine/plan/change/change.ts'

/** The most severe finding that an approval covers; `none` covers nothing. */
export type Reach = 'none' | Exclude<ChangeSeverity, 'block'>

export interface Approver {
  readonly name: string
  /** `ssh-ed25519 AAAA…` */
  readonly key: string
  readonly reach: Reach
}

export interface ActivationPolicy {
  /** Absent means everywhere. */
  readonly environments?: readonly string[]
  readonly merge: Reach
  readonly operator: Reach
  /** How many different approvals an escalation needs. */
  readonly quorum: number
  readonly approvers: readonly Approver[]
}

/** The policy of a repository that says nothing about it, or not everything. */
export function policyOf(given: Activation = {}): ActivationPolicy {
  const { environments, merge = 'review', operator = 'escalation', quorum = 1 } = given
  const approvers = Object.entries(given.approvers ?? {}).map(
    ([name, { key, up_to: reach = 'escalation' }]): Approver => ({ name, key, reach }),
  )
  const known = environments === undefined ? {} : { environments }
  return { ...known, merge, operator, quorum, approvers }
}

/**
 * What counts before anything of a repository is active: there is no version of it whose
 * policy could be trusted, so nobody but the operator may begin.
 */
export const firstPolicy: ActivationPolicy = {
  merge: 'none',
  operator: 'escalation',
  quorum: 1,
  approvers: [],
}

const reaches: readonly Reach[] = ['none', 'info', 'review', 'escalation']

/** Whether an approval that reaches so far covers a finding of this severity. */
export function covers(reach: Reach, severity: ChangeSeverity): boolean {
  return severity !== 'block' && reaches.indexOf(reach) > severities.indexOf(severity)
}

/** Both at once: what an organisation asks for, and what a repository asks for itself. */
export function bothPolicies(a: ActivationPolicy, b: ActivationPolicy): ActivationPolicy {
  const lower = (one: Reach, other: Reach): Reach =>
    reaches[Math.min(reaches.indexOf(one), reaches.indexOf(other))] ?? 'none'
  const environments = inBoth(a.environments, b.environments)
  return {
    ...(environments === undefined ? {} : { environments }),
    merge: lower(a.merge, b.merge),
    operator: lower(a.operator, b.operator),
    quorum: Math.max(a.quorum, b.quorum),
    // An organisation that names approvers is the one who names them; while none of its policies
    // is active, nobody's signature counts.
    approvers: a === firstPolicy || a.approvers.length > 0 ? a.approvers : b.approvers,
  }
}

function inBoth(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.filter((one) => b.includes(one))
}

/** What one side of a change says about judging and approving. */
export interface SidePolicy {
  readonly severity?: ChangePolicy
  readonly activation?: Activation
}

/** The rules of a side with every default written out: what an approval of a change of them is for. */
export function plainPolicy({ severity = {}, activation }: SidePolicy): Json {
  return { severity, activation: policyOf(activation) } as unknown as Json
}

/** A change of the rules for changes is itself something that has to be approved. */
export function policyFindings(before: SidePolicy, after: SidePolicy): readonly Finding[] {
  if (isSame(plainPolicy(before), plainPolicy(after))) return []
  const message =
    'Who has to approve a change, or how changes are judged, is another after this change.'
  return [
    {
      code: 'PLAN_POLICY_CHANGED',
      severity: 'escalation',
      message,
      flow: '',
      file: 'ionflux.yaml',
    },
  ]
}
