/**
 * Compares two sides of a repository: which flows change, how, and what a reviewer must know.
 *
 * Pure and total: a flow that does not compile on the new side is a finding that blocks, and
 * the rest is still compared.
 */
import { type Digest, digestOf } from '#engine/core/digest.ts'
import type { Problem } from '#engine/core/problem.ts'
import { isSame, type Json } from '#engine/core/json.ts'

import { plainPolicy, policyFindings, type SidePolicy } from '#engine/plan/approval/policy.ts'
import type { Lock } from '#engine/plan/lock/lock.ts'

import {
  type Change,
  type ChangePolicy,
  type Finding,
  type FlowChange,
  type FlowVersion,
  severities,
  type Side,
} from './change.ts'
import { found } from './finding.ts'
import { interfaceFindings } from './interface.ts'
import { fileFindings, lockFindings, packageFindings } from './packages.ts'
import { powerFindings } from './powers.ts'
import { safeguardFindings } from './safeguards.ts'
import { changedSteps } from './steps-changed.ts'
import { stepsOf } from './steps.ts'
import { triggerFindings } from './triggers.ts'
import { changedValues } from './values.ts'

/** Raised whenever the rules find more than before: an approval is for the findings it saw. */
const rulesVersion = 2

export interface Sides {
  readonly before: Side
  readonly after: Side
  /** What each side says about judging; that of the old one counts, so that no change softens its own. */
  readonly policies?: { readonly before: SidePolicy; readonly after: SidePolicy }
  /** Flows that are on neither side because nothing of them can have changed. */
  readonly untouched?: number
  readonly locks?: { readonly before: Lock | undefined; readonly after: Lock | undefined }
  /** What is wrong in the marker and the lock of the new side. */
  readonly broken?: readonly Problem[]
}

/** What the change from one side to the other would do. */
export function compareSides(sides: Sides): Change {
  const { policies, untouched = 0, locks, broken = [] } = sides
  const { before, after } = matched(sides)
  const policy = policies?.before.severity ?? {}
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  const changes = new Map<string, FlowChange>()
  for (const id of ids) {
    const one = compareFlow(before.get(id), after.get(id))
    if (one !== undefined) changes.set(id, judged(one, policy))
  }
  const flows = [...changes.values()]
  const others = [
    ...packageFindings(locks?.before, locks?.after),
    ...lockFindings(locks?.after, after, new Set(flows.map(({ id }) => id))),
    ...fileFindings(locks, broken),
    ...(policies === undefined ? [] : policyFindings(policies.before, policies.after)),
  ].map((one) => judge(one, policy))
  const findings = [...flows.flatMap((flow) => flow.findings), ...others].toSorted(
    (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity),
  )
  return {
    flows,
    unchanged: ids.length - flows.length + untouched,
    findings,
    planDigest: planDigest(changes, { sides: { ...sides, before, after }, policy, others }),
  }
}

/** An id of several files says nothing of which became which: on both sides these go by file. */
function matched({ before, after }: Sides): Pick<Sides, 'before' | 'after'> {
  const shared = new Set(
    [before, after].flatMap((side) =>
      [...side].flatMap(([key, { id }]) => (key === id ? [] : [id])),
    ),
  )
  if (shared.size === 0) return { before, after }
  const byFile = (side: Side): Side =>
    new Map(
      [...side].map(([key, one]) => [shared.has(one.id) ? one.document.file : key, one] as const),
    )
  return { before: byFile(before), after: byFile(after) }
}

function compareFlow(
  before: FlowVersion | undefined,
  after: FlowVersion | undefined,
): FlowChange | undefined {
  if (after === undefined) return before === undefined ? undefined : removed(before)
  if (before === undefined) return added(after)
  const was = before.document.file
  const { file } = after.document
  const isMoved = was !== file
  const isCode = before.digest !== after.digest
  const isNewlyBroken = isBroken(after) && !isBroken(before)
  if (isSame(before.flow, after.flow) && !isMoved && !isCode && !isNewlyBroken) return undefined
  const steps = changedSteps(stepsOf(before.flow), stepsOf(after.flow))
  return {
    ...digests(before, after),
    id: after.id,
    kind: 'changed',
    file,
    ...(isMoved ? { was } : {}),
    steps,
    values: outside(before, after),
    findings: [
      ...brokenFindings(before, after),
      ...powerFindings(before, after),
      ...safeguardFindings(before, after),
      ...triggerFindings(before, after),
      ...interfaceFindings(before, after),
      ...(steps.length === 0 && isCode && isSame(before.flow, after.flow) && !isBroken(after)
        ? [found(after, { code: 'PLAN_CODE_CHANGED', severity: 'review', message: codeWords })]
        : []),
    ],
    ...(after.plan === undefined ? {} : { plan: after.plan }),
  }
}

