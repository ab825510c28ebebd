/**
 * Prints a file of ionflux in its one form: two columns per level, one space, plain texts
 * where they read the same. Meaning, comments, order and empty lines stay.
 *
 * Pure and total, and it checks itself: what it printed is read again, and must have the
 * same value and the same comments. Formatting twice changes nothing more. Expressions and
 * code are not touched.
 */
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import { printText } from '#engine/dsl/patch/print.ts'
import { endOf } from '#engine/dsl/patch/slot.ts'
import { isBlock } from '#engine/dsl/patch/style.ts'
import { keyName, type List, type Mapping, type Tree } from '#engine/dsl/text/tree.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'

import { findComments } from './comments.ts'
import {
  columnAt,
  flush,
  flushBehind,
  isBehind,
  line,
  own,
  upcoming,
  type Printing,
} from './printing.ts'
import { blockScalar, inlineTree, widthMax } from './scalar.ts'

export type Formatted =
  | { readonly text: string; readonly problems?: undefined }
  /** A file with mistakes in its text has no form yet. */
  | { readonly problems: readonly Problem[] }

/**
 * Formats a file.
 *
 * @example
 * formatDocument(parseDocument({ file, text: 'a:   1' })) // { text: 'a: 1\n' }
 */
export function formatDocument(document: Document): Formatted {
  const { text, tree, value, file } = document
  if (value === undefined || tree === undefined || hasErrors(document.problems)) {
    return { problems: document.problems }
  }
  const printed = print(text, tree)
  const again = parseDocument({ file, text: printed })
  const isSame =
    JSON.stringify(again.value) === JSON.stringify(value) &&
    wordsOf(printed, again.tree) === wordsOf(text, tree)
  return isSame ? { text: printed } : { problems: [uncertain(file)] }
}

function wordsOf(text: string, tree: Tree | undefined): string {
  const words = findComments(text, tree).map((comment) => comment.text)
  return words.toSorted().join('\n')
}

function uncertain(file: string): Problem {
  return {
    code: 'DSL_EDIT_REFUSED',
    severity: 'error',
    message: 'The file is written in a way that cannot be formatted with certainty.',
    at: '',
    file,
    help: 'Write long keys and nested brackets more simply.',
  }
}

function print(text: string, tree: Tree): string {
  const start = text.startsWith('\ufeff') ? 1 : 0
  const comments = findComments(text, tree)
  const printing: Printing = { text, comments, next: 0, lines: [], cursor: start, commented: 0 }
  if (tree.kind === 'scalar' || isEmpty(tree)) {
    flush(printing, tree.start, 0)
    // A file of comments alone has no value to print.
    if (tree.end > tree.start) printValue(printing, tree, { head: '', column: 0 })
  } else {
    printBlock(printing, tree, { column: 0, limit: text.length })
  }
  flush(printing, text.length, 0)
  const lines = printing.lines.join('\n')
  return lines === '' ? '' : `${lines}\n`
}

function isEmpty(tree: Tree): boolean {
  return tree.kind === 'scalar'
    ? false
    : (tree.kind === 'list' ? tree.items : tree.entries).length === 0
}

// ─── Values ─────────────────────────────────────────────────────────────────

interface Around {
  readonly column: number
  /** Where the next thing after the block stands. */
  readonly limit: number
  /** The column of the key in front of the block. */
  readonly outer?: number
}

function printBlock(printing: Printing, tree: List | Mapping, around: Around): void {
  const { text } = printing
  const { column, limit } = around
  const isLines = isBlock(text, tree)
  const parts = partsOf(text, tree, isLines)
  parts.forEach((part, i) => {
    const { start } = part
    const before = printing.lines.length
    flush(printing, start, column)
    const isFirst = i === 0 && printing.lines.length === before
    const ends = isLines ? limit : tree.end
    printPart(printing, part, { isFirst, column, limit: parts[i + 1]?.start ?? ends })
  })
  printing.cursor = Math.max(printing.cursor, isLines ? 0 : tree.end)
  if (isLines) flushInner(printing, tree, around)
  else flushBefore(printing, tree, column)
}

/** Comments between the last part and the closing bracket. */
function flushBefore(printing: Printing, tree: Tree, column: number): void {
  flush(printing, tree.end, column)
  printing.cursor = Math.max(printing.cursor, tree.end)
}

