/**
 * What somebody who is asked to approve a plan has to know of it: what it was found to do, where
 * that stands, and which digest an approval is for.
 *
 * Pure, and small enough to be kept beside a mirror and told in one line of a watcher.
 */
import type { Code } from '#engine/core/codes.ts'
import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import type { Change, ChangeSeverity, Finding } from '#engine/plan/change/change.ts'

import type { Verdict } from './may-activate.ts'

export interface HeldFinding {
  readonly code: Code
  readonly severity: ChangeSeverity
  readonly message: string
  readonly flow?: string
  readonly step?: string
  readonly file?: string
  /** From 1. */
  readonly line?: number
}

export interface HeldPlan {
  readonly planDigest: Digest
  /** The most severe first. */
  readonly findings: readonly HeldFinding[]
  /** Findings that there is no room for. */
  readonly more: number
  /** `ionflux plan approve` on this machine is what is missing, or a part of it. */
  readonly byOperator: boolean
}

/** Says what is held; what nobody has to look at is left out where there is anything else. */
export function heldPlan(
  change: Pick<Change, 'findings' | 'planDigest'>,
  verdict: Verdict,
): HeldPlan {
  const grave = change.findings.filter(({ severity }) => severity !== 'info')
  const all = grave.length === 0 ? change.findings : grave
  const findings = all.slice(0, limits.heldFindingsMax).map(plain)
  return {
    planDigest: change.planDigest,
    findings,
    more: all.length - findings.length,
    byOperator: !verdict.may && verdict.byOperator,
  }
}

function plain({ code, severity, message, flow, step, file, line }: Finding): HeldFinding {
  return {
    code,
    severity,
    message: message.slice(0, limits.heldFindingCharsMax),
    ...(flow === '' ? {} : { flow }),
    ...(step === undefined ? {} : { step }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  }
}

/** How many findings there are of each severity, such as `2 escalation, 1 review`. */
export function countWords(findings: readonly Pick<Finding, 'severity'>[]): string {
  const counts = new Map<ChangeSeverity, number>()
  for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  return [...counts].map(([severity, count]) => `${count} ${severity}`).join(', ')
}
