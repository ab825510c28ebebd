/**
 * Reads comma-separated values (RFC 4180), strictly: a quote that is never closed or that
 * stands in the middle of a field is refused, not guessed at.
 */
export interface Cells {
  readonly rows: readonly (readonly Cell[])[]
  /** The line on which each row begins, from 1. */
  readonly lines: readonly number[]
}
/** A quoted cell is text whatever it looks like. */
export type Cell = string | { readonly quoted: string }

export interface Format {
  readonly delimiter: string
  readonly quote: string
}

export type Refuse = (code: string, message: string) => never

/** Rows end with a line feed, also after a carriage return; a last empty line is none. */
export function readCells(source: string, { delimiter, quote }: Format, refuse: Refuse): Cells {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  const end = text.includes('\n') || !text.includes('\r') ? '\n' : '\r'
  const rows: (readonly Cell[])[] = []
  const lines: number[] = []
  let line = 1
  let at = 0
  while (at < text.length) {
    const stop = next(text, end, at)
    const whole = text.slice(at, stop)
    lines.push(line)
    if (!whole.includes(quote)) {
      rows.push(trimEnd(whole).split(delimiter))
      at = stop + 1
      line++
      continue
    }
    const row: Cell[] = []
    const start = at
    at = readQuoted({ text, at, end, delimiter, quote, row, line, refuse })
    rows.push(row)
    for (let i = start; i < at; i = next(text, end, i) + 1) line++
  }
  return { rows, lines }
}

interface Place extends Format {
  readonly text: string
  readonly at: number
  readonly end: string
  readonly row: Cell[]
  readonly line: number
  readonly refuse: Refuse
}

/** Reads one row that has quotes into `row`; gives where the next begins. */
function readQuoted({ text, at, end, delimiter, quote, row, line, refuse }: Place): number {
  for (let start = at; ;) {
    if (text[start] !== quote) {
      const stop = Math.min(next(text, delimiter, start), next(text, end, start))
      const cell = text.slice(start, stop)
      if (cell.includes(quote))
        return refuse(
          'quote_misplaced',
          `Line ${line} has a quote inside a field that does not begin with one.`,
        )
      row.push(text[stop] === delimiter ? cell : trimEnd(cell))
      if (text[stop] !== delimiter) return stop + 1
      start = stop + 1
      continue
    }
    let value = ''
    let from = start + 1
    for (;;) {
      const close = text.indexOf(quote, from)
      if (close < 0) return refuse('quote_unclosed', `A quote in line ${line} is never closed.`)
      value += text.slice(from, close)
      from = close + 1
      if (text[from] !== quote) break
      value += quote
      from++
    }
    row.push({ quoted: value })
    if (text[from] === delimiter) {
      start = from + 1
      continue
    }
    if (text[from] === '\r' && text[from + 1] === '\n') from++
    if (from < text.length && text[from] !== end)
      return refuse('quote_misplaced', `Line ${line} has text after a closing quote.`)
    return from + 1
  }
}

function next(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from)
  return at < 0 ? text.length : at
}

function trimEnd(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
