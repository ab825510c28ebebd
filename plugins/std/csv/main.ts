/** Reads and writes comma-separated values. */
import type { Action, Json, JsonObject } from 'ionflux/plugin'

import { readCells, type Cell, type Cells, type Refuse } from './parse.ts'

interface Parse {
  readonly text: string
  readonly delimiter?: string
  readonly quote?: string
  readonly header?: boolean | readonly string[]
  readonly types?: 'none' | 'infer'
  readonly ragged?: 'fail' | 'fill'
  readonly rows_max?: number
}

interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Json[]
}

/** Rows out of a text: objects with a header, lists without. */
export const parse: Action<Parse, Table> = (input, context) => {
  const { delimiter = ',', quote = '"', header = true, types = 'none', ragged = 'fail' } = input
  const refuse: Refuse = (code, message) => context.fail(code, message)
  if (delimiter === quote) return refuse('format_malformed', 'The delimiter and the quote differ.')
  const { rows, lines } = readCells(input.text, { delimiter, quote }, refuse)
  const filled = withoutEmpty({ rows, lines })
  const columns =
    header === true ? (filled.rows[0] ?? []).map(textOf) : header === false ? [] : header
  const skip = header === true ? 1 : 0
  const { rows_max = 1_000_000 } = input
  if (filled.rows.length - skip > rows_max)
    return refuse('too_many_rows', `The text has more than ${rows_max} rows.`)
  const read = types === 'infer' ? infer : textOf
  if (header === false) return { columns: [], rows: filled.rows.map((row) => row.map(read)) }
  const repeated = columns.find((name, i) => columns.indexOf(name) !== i)
  if (repeated !== undefined)
    return refuse(
      'column_repeated',
      `The column "${repeated}" is there twice; name the columns with "header".`,
    )
  const body = skip === 0 ? filled.rows : filled.rows.slice(1)
  const made = body.map((row, i) => {
    if (row.length !== columns.length && (ragged === 'fail' || row.length > columns.length))
      return refuse(
        'row_malformed',
        `Line ${filled.lines[i + skip]} has ${row.length} fields, and there are ${columns.length} columns.`,
      )
    return objectOf(columns, row, read)
  })
  return { columns, rows: made }
}

/** A line with nothing on it is no row. */
function withoutEmpty({ rows, lines }: Cells): Cells {
  const isEmpty = (row: readonly Cell[]): boolean => row.length === 1 && row[0] === ''
  if (!rows.some(isEmpty)) return { rows, lines }
  return {
    rows: rows.filter((row) => !isEmpty(row)),
    lines: lines.filter((_, i) => !isEmpty(rows[i] ?? [])),
  }
}

function objectOf(
  columns: readonly string[],
  row: readonly Cell[],
  read: (cell: Cell) => Json,
): JsonObject {
  const object: Record<string, Json> = {}
  for (let i = 0; i < columns.length; i++) {
    const name = columns[i] as string
    const cell = row[i]
    const value = cell === undefined ? null : read(cell)
    if (name !== '__proto__') object[name] = value
    else
      Object.defineProperty(object, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      })
  }
  return object
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.quoted
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Numbers, true, false and nothing; what would lose digits stays text, and so does what is quoted. */
function infer(cell: Cell): Json {
  if (typeof cell !== 'string') return cell.quoted
  if (cell === '') return null
  if (cell === 'true') return true
  if (cell === 'false') return false
  if (!number.test(cell)) return cell
  const value = Number(cell)
  const isExact =
    Number.isSafeInteger(value) ||
    String(value) === cell ||
    (!Number.isInteger(value) && digitsOf(cell) <= 15)
  return isExact ? value : cell
}

function digitsOf(text: string): number {
  return text.replace(/[eE].*$/, '').replaceAll(/^-?0*\.?0*|\D/g, '').length
}

interface Render {
  readonly rows: readonly Json[]
  readonly columns?: readonly string[]
  readonly header?: boolean
  readonly delimiter?: string
  readonly quote?: string
  readonly newline?: 'lf' | 'crlf'
  readonly formulas?: 'keep' | 'disarm'
}

/** A text out of rows, which are objects or lists. */
export const render: Action<Render, string> = (input, context) => {
  const {
    rows,
    delimiter = ',',
    quote = '"',
    header = true,
    newline = 'lf',
    formulas = 'keep',
  } = input
  if (delimiter === quote)
    return context.fail('format_malformed', 'The delimiter and the quote differ.')
  const columns = input.columns ?? namesOf(rows)
  const write = writer({ delimiter, quote, isDisarming: formulas === 'disarm' })
  const lines = rows.map((row) => {
    const cells = Array.isArray(row)
      ? (row as readonly Json[])
      : columns.map((name) => memberOf(row, name))
    // A row of one empty cell would read as no row.
    const line = cells.map(write).join(delimiter)
    return line === '' && cells.length > 0 ? quote + quote : line
  })
  if (header && columns.length > 0) lines.unshift(columns.map(write).join(delimiter))
  const end = newline === 'crlf' ? '\r\n' : '\n'
  return lines.length === 0 ? '' : lines.join(end) + end
}

/** Quotes what would not come back as it is. */
function writer({
  delimiter,
  quote,
  isDisarming,
}: {
  delimiter: string
  quote: string
  isDisarming: boolean
}): (value: Json) => string {
  const literal = (char: string): string => `\\u{${char.codePointAt(0)?.toString(16)}}`
  const special = new RegExp(
    `[${literal(quote)}${literal(delimiter)}\\r\\n]|^[\\s\\ufeff]|\\s$|^$`,
    'u',
  )
  const quoted = (text: string): string => quote + text.replaceAll(quote, quote + quote) + quote
  // A delimiter such as "." may stand in a number too.
  const isUsual = !/[\w.+-]/.test(delimiter + quote)
  return (value) => {
    if (value === null) return ''
    if (typeof value !== 'string') {
      const text = JSON.stringify(value)
      return (isUsual && typeof value !== 'object') || !special.test(text) ? text : quoted(text)
    }
    const text = isDisarming && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
    return special.test(text) ? quoted(text) : text
  }
}

/** Every name that a row has, in the order in which they appear. */
function namesOf(rows: readonly Json[]): readonly string[] {
  const names = new Set<string>()
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) continue
    for (const name of Object.keys(row)) names.add(name)
  }
  return [...names]
}

function memberOf(row: Json, name: string): Json {
  if (typeof row !== 'object' || row === null || !Object.hasOwn(row, name)) return null
  return (row as JsonObject)[name] ?? null
}
