/**
 * Flows as wholes: what is said of all runs of one, and the steps that call another.
 */
import type { Digest } from '#engine/core/digest.ts'
import type { Plan, PlanStep } from '#engine/plan/plan.ts'
import type { Case, Node } from '#test/sim/case.ts'

import { pick, policy, type Seen } from './templates.ts'
import { type Call, undoOf } from './undo.ts'

/** What the main flow of a case says of its runs. */
export function wholeOf({ gate, rate, quiet, turns }: Case): Partial<Plan> {
  return {
    ...(gate === undefined ? {} : { concurrency: gate }),
    ...(rate === undefined ? {} : { rateLimit: rate }),
    ...(quiet === undefined ? {} : { debounce: quiet }),
    ...(turns === undefined ? {} : { permissions: { budget: { turns } } }),
  }
}

/** What such a step yields hangs on its path, which the second reading does not know. */
export function hangsOnPath(node: Node): boolean {
  return node.k === 'emit' || node.k === 'state' || (node.k === 'flow' && isDetached(node))
}

type FlowNode = Extract<Node, { k: 'flow' }>

function isDetached(node: FlowNode): boolean {
  return node.isDetached === true
}

export function called(
  at: { readonly calls: Map<string, Call>; readonly childDigest: Digest | undefined },
  { id, node, seen }: { readonly id: string; readonly node: FlowNode; readonly seen: Seen },
): Omit<Extract<PlanStep, { kind: 'flow' }>, 'id'> {
  return {
    ...policy(node.retry, ['RUN_CHILD_FAILED']),
    kind: 'flow',
    flow: 'kid',
    plan: at.childDigest as Digest,
    ...(isDetached(node) ? { detach: true } : {}),
    with: {
      kind: 'map',
      entries: [
        ['n', { kind: 'value', value: 7 }],
        ...node.refs.map((ref, i) => [`v${i}`, pick(seen.values, ref)] as const),
      ],
    },
    ...undoOf(at, { id, undo: node.undo }),
  }
}
