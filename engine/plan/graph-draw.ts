/**
 * Draws a graph as one self-contained SVG: boxes in boxes, top to bottom, branches
 * side by side, light or dark as the reader's system is.
 *
 * Pure and without fonts of its own: widths are estimated, texts cut to fit. The
 * same graph gives the same bytes, so a drawing can be kept in Git and compared.
 */
import { allNodes, type Graph, type GraphBranch, type GraphNode } from './graph.ts'

const pad = 16
const gap = 32
const columnsMax = 4
const leaf = { height: 48, widthMin: 176, widthMax: 380 } as const
const lineHeight = 16
const labelHeight = 28
const pillHeight = 28

interface Box {
  readonly width: number
  readonly height: number
  draw(x: number, y: number, width: number): string
}

/** The whole drawing. */
export function graphSvg(graph: Graph): string {
  const start = pillBox(graph.inputs.length === 0 ? 'start' : `inputs: ${graph.inputs.join(', ')}`)
  const end = pillBox(graph.outputs.length === 0 ? 'end' : `outputs ← ${graph.outputs.join(', ')}`)
  const body = stack([start, ...graph.nodes.map(nodeBox), end])
  const width = Math.max(body.width, textWidth(graph.flow, 16)) + 2 * pad
  const title = text({ x: width / 2, y: pad + 18, kind: 'flow', anchor: 'middle' }, graph.flow)
  const height = body.height + 2 * pad + 36
  const steps = allNodes(graph.nodes).length
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escaped(`Flow ${graph.flow} with ${steps} steps`)}">\n` +
    `${style}\n<rect class="page" width="${width}" height="${height}"/>\n${title}` +
    `${body.draw(pad, pad + 36, width - 2 * pad)}</svg>\n`
  )
}

/** Boxes one below the other with arrows between them, all centred. */
function stack(boxes: readonly Box[]): Box {
  const width = Math.max(0, ...boxes.map((box) => box.width))
  const height =
    boxes.reduce((sum, box) => sum + box.height, 0) + gap * Math.max(0, boxes.length - 1)
  return {
    width,
    height,
    draw: (x, y, available) => {
      const center = x + available / 2
      let top = y
      let svg = ''
      for (const [index, box] of boxes.entries()) {
        if (index > 0) {
          svg += arrow({ x: center, y: top }, { x: center, y: top + gap })
          top += gap
        }
        svg += box.draw(x + (available - box.width) / 2, top, box.width)
        top += box.height
      }
      return svg
    },
  }
}

function nodeBox(node: GraphNode): Box {
  return node.branches.length === 0 ? leafBox(node) : blockBox(node)
}

function captionOf(node: GraphNode): readonly { readonly kind: string; readonly text: string }[] {
  return [
    { kind: 'title', text: node.id },
    { kind: 'detail', text: node.detail.replaceAll(/ {2,}/g, ' ') },
    ...(node.reads.length === 0 ? [] : [{ kind: 'reads', text: `← ${node.reads.join(', ')}` }]),
  ]
}

function captionWidth(node: GraphNode): number {
  const widths = captionOf(node).map((line) =>
    textWidth(line.text, line.kind === 'title' ? 13 : 12),
  )
  return Math.min(leaf.widthMax, Math.max(leaf.widthMin, ...widths.map((width) => width + 2 * 12)))
}

function captionHeight(node: GraphNode): number {
  return leaf.height + (node.reads.length === 0 ? 0 : lineHeight)
}

function caption(node: GraphNode, x: number, y: number, width: number): string {
  return captionOf(node)
    .map((line, index) => {
      const size = line.kind === 'title' ? 13 : 12
      return text(
        { x: x + 12, y: y + 20 + index * lineHeight, kind: line.kind },
        fitted(line.text, width - 24, size),
      )
    })
    .join('')
}

function leafBox(node: GraphNode): Box {
  const height = captionHeight(node)
  return {
    width: captionWidth(node),
    height,
    draw: (x, y, width) => rect('node', { x, y, width, height }) + caption(node, x, y, width),
  }
}

/** A step with blocks inside: a caption, then its branches in rows. */
function blockBox(node: GraphNode): Box {
  const rows = rowsOf(node).map(branchRow)
  const inner = Math.max(captionWidth(node), ...rows.map((row) => row.width))
  const width = inner + 2 * pad
  const top = captionHeight(node) + 4
  const height = top + rows.reduce((sum, row) => sum + row.height + pad, 0)
  return {
    width,
    height,
    draw: (x, y) => {
      let svg = rect('block', { x, y, width, height }) + caption(node, x + 4, y, width - 8)
      let rowTop = y + top
      for (const row of rows) {
        svg += row.draw(x + pad, rowTop, inner)
        rowTop += row.height + pad
      }
      return svg
    },
  }
}

