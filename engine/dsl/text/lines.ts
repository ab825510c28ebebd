/**
 * Where an offset is for a person: line and column, both from 1.
 *
 * Columns count what a reader sees as one character (grapheme clusters), so that a
 * caret below `naïve: 👩‍👩‍👧` stands where it should. Offsets are UTF-16 code units.
 */
import type { Span } from '#engine/core/problem.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

export interface LineIndex {
  readonly count: number
  /** The position of an offset; an offset past the end gives the end. */
  position(offset: number): Position
  /** The text of a line without its line break; empty for a line that is not there. */
  text(line: number): string
  /** The range of a line without its line break. */
  span(line: number): Span
}

/** Finds the lines of `text`; breaks are `\n` and `\r\n`. */
export function indexLines(text: string): LineIndex {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)

  const span = (line: number): Span => {
    const start = starts[line - 1]
    if (start === undefined) return { start: text.length, end: text.length }
    const next = starts[line]
    let end = next === undefined ? text.length : next - 1
    if (end > start && text.charCodeAt(end - 1) === 13) end -= 1
    return { start, end }
  }
  return {
    count: starts.length,
    span,
    text(line: number): string {
      const { start, end } = span(line)
      return text.slice(start, end)
    },
    position(offset: number): Position {
      const line = lastAtOrBefore(starts, offset)
      const start = starts[line - 1] ?? 0
      return { line, column: graphemes(text.slice(start, Math.max(start, offset))) + 1 }
    },
  }
}

/** How many characters a reader sees in `text`. */
export function graphemes(text: string): number {
  // The segmenter is slow and nearly every line is ASCII.
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.length
  let count = 0
  for (const _ of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) count += 1
  return count
}

/** The number (from 1) of the last start that is not after `offset`. */
function lastAtOrBefore(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low + 1
}
