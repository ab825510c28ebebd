/**
 * Prints a graph as a tree for terminals and diffs, as a Mermaid flowchart for pages
 * that draw it themselves, and as plain data for tools.
 *
 * Pure; the same graph gives the same bytes.
 */
import type { JsonObject } from '#engine/core/json.ts'

import { allNodes, edgesOf, type Graph, type GraphBranch, type GraphNode } from './graph.ts'

/** An indented tree, for terminals and diffs. */
export function graphText(graph: Graph): string {
  const lines = [graph.flow + (graph.inputs.length === 0 ? '' : `  (${graph.inputs.join(', ')})`)]
  const width = Math.max(...allNodes(graph.nodes).map(({ id }) => id.length), 0)
  const walk = (items: readonly (GraphNode | GraphBranch)[], indent: string): void => {
    for (const [index, item] of items.entries()) {
      const isLast = index === items.length - 1
      const stem = indent + (isLast ? '└─ ' : '├─ ')
      const next = indent + (isLast ? '   ' : '│  ')
      if ('kind' in item) {
        const reads = item.reads.length === 0 ? '' : `  ← ${item.reads.join(', ')}`
        lines.push(`${stem}${item.id.padEnd(width)}  ${item.detail}${reads}`.trimEnd())
        walk(childrenOf(item), next)
      } else {
        const needs = item.needs.length === 0 ? '' : `  (after ${item.needs.join(', ')})`
        lines.push(stem + item.name + needs)
        walk(item.nodes, next)
      }
    }
  }
  walk(graph.nodes, '')
  if (graph.outputs.length > 0) lines.push(`outputs  ← ${graph.outputs.join(', ')}`)
  return lines.join('\n') + '\n'
}

/** Which steps are drawn as new, and which as other than before, by id. */
export interface GraphMarks {
  readonly added: readonly string[]
  readonly changed: readonly string[]
}

/** A Mermaid flowchart: solid arrows are order, dashed ones data that skips a step. */
export function graphMermaid(graph: Graph, marks?: GraphMarks): string {
  const lines = ['flowchart TD']
  const walk = (nodes: readonly GraphNode[], indent: string): void => {
    for (const node of nodes) {
      const label = `<b>${mermaidText(node.id)}</b><br/>${mermaidText(node.detail)}`
      if (node.branches.length === 0) {
        lines.push(`${indent}${mermaidId(node.id)}["${label}"]`)
        continue
      }
      lines.push(`${indent}subgraph ${mermaidId(node.id)}["${label}"]`)
      for (const [index, branch] of node.branches.entries()) {
        const isNamed = branch.name !== ''
        const deeper = indent + (isNamed ? '    ' : '  ')
        if (isNamed) {
          lines.push(`${indent}  subgraph ${branchId(node, index)}["${mermaidText(branch.name)}"]`)
        }
        if (branch.nodes.length === 0)
          lines.push(`${deeper}${branchId(node, index)}_none(["nothing"])`)
        walk(branch.nodes, deeper)
        if (isNamed) lines.push(`${indent}  end`)
      }
      lines.push(`${indent}end`)
    }
  }
  walk(graph.nodes, '  ')
  for (const edge of edgesOf(graph)) {
    const arrow = edge.kind === 'data' ? '-.->' : '-->'
    lines.push(`  ${mermaidId(edge.from)} ${arrow} ${mermaidId(edge.to)}`)
  }
  for (const node of allNodes(graph.nodes)) {
    for (const [index, branch] of node.branches.entries()) {
      for (const need of branch.needs) {
        const from = node.branches.findIndex(({ name }) => name === need)
        if (from !== -1) lines.push(`  ${branchId(node, from)} --> ${branchId(node, index)}`)
      }
    }
  }
  if (marks !== undefined) lines.push(...markLines(graph, marks))
  return lines.join('\n') + '\n'
}

function markLines(graph: Graph, marks: GraphMarks): readonly string[] {
  const known = new Set(allNodes(graph.nodes).map(({ id }) => id))
  const classLine = (name: keyof GraphMarks): readonly string[] => {
    const ids = marks[name].filter((id) => known.has(id)).map(mermaidId)
    return ids.length === 0 ? [] : [`  class ${ids.join(',')} ${name}`]
  }
  return [
    '  classDef added stroke:#2da44e,stroke-width:3px',
    '  classDef changed stroke:#bf8700,stroke-width:3px',
    ...classLine('added'),
    ...classLine('changed'),
  ]
}

/** Flat nodes and every edge, as plain data. */
export function graphJson(graph: Graph): JsonObject {
  const nodes: JsonObject[] = []
  const edges: JsonObject[] = []
  const walk = (list: readonly GraphNode[], place: JsonObject): void => {
    for (const [index, node] of list.entries()) {
      const { id, kind, detail } = node
      nodes.push({ id, kind, detail, ...place })
      const before = list[index - 1]
      if (before !== undefined) edges.push({ from: before.id, to: id, kind: 'order' })
      for (const from of node.reads) edges.push({ from, to: id, kind: 'data' })
      for (const branch of node.branches) {
        const needs = branch.needs.length === 0 ? {} : { needs: branch.needs }
        walk(branch.nodes, { parent: id, branch: branch.name, ...needs })
      }
    }
  }
  walk(graph.nodes, {})
  return { flow: graph.flow, inputs: graph.inputs, nodes, edges, outputs: graph.outputs }
}

/** The branches of a node, or its nodes where there is one branch without a name. */
function childrenOf(node: GraphNode): readonly (GraphNode | GraphBranch)[] {
  const [only] = node.branches
  return node.branches.length === 1 && only?.name === '' ? only.nodes : node.branches
}

function mermaidId(id: string): string {
  return `s_${id.replaceAll('/', '__')}`
}

function branchId(node: GraphNode, index: number): string {
  return `b_${node.id.replaceAll('/', '__')}_${index}`
}

/** Mermaid reads `#…;` entities and HTML in labels: everything that could be either is escaped. */
function mermaidText(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 _./,:()[\]+*=!?×…-]/gu, (char) => `#${char.codePointAt(0)};`)
}
