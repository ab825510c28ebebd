/**
 * A file while it is printed: the lines so far, and the comments and empty lines of the
 * text that come between them.
 *
 * Every comment is printed once, in the order of the text: behind what stood in front of it
 * on its line, or on a line of its own above what comes next.
 */
import type { Comment } from './comments.ts'

export interface Printing {
  readonly text: string
  readonly comments: readonly Comment[]
  /** The next comment that is not printed. */
  next: number
  readonly lines: string[]
  /** Where what was printed last ends in the text. */
  cursor: number
  /** How many lines there were when the last comment was printed: one line holds one. */
  commented: number
}

/** Prints the comments before `offset`: behind what was printed last where they stand there. */
export function flush(printing: Printing, offset: number, column: number): void {
  for (let one = upcoming(printing, offset); one !== undefined; one = upcoming(printing, offset)) {
    if (isBehind(printing, one)) printing.lines.push(`${printing.lines.pop() ?? ''} ${one.text}`)
    else line(printing, one.start, `${' '.repeat(column)}${one.text}`)
    printing.next += 1
    printing.cursor = one.end
    printing.commented = printing.lines.length
  }
}

export function upcoming({ comments, next }: Printing, offset: number): Comment | undefined {
  const one = comments[next]
  return one !== undefined && one.start < offset ? one : undefined
}

export function isBehind(printing: Printing, { start }: Comment): boolean {
  const { text, lines, cursor, commented } = printing
  const isFree = lines.length > commented
  return isFree && text.charAt(cursor - 1) !== '\n' && breaks(text, cursor, start) === 0
}

/** A comment behind what was printed last, before anything else is. */
export function flushBehind(printing: Printing): void {
  const one = printing.comments[printing.next]
  if (one !== undefined && isBehind(printing, one)) flush(printing, one.end, 0)
}

/** Pushes a line that stood at `start`, after an empty one where there were some. */
export function line(printing: Printing, start: number, words: string, isFirst = false): void {
  const { text, cursor, lines } = printing
  const before = text.charAt(cursor - 1) === '\n' && cursor > 0 ? 1 : 0
  const isApart = lines.length > 0 && breaks(text, cursor, start) + before > 1
  if (isApart && !isFirst) lines.push('')
  lines.push(words)
  printing.cursor = Math.max(cursor, start)
}

function breaks(text: string, from: number, to: number): number {
  return text.slice(from, Math.max(from, to)).split('\n').length - 1
}

/** Prints the comments before `offset` as lines of their own, above what comes next. */
export function own(printing: Printing, offset: number, column: number): void {
  for (let one = upcoming(printing, offset); one !== undefined; one = upcoming(printing, offset)) {
    printing.lines.push(`${' '.repeat(column)}${one.text}`)
    printing.next += 1
    printing.cursor = one.end
    printing.commented = printing.lines.length
  }
}

export function columnAt(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}