const policyChanged = 'PLAN_POLICY_CHANGED'
const codeWords = 'The file is the same, but code, a plugin or a flow that it uses is another.'

function added(after: FlowVersion): FlowChange {
  return {
    ...digests(undefined, after),
    id: after.id,
    kind: 'added',
    file: after.document.file,
    steps: changedSteps(new Map(), stepsOf(after.flow)),
    values: [],
    findings: [
      ...brokenFindings(undefined, after),
      ...powerFindings(undefined, after),
      ...triggerFindings(undefined, after),
    ],
    ...(after.plan === undefined ? {} : { plan: after.plan }),
  }
}

function removed(before: FlowVersion): FlowChange {
  const message = `The flow "${before.id}" is removed; its runs under way end as they began.`
  return {
    ...digests(before, undefined),
    id: before.id,
    kind: 'removed',
    file: before.document.file,
    steps: [],
    values: [],
    findings: [
      found(before, { code: 'PLAN_FLOW_REMOVED', severity: 'review', message }),
      ...triggerFindings(before, undefined),
    ],
  }
}

function digests(
  before: FlowVersion | undefined,
  after: FlowVersion | undefined,
): { readonly before?: Digest; readonly after?: Digest } {
  return {
    ...(before?.digest === undefined ? {} : { before: before.digest }),
    ...(after?.digest === undefined ? {} : { after: after.digest }),
  }
}

function isBroken({ errors }: FlowVersion): boolean {
  return errors.length > 0
}

/** A flow that was broken before stays a matter of review: the change did not break it. */
function brokenFindings(before: FlowVersion | undefined, after: FlowVersion): readonly Finding[] {
  if (!isBroken(after)) return []
  const severity = before !== undefined && isBroken(before) ? 'review' : 'block'
  return after.errors.map((problem) => ({
    ...found(after, {
      code: 'PLAN_FLOW_BROKEN',
      severity,
      message: `${problem.message} (${problem.code})`,
      at: problem.at,
    }),
    ...(problem.file === undefined ? {} : { file: problem.file }),
    ...(problem.span === undefined ? {} : { span: problem.span }),
  }))
}

/** Values of the flow that are neither steps nor words for people. */
function outside(before: FlowVersion, after: FlowVersion): FlowChange['values'] {
  const bare = ({ flow }: FlowVersion): Json =>
    Object.fromEntries(
      Object.entries(flow).filter(([key]) => !['steps', 'on_failure', 'description'].includes(key)),
    ) as Json
  return changedValues(bare(before), bare(after))
}

function judged(flow: FlowChange, policy: ChangePolicy): FlowChange {
  return { ...flow, findings: flow.findings.map((one) => judge(one, policy)) }
}

function judge(finding: Finding, policy: ChangePolicy): Finding {
  return { ...finding, severity: policy[finding.code] ?? finding.severity }
}

/** No commit, no time, no file: a rebase keeps it, and any byte that matters changes it. */
function planDigest(
  changes: ReadonlyMap<string, FlowChange>,
  { sides, policy, others }: { sides: Sides; policy: ChangePolicy; others: readonly Finding[] },
): Digest {
  const { before: old, after: now, policies } = sides
  const hasRules = policies !== undefined && others.some(({ code }) => code === policyChanged)
  return digestOf({
    $type: 'ionflux.change/v1',
    rules: rulesVersion,
    policy: { ...policy },
    repository: others.map(({ code, severity, message }) => [code, severity, message]),
    // The finding says that the rules are others, and an approval is for what they become.
    ...(hasRules ? { rulesAfter: plainPolicy(policies.after) } : {}),
    flows: [...changes].map(([key, { id, before, after, findings }]) => ({
      id,
      before: before ?? null,
      after: after ?? null,
      // Triggers are no part of what a run executes, so the digests above do not hold them.
      triggers: [old, now].map((side) => side.get(key)?.flow['on'] ?? null),
      findings: findings.map(({ code, severity, message, step }) => [
        code,
        severity,
        message,
        step ?? null,
      ]),
    })),
  })
}
