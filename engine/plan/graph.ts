/**
 * A plan as a graph: what a person reviews and a page draws.
 *
 * Pure. Blocks stay blocks (a node holds its branches), because the language has no
 * goto; edges are derived. How it looks is left to `graph-print.ts` (text, Mermaid, JSON)
 * and `graph-draw.ts` (SVG).
 */
import type { JsonObject } from '#engine/core/json.ts'
import { refsOf, type Template } from '#engine/dsl/template.ts'

import type { Block, CallStep, FlowStep, Plan, PlanStep } from './plan.ts'

export interface GraphNode {
  /** The step's id: unique in the flow. */
  readonly id: string
  readonly kind: PlanStep['kind'] | 'on_failure'
  /** What it does, in one line: the action, the condition, the list. */
  readonly detail: string
  /** Ids of the steps whose output it reads, in the order of the flow. */
  readonly reads: readonly string[]
  readonly branches: readonly GraphBranch[]
}

export interface GraphBranch {
  /** `then`, `case a`, `catch`, a branch's own name; empty for the body of a loop. */
  readonly name: string
  /** Names of sibling branches that come first; only in `parallel`. */
  readonly needs: readonly string[]
  readonly nodes: readonly GraphNode[]
}

export interface Graph {
  readonly flow: string
  readonly inputs: readonly string[]
  readonly nodes: readonly GraphNode[]
  /** Ids of the steps that the outputs read. */
  readonly outputs: readonly string[]
}

/** The graph of `plan`. */
export function graphOf(plan: Plan): Graph {
  const properties = plan.inputs?.['properties']
  return {
    flow: plan.flow,
    inputs: Object.keys((properties as JsonObject | undefined) ?? {}),
    nodes: [...nodesOf(plan.body), ...failureNode(plan)],
    outputs: readsOf([plan.outputs ?? plan.body.output]),
  }
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** `order`: `to` may start when `from` has ended. `data`: `to` reads the output of `from`. */
  readonly kind: 'order' | 'data'
}

/** Order edges between neighbours of one block, and data edges that say more than these. */
export function edgesOf(graph: Graph): readonly GraphEdge[] {
  const edges: GraphEdge[] = []
  const walk = (nodes: readonly GraphNode[]): void => {
    for (const [index, node] of nodes.entries()) {
      const before = nodes[index - 1]
      const isInOrder = before !== undefined && node.kind !== 'on_failure'
      if (isInOrder) edges.push({ from: before.id, to: node.id, kind: 'order' })
      for (const from of node.reads) {
        if (from !== before?.id) edges.push({ from, to: node.id, kind: 'data' })
      }
      for (const branch of node.branches) walk(branch.nodes)
    }
  }
  walk(graph.nodes)
  return edges
}

/** Every node, parents before their children. */
export function allNodes(nodes: readonly GraphNode[]): readonly GraphNode[] {
  return nodes.flatMap((node) => [
    node,
    ...node.branches.flatMap((branch) => allNodes(branch.nodes)),
  ])
}

/** What runs when the run has failed, as a block of its own at the end. */
function failureNode({ onFailure }: Plan): readonly GraphNode[] {
  if (onFailure === undefined) return []
  const branches = [{ name: '', needs: [], nodes: nodesOf(onFailure) }]
  const detail = 'when the run has failed'
  return [{ id: 'on_failure', kind: 'on_failure', detail, reads: [], branches }]
}

/** Ids inside a component are told apart by `prefix`: other steps may have the same. */
function nodesOf(block: Block, prefix = ''): readonly GraphNode[] {
  return block.steps.map((step) => {
    const inner = step.kind === 'component' ? `${prefix}${step.id}/` : prefix
    const branches = branchesOf(step).map(({ name, needs, block: part }) => ({
      name,
      needs: needs ?? [],
      nodes: nodesOf(part, inner),
    }))
    const inside = new Set(branches.flatMap((branch) => allNodes(branch.nodes).map(({ id }) => id)))
    const refs = readsOf(templatesOf(step)).map((id) => prefix + id)
    const reads = refs.filter((id) => !inside.has(id) && id !== prefix + step.id)
    return { id: prefix + step.id, kind: step.kind, detail: detailOf(step), reads, branches }
  })
}

interface NamedBlock {
  readonly name: string
  readonly needs?: readonly string[]
  readonly block: Block
}

