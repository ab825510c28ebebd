/**
 * Texts without quotes outside of brackets: plain scalars, and those that `|` and `>` begin.
 *
 * Most slips of a YAML file show here, as a line that would go on with the value above;
 * so the messages say what was probably meant.
 */
import {
  endLine,
  Fault,
  isBlank,
  isDocumentMark,
  isEnd,
  lineEnd,
  type Cursor,
} from './yaml-scan.ts'

/** A plain scalar within one line: up to `: ` or ` #`. */
export function plainLine(cursor: Cursor): void {
  const { text } = cursor
  const char = text[cursor.at] ?? ''
  if ('@`%,]}'.includes(char)) {
    throw new Fault(cursor.at, `A value cannot begin with "${char}"; put it in quotes.`)
  }
  const end = lineEnd(cursor, cursor.at)
  const rest = text.slice(cursor.at, end)
  const stop =
    rest.includes(':') || rest.includes('#') ? /:(?=[ \t\r]|$)|(?<=[ \t])#/.exec(rest) : null
  cursor.at = stop === null ? end : cursor.at + stop.index
  while (isBlank(text[cursor.at - 1]) || text[cursor.at - 1] === '\r') cursor.at--
}

/** The lines in which a plain scalar goes on: all that are deeper than `indent`. */
export function plainRest(cursor: Cursor, indent: number): void {
  const { text } = cursor
  let hadComment = text.slice(cursor.at, lineEnd(cursor, cursor.at)).includes('#')
  endLine(cursor)
  while (cursor.at < text.length && !isDocumentMark(text, cursor.at)) {
    const start = cursor.at
    let next = start
    while (text[next] === ' ') next++
    const column = next - start
    while (isBlank(text[next])) next++
    if (isEnd(text[next])) {
      cursor.at = Math.min(lineEnd(cursor, next) + 1, text.length)
      continue
    }
    if (column <= indent || text[next] === '#') return
    if (hadComment)
      throw new Fault(next, 'A comment ended the value above, and this line would go on with it.')
    cursor.at = next
    const end = lineEnd(cursor, next)
    const rest = text.slice(next, end)
    const colon = /:(?=[ \t\r]|$)/.exec(rest)
    const comment = /[ \t]#/.exec(rest)
    if (colon !== null && (comment === null || colon.index < comment.index)) {
      throw new Fault(
        next + colon.index,
        'This looks like a key, but the line goes on with the value above; its indentation is wrong, or the value above needs quotes.',
      )
    }
    hadComment = comment !== null
    cursor.at = Math.min(end + 1, text.length)
  }
}

/** `|` or `>` and its lines, which are deeper than `indent`. */
export function blockScalar(cursor: Cursor, indent: number): void {
  const { text } = cursor
  const header =
    /^[|>](?:[1-9][+-]?|[+-][1-9]?)?/.exec(text.slice(cursor.at, cursor.at + 3))?.[0] ?? '|'
  const digit = Number(/[1-9]/.exec(header)?.[0] ?? 0)
  cursor.at += header.length
  endLine(cursor)
  let least = digit > 0 ? Math.max(indent, 0) + digit : -1
  let blanks = 0
  while (cursor.at < text.length) {
    if (isDocumentMark(text, cursor.at)) return
    const end = lineEnd(cursor, cursor.at)
    let next = cursor.at
    while (text[next] === ' ') next++
    const isEmpty = next >= end || (text[next] === '\r' && next + 1 === end)
    const column = next - cursor.at
    if (isEmpty) blanks = Math.max(blanks, column)
    else {
      if (least < 0) {
        if (column <= indent) return
        if (blanks > column)
          throw new Fault(
            next,
            'An empty line above has more blanks than the first line of this text.',
          )
        least = column
      } else if (column < least) return
    }
    cursor.at = Math.min(end + 1, text.length)
  }
}
