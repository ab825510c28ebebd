/**
 * A change for tools: one document, and its findings as the problems that other formats take.
 */
import type { JsonObject } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import type { FlowRuns, RunsByFlow } from '#engine/host/runs/recorded-runs.ts'
import type { ChangeSeverity, Finding, FlowChange } from '#engine/plan/change/change.ts'

import { lineOf } from './words.ts'

/** The whole change as plain data; without plans, which `ionflux graph` prints. */
export function planJson(result: RepositoryChange, recorded: RunsByFlow): JsonObject {
  const { change, base, head, conflicts } = result
  return {
    planDigest: change.planDigest,
    base: { ...base },
    head: { ...head },
    flows: change.flows.map((flow) => ({
      ...flowJson(flow, result),
      ...runsJson(recorded.get(flow.id)),
    })),
    unchanged: change.unchanged,
    findings: change.findings.map((one) => findingJson(one, result)),
    conflicts: [...conflicts],
  }
}

function flowJson(flow: FlowChange, result: RepositoryChange): JsonObject {
  const { plan: _, steps, values, findings, ...rest } = flow
  return {
    ...rest,
    steps: steps.map((step) => ({ ...step, values: step.values.map((one) => ({ ...one })) })),
    values: values.map((one) => ({ ...one })),
    findings: findings.map((one) => findingJson(one, result)),
  }
}

function runsJson(recorded: FlowRuns | undefined): JsonObject {
  if (recorded === undefined) return {}
  const replayed = recorded.replayed.map(({ run, status, outcome }) => ({
    run,
    status,
    ...outcome,
  }))
  return { runs: { underWay: recorded.underWay, replayed } }
}

function findingJson(finding: Finding, result: RepositoryChange): JsonObject {
  const { span, ...rest } = finding
  const line = lineOf(finding, (file) => result.readText(file))
  return {
    ...rest,
    ...(span === undefined ? {} : { span: { ...span } }),
    ...(line === undefined ? {} : { line }),
  }
}

const levels: Readonly<Record<ChangeSeverity, Problem['severity']>> = {
  info: 'info',
  review: 'warning',
  escalation: 'warning',
  block: 'error',
}

/** Findings as problems, for SARIF and for the annotations of a pull request. */
export function findingsAsProblems(findings: readonly Finding[]): readonly Problem[] {
  return findings.map(({ code, severity, message, at = '', file, span }) => ({
    code,
    severity: levels[severity],
    message,
    at,
    ...(file === undefined ? {} : { file }),
    ...(span === undefined ? {} : { span }),
  }))
}