function branchesOf(step: PlanStep): readonly NamedBlock[] {
  switch (step.kind) {
    case 'if':
      return [
        { name: 'then', block: step.then },
        ...(step.else === undefined ? [] : [{ name: 'else', block: step.else }]),
      ]
    case 'switch':
      return [
        ...step.cases.map(({ when, block }) => ({ name: `case ${when}`, block })),
        { name: 'default', block: step.default },
      ]
    case 'component':
    case 'each':
    case 'while':
      return [{ name: '', block: step.body }]
    case 'parallel':
    case 'race':
      return step.branches
    case 'try':
      return [
        { name: 'try', block: step.body },
        ...step.catches.map(({ on, block }) => ({
          name: on === undefined ? 'catch' : `catch ${on.join(', ')}`,
          block,
        })),
        ...(step.finally === undefined ? [] : [{ name: 'finally', block: step.finally }]),
      ]
    case 'approve':
      return typeof step.onTimeout === 'string' ? [] : [{ name: 'timeout', block: step.onTimeout }]
    case 'await':
      return step.onTimeout === undefined ? [] : [{ name: 'timeout', block: step.onTimeout }]
    default:
      return []
  }
}

function templatesOf(step: PlanStep): readonly (Template | undefined)[] {
  switch (step.kind) {
    case 'call':
      return [step.with, step.idempotency, step.compensate?.with]
    case 'flow':
      return [step.with, step.compensate?.with]
    case 'component':
      return [step.with]
    case 'if':
    case 'while':
      return [step.when]
    case 'switch':
    case 'let':
    case 'return':
      return [step.value]
    case 'each':
      return [step.in]
    case 'sleep':
      return [step.for]
    case 'until':
      return [step.at]
    case 'fail':
      return [step.message, step.data]
    case 'assert':
      return [step.when, step.message]
    case 'await':
      return [step.topic, step.match, step.where, step.within, step.output]
    case 'approve':
      return [step.ask, step.show, step.by, step.within, step.escalate?.after, step.escalate?.to]
    case 'state':
      return [step.key, step.value, step.expected]
    case 'emit':
      return [step.event, step.data, step.key]
    case 'parallel':
    case 'race':
    case 'try':
      return []
  }
}

function detailOf(step: PlanStep): string {
  switch (step.kind) {
    case 'call':
      return `${step.action.name}${undoOf(step)}`
    case 'flow':
      return `flow ${step.flow}${step.detach === true ? ', detached' : ''}${undoOf(step)}`
    case 'component':
      return `component ${step.component}`
    case 'if':
      return `if ${shown(step.when)}`
    case 'switch':
      return `switch ${shown(step.value)}`
    case 'each':
      return `each ${step.as} in ${shown(step.in)}  ×${step.concurrency}`
    case 'while':
      return step.gather === undefined
        ? `while ${shown(step.when)}  max ${step.max}`
        : `each page  max ${step.max}`
    case 'parallel':
      return step.join === 'all' ? 'parallel' : `parallel, join ${step.join}`
    case 'sleep':
      return `sleep ${shown(step.for)}`
    case 'until':
      return `until ${shown(step.at)}`
    case 'await': {
      const count = step.count === 1 ? '' : `  ×${step.count}`
      return `await ${step.on} ${shown(step.topic)}${count}`
    }
    case 'approve':
      return `approve ${shown(step.by)}${step.quorum === 1 ? '' : `  ×${step.quorum}`}`
    case 'state':
      return `state ${step.does} ${shown(step.key)}`
    case 'emit':
      return `emit ${shown(step.event)}`
    case 'assert':
      return `assert ${shown(step.when)}`
    case 'fail':
      return `fail ${step.code}`
    case 'let':
    case 'return':
    case 'race':
    case 'try':
      return step.kind
  }
}

/** What undoes a step, behind what it does. */
function undoOf({ compensate }: CallStep | FlowStep): string {
  return compensate === undefined ? '' : `, undone by ${compensate.action.name}`
}

const shownCharsMax = 60

/** A template in one short line. */
function shown(template: Template): string {
  const text = textOf(template).replaceAll(/\s+/g, ' ').trim()
  return text.length <= shownCharsMax ? text : text.slice(0, shownCharsMax - 1) + '…'
}

function textOf(template: Template): string {
  switch (template.kind) {
    case 'value':
      return typeof template.value === 'string' ? template.value : JSON.stringify(template.value)
    case 'expression':
      return template.source
    case 'text':
      return template.parts
        .map((p) => (typeof p === 'string' ? p : `{${p.source.trim()}}`))
        .join('')
    case 'list':
      return '[…]'
    case 'map':
      return '{…}'
    case 'secret':
      return `secret ${template.name}`
  }
}

function readsOf(templates: readonly (Template | undefined)[]): readonly string[] {
  return [...new Set(templates.flatMap((one) => (one === undefined ? [] : refsOf(one))))]
}