/** Comments below a block that are indented like it are its own. */
function flushInner(printing: Printing, tree: Tree, { column, limit, outer }: Around): void {
  const { text } = printing
  const own = columnAt(text, tree.start)
  const least = outer === own ? own + 1 : own
  for (let one = upcoming(printing, limit); one !== undefined; one = upcoming(printing, limit)) {
    if (columnAt(text, one.start) < least && !isBehind(printing, one)) return
    flush(printing, one.end, column)
  }
}

interface Part {
  readonly key?: Tree
  readonly value: Tree
  /** Where its key or its dash stands; of an item between brackets, the item itself. */
  readonly start: number
}

function partsOf(text: string, tree: List | Mapping, isLines: boolean): readonly Part[] {
  if (tree.kind === 'mapping') {
    return tree.entries.map((entry) => ({ ...entry, start: entry.key.start }))
  }
  if (!isLines) return tree.items.map((value) => ({ value, start: value.start }))
  const column = columnAt(text, tree.start)
  let after = tree.start
  return tree.items.map((value) => {
    const start = dashFrom(text, after, column) ?? value.start
    after = Math.max(start + 1, endOf(text, value))
    return { value, start }
  })
}

function dashFrom(text: string, from: number, column: number): number | undefined {
  const isDash = (at: number): boolean => text.charAt(at) === '-' && columnAt(text, at) === column
  for (let at = text.indexOf('-', from); at !== -1; at = text.indexOf('-', at + 1)) {
    if (isDash(at) && (at === from || text.slice(at - column, at).trim() === '')) return at
  }
  return undefined
}

interface PartPlace {
  readonly isFirst: boolean
  readonly column: number
  readonly limit: number
}

function printPart(printing: Printing, part: Part, place: PartPlace): void {
  const { text, lines } = printing
  const { key, value, start } = part
  const { isFirst, column, limit } = place
  const lead = ' '.repeat(column)
  const name = key === undefined ? '-' : `${printKey(key)}:`
  const isWide = needsLines(printing, value, column + name.length + 1)
  if (value.kind !== 'scalar' && isWide) {
    if (key !== undefined) {
      line(printing, start, lead + name, isFirst)
      printing.cursor = key.end
      const outer = columnAt(text, key.start)
      return printBlock(printing, value, { column: column + 2, limit, outer })
    }
    // What stands between the dash and the first key goes above both.
    line(printing, start, '', isFirst)
    lines.pop()
    printing.cursor = Math.max(printing.cursor, start)
    const first = firstStart(value)
    own(printing, first, column)
    const at = lines.length
    printing.cursor = Math.max(printing.cursor, first)
    printBlock(printing, value, { column: column + 2, limit })
    lines[at] = `${lead}- ${(lines[at] ?? '').slice(column + 2)}`
    return
  }
  line(printing, start, '', isFirst)
  lines.pop()
  own(printing, value.start, column)
  printValue(printing, value, { head: lead + name, column })
}

function firstStart(tree: List | Mapping): number {
  return tree.kind === 'mapping' ? (tree.entries[0]?.key.start ?? tree.start) : tree.start
}

function printKey(key: Tree): string {
  return printText(keyName(key) ?? '', { isInline: true })
}

/** Whether a list or mapping cannot stand between brackets: it has lines or comments, or is long. */
function needsLines({ text, comments, next }: Printing, tree: Tree, head: number): boolean {
  if (tree.kind === 'scalar' || isEmpty(tree)) return false
  if (isBlock(text, tree)) return true
  for (let i = next; (comments[i]?.start ?? tree.end) < tree.end; i++) {
    if ((comments[i]?.start ?? 0) > tree.start) return true
  }
  return head + inlineTree(text, tree).length > widthMax
}

/** A scalar, or what stands between brackets, behind its key or dash. */
function printValue(
  printing: Printing,
  value: Tree,
  { head, column }: { readonly head: string; readonly column: number },
): void {
  const { text, lines } = printing
  const [first, ...rest] =
    value.kind === 'scalar'
      ? blockScalar(text, value, { head: head.length + 1, column: column + 2 })
      : [inlineTree(text, value)]
  lines.push(first === '' ? head : `${head}${head === '' ? '' : ' '}${first}`)
  printing.cursor = Math.max(printing.cursor, value.kind === 'scalar' ? value.start : value.end)
  // The first line of a block text may have a comment; what is below it is no place for one.
  if (value.kind === 'scalar') {
    flushBehind(printing)
    printing.cursor = Math.max(printing.cursor, value.end)
  }
  if (rest.length === 0) flushBehind(printing)
  lines.push(...rest)
}
