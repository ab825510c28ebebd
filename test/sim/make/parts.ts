/**
 * Parts of the plans of a case that need nothing of the steps around them.
 */
import type { Json } from '#engine/core/json.ts'
import type { Template } from '#engine/dsl/template.ts'
import type { Block, PlanStep } from '#engine/plan/plan.ts'
import type { Node, Out } from '#test/sim/case.ts'

export function outOf(out: Out, last: string): Template | undefined {
  if (out === 'last') return undefined
  if (out === 'bad') return { kind: 'expression', source: '1 / 0' }
  return { kind: 'map', entries: [['last', { kind: 'expression', source: last }]] }
}

export function asked(
  node: Extract<Node, { k: 'approve' }>,
  inner: (nodes: readonly Node[]) => Block,
): Omit<Extract<PlanStep, { kind: 'approve' }>, 'id'> {
  const value = (value: Json): Template => ({ kind: 'value', value })
  return {
    kind: 'approve',
    ask: { kind: 'text', parts: ['n is ', { source: 'inputs.n' }] },
    show: { kind: 'expression', source: 'inputs' },
    by: value(['user:p0', 'user:p1']),
    quorum: node.quorum,
    within: value(node.dueMs),
    onTimeout: typeof node.late === 'string' ? node.late : inner(node.late),
    escalate: { after: value(5), to: value(['user:p2']) },
  }
}

export function remembered(
  node: Extract<Node, { k: 'state' }>,
): Omit<Extract<PlanStep, { kind: 'state' }>, 'id'> {
  const key = { kind: 'value', value: `k${node.key}` } as const
  if (node.isRead) return { kind: 'state', does: 'get', key }
  return { kind: 'state', does: 'set', key, value: { kind: 'expression', source: 'run.id' } }
}

const topics = ['said.*', 'said.n1'] as const

export function emitted(
  node: Extract<Node, { k: 'emit' }>,
): Omit<Extract<PlanStep, { kind: 'emit' }>, 'id'> {
  const data = { even: node.data % 2 === 0, n: node.data }
  const event = { kind: 'value', value: `said.n${node.name}` } as const
  return { kind: 'emit', event, data: { kind: 'value', value: data } }
}

export function awaited(
  node: Extract<Node, { k: 'await' }>,
  inner: (nodes: readonly Node[]) => Block,
): Omit<Extract<PlanStep, { kind: 'await' }>, 'id'> {
  const given = outOf(node.out, 'event.data')
  return {
    kind: 'await',
    on: node.on,
    topic: {
      kind: 'value',
      value: node.on === 'signal' ? `n${node.name}` : (topics[node.name] ?? ''),
    },
    count: node.count,
    within: { kind: 'value', value: node.dueMs },
    ...(node.isPicky ? { match: { kind: 'value', value: { even: true } } } : {}),
    ...(node.isPicky ? { where: { kind: 'expression', source: 'event.data.n > 0' } } : {}),
    ...(node.late === undefined ? {} : { onTimeout: inner(node.late) }),
    ...(given === undefined ? {} : { output: given }),
  }
}
