/**
 * What the process that is killed and the one that kills it agree on: the flow, its names,
 * and the two files that outlive every kill beside the journal.
 */
import { type Digest, digestOfText } from '#engine/core/digest.ts'
import { type RunId, runIdFrom } from '#engine/core/id.ts'
import { execDigest, printPlan } from '#engine/plan/compile.ts'
import type { CallStep, Plan, PlanStep } from '#engine/plan/plan.ts'

/** Runs that are started in one round. */
export const runsPerRound = 6

export function runIdOf(round: number, index: number): RunId {
  return runIdFrom(1_760_000_000_000 + round, new Uint8Array(10).fill(index))
}

function call(id: string, effects: CallStep['action']['effects'], from?: string): CallStep {
  const value = from === undefined ? 'inputs.n' : `steps.${from}.output`
  return {
    id,
    kind: 'call',
    action: { name: id, unit: digestOfText('kill'), export: 'default', effects },
    with: { kind: 'map', entries: [['n', { kind: 'expression', source: value }]] },
  }
}

const steps: readonly PlanStep[] = [
  call('first', 'idempotent'),
  call('pure', 'pure', 'first'),
  {
    id: 'fan',
    kind: 'each',
    in: { kind: 'value', value: [1, 2, 3, 4] },
    as: 'item',
    concurrency: 3,
    onError: 'fail',
    body: { steps: [call('inner', 'idempotent', 'pure')] },
  },
  { id: 'rest', kind: 'sleep', for: { kind: 'value', value: 15 } },
  {
    ...call('flaky', 'idempotent', 'pure'),
    retry: { max: 3, firstMs: 5, factor: 2, maxMs: 100, jitter: true },
  },
  call('last', 'read', 'flaky'),
]

export const plan: Plan = {
  $type: 'ionflux.plan/v1',
  flow: 'killed',
  body: { steps },
  permissions: {},
}
export const planDigest: Digest = execDigest(plan)
export const planBytes: Uint8Array = new TextEncoder().encode(printPlan(plan))

/** What a run gives that was started with `n`. */
export function outputOf(n: number): number {
  return n + 4 // one for each of first, pure, flaky, last
}

/** One line of the file of effects. */
export interface Effect {
  /** Of the process that did it; -1 for the one that finishes. */
  readonly round: number
  readonly run: string
  readonly path: string
  readonly attempt: number
  readonly key: string
}
