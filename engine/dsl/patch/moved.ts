/**
 * Items of lists on their way into another place: new ones, and ones that move as they are.
 */
import type { Json } from '#engine/core/json.ts'
import type { List } from '#engine/dsl/text/tree.ts'

import { printAfterDash, printInline } from './print.ts'
import { isLineStart, linesOf, Refusal, valueOf, type Ground } from './slot.ts'
import { columnOf, isBlock } from './style.ts'

/** An item to be put into a list: how it reads on one line, and as lines from a column on. */
export interface NewItem {
  readonly inline: string
  lines(column: number): string
}

export function newItem({ style }: Ground, value: Json): NewItem {
  return {
    inline: printInline(value),
    lines: (column) => `${' '.repeat(column)}-${printAfterDash(value, { style, column })}`,
  }
}

/** The item as it is written, to be put elsewhere with its comments and its style. */
export function movedItem(
  ground: Ground,
  { list, index, value }: { readonly list: List; readonly index: number; readonly value: Json },
): NewItem {
  const { text } = ground
  if (!isBlock(text, list)) {
    const { start, end } = valueOf(list, index)
    const raw = text.slice(start, end)
    return { inline: raw, lines: (column) => `${' '.repeat(column)}- ${raw}` }
  }
  const { from, start, to } = linesOf(ground, list, index)
  const column = columnOf(text, start)
  const first = isLineStart(text, start) ? '' : ' '.repeat(column)
  const raw = first + text.slice(from, to)
  return {
    get inline() {
      if (/(^|\s)#/m.test(raw))
        throw new Refusal('Between brackets the step would lose its comments.')
      return printInline(value)
    },
    lines: (to2) =>
      raw
        .split('\n')
        .map((line) => shifted(line, to2 - column))
        .join('\n'),
  }
}

function shifted(line: string, by: number): string {
  if (line.trim() === '') return line
  if (by >= 0) return ' '.repeat(by) + line
  const lead = /^ */.exec(line)?.[0].length ?? 0
  return line.slice(Math.min(lead, -by))
}
