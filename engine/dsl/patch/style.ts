/**
 * How a file is written: what new text in it has to look like.
 */
import type { Tree } from '#engine/dsl/text/tree.ts'

export interface Style {
  readonly eol: '\n' | '\r\n'
  /** Columns from a mapping to the mapping inside it. */
  readonly step: number
  /** Columns from a key to the dashes of its list. */
  readonly dash: number
}

/** The habits of `text`; where it has none, those of `fmt`. */
export function styleOf(text: string, tree: Tree): Style {
  const steps = new Map<number, number>()
  const dashes = new Map<number, number>()
  visit(tree, { text, steps, dashes })
  return {
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    step: commonest(steps) ?? 2,
    dash: commonest(dashes) ?? 2,
  }
}

interface Counting {
  readonly text: string
  readonly steps: Map<number, number>
  readonly dashes: Map<number, number>
}

function visit(tree: Tree, counting: Counting): void {
  if (tree.kind === 'list') for (const item of tree.items) visit(item, counting)
  if (tree.kind !== 'mapping') return
  for (const { key, value } of tree.entries) {
    const { text } = counting
    const isBelow = value.kind !== 'scalar' && text.slice(key.end, value.start).includes('\n')
    if (isBelow && isBlock(text, value)) {
      const columns = columnOf(text, value.start) - columnOf(text, key.start)
      const counts = value.kind === 'list' ? counting.dashes : counting.steps
      counts.set(columns, (counts.get(columns) ?? 0) + 1)
    }
    visit(value, counting)
  }
}

function commonest(counts: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined
  for (const [value, count] of counts) {
    if (best === undefined || count > (counts.get(best) ?? 0)) best = value
  }
  return best
}

/** Whether a collection is written in lines, not between brackets. */
export function isBlock(text: string, tree: Tree): boolean {
  return tree.kind !== 'scalar' && !/[[{]/.test(text.charAt(tree.start))
}

/** Characters between the start of the line and `at`. */
export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at)
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Where the line of `at` ends, before its line break. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  if (found === -1) return text.length
  return found > at && text.charAt(found - 1) === '\r' ? found - 1 : found
}

/** Where the line after the one of `at` starts; the end of the text where there is none. */
export function nextLine(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  return found === -1 ? text.length : found + 1
}