/** Branches that may run side by side share a row; a branch with needs comes below them. */
function rowsOf(node: GraphNode): readonly (readonly GraphBranch[])[] {
  const level = new Map<string, number>()
  for (const _ of node.branches) {
    for (const { name, needs } of node.branches) {
      level.set(name, Math.max(0, ...needs.map((need) => (level.get(need) ?? 0) + 1)))
    }
  }
  const rows: GraphBranch[][] = []
  const last = Math.min(Math.max(0, ...level.values()), node.branches.length)
  for (let at = 0; at <= last; at++) {
    const wave = node.branches.filter(({ name }) => level.get(name) === at)
    for (let from = 0; from < wave.length; from += columnsMax) {
      rows.push(wave.slice(from, from + columnsMax))
    }
  }
  return rows
}

function branchRow(branches: readonly GraphBranch[]): Box {
  const columns = branches.map(branchBox)
  const width = columns.reduce((sum, column) => sum + column.width, 0) + pad * (columns.length - 1)
  const height = Math.max(...columns.map((column) => column.height))
  return {
    width,
    height,
    draw: (x, y, available) => {
      const extra = (available - width) / columns.length
      let left = x
      return columns
        .map((column) => {
          const svg = column.draw(left, y, column.width + extra)
          left += column.width + extra + pad
          return svg
        })
        .join('')
    },
  }
}

function branchBox(branch: GraphBranch): Box {
  const inner = stack(branch.nodes.length === 0 ? [pillBox('nothing')] : branch.nodes.map(nodeBox))
  if (branch.name === '') return inner
  const label =
    branch.name + (branch.needs.length === 0 ? '' : ` (after ${branch.needs.join(', ')})`)
  const width = Math.max(inner.width, Math.min(textWidth(label, 12), leaf.widthMax)) + 2 * 8
  const height = labelHeight + inner.height + 8
  return {
    width,
    height,
    draw: (x, y, available) =>
      rect('branch', { x, y, width: available, height }) +
      text({ x: x + 10, y: y + 19, kind: 'label' }, fitted(label, available - 20, 12)) +
      inner.draw(x + 8, y + labelHeight, available - 16),
  }
}

function pillBox(label: string): Box {
  const width = Math.min(textWidth(label, 12) + 32, leaf.widthMax)
  return {
    width,
    height: pillHeight,
    draw: (x, y, available) =>
      rect('pill', { x, y, width: available, height: pillHeight, radius: pillHeight / 2 }) +
      text(
        { x: x + available / 2, y: y + 18, kind: 'reads', anchor: 'middle' },
        fitted(label, available - 24, 12),
      ),
  }
}

interface Place {
  readonly x: number
  readonly y: number
}

function rect(
  kind: string,
  { x, y, width, height, radius = 8 }: Place & { width: number; height: number; radius?: number },
): string {
  return `<rect class="${kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>\n`
}

function text(
  { x, y, kind, anchor }: Place & { kind: string; anchor?: 'middle' },
  value: string,
): string {
  const middle = anchor === undefined ? '' : ` text-anchor="${anchor}"`
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}"${middle}>${escaped(value)}</text>\n`
}

function arrow(from: Place, to: Place): string {
  const [x, tip] = [round(from.x), round(to.y - 3)]
  return (
    `<path class="edge" d="M${x} ${round(from.y + 3)}V${tip - 5}"/>` +
    `<path class="tip" d="M${x - 4} ${tip - 6}L${x + 4} ${tip - 6}L${x} ${tip}Z"/>\n`
  )
}

/** Monospace and bold text both take about 0.61 of their size per character. */
function textWidth(value: string, size: number): number {
  return Math.ceil(Array.from(value).length * size * 0.61)
}

function fitted(value: string, width: number, size: number): string {
  const room = Math.max(1, Math.floor(width / (size * 0.61)))
  const chars = Array.from(value)
  return chars.length <= room ? value : chars.slice(0, room - 1).join('') + '…'
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** XML text; what XML cannot hold at all becomes a replacement character. */
function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
}

const style = `<style>
.page{fill:#ffffff}.node{fill:#ffffff;stroke:#858d9b}.block{fill:#f6f7f9;stroke:#858d9b}
.branch{fill:none;stroke:#858d9b;stroke-dasharray:3 3}.pill{fill:#f6f7f9;stroke:#d5d9e0}
.edge{stroke:#566070;fill:none;stroke-width:1.2}.tip{fill:#566070}
text{font:12px ui-monospace,"JetBrains Mono",Menlo,Consolas,monospace;fill:#566070}
.title,.flow{font:600 13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#14181f}
.flow{font-size:16px}.label{font:600 12px system-ui,-apple-system,"Segoe UI",sans-serif}
@media (prefers-color-scheme:dark){.page{fill:#0f1217}.node{fill:#1d222b;stroke:#6b7585}
.block{fill:#161a21;stroke:#6b7585}.branch{stroke:#6b7585}.pill{fill:#161a21;stroke:#2c333f}
.edge{stroke:#a3acba}.tip{fill:#a3acba}text{fill:#a3acba}.title,.flow{fill:#e8ebf0}}
</style>`
