/**
 * Two values side by side as lines: `-` was expected, `+` came. Texts of several lines and
 * lists of words are compared line by line, everything else as it stands.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import type { Difference } from '#engine/host/testing/run-tests.ts'

const shownCharsMax = 400
/** More than this is compared as a whole: the table of two texts is their product. */
const linesMax = 400
/** Lines that are alike, shown around what differs. */
const contextLines = 2

/** The lines of one difference, without indentation. */
export function differenceLines(
  { paint }: Pick<Terminal, 'paint'>,
  { at, expected, actual }: Difference,
): readonly string[] {
  const head = at === '' ? [] : [paint('note', `at ${printable(at)}`)]
  const [before, after] = [linesOf(expected), linesOf(actual)]
  if (before !== undefined && after !== undefined) {
    const rows = rowsOf(before, after)
    return [...head, ...around(rows).map((row) => rowText(paint, row))]
  }
  return [
    ...head,
    ...(expected === undefined && actual !== undefined && at === ''
      ? []
      : [paint('ok', `- ${shown(expected)}`)]),
    paint('fail', `+ ${shown(actual)}`),
  ]
}

/** What can be compared by lines: text of several lines, a list of plain values. */
function linesOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === 'string' && value.includes('\n')) return bounded(value.split('\n'))
  if (!Array.isArray(value) || value.length === 0) return undefined
  const items = value as readonly Json[]
  const isPlain = items.every((item) => !isObject(item) && !Array.isArray(item))
  return isPlain
    ? bounded(items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))))
    : undefined
}

function bounded(lines: readonly string[]): readonly string[] | undefined {
  return lines.length > linesMax ? undefined : lines
}

interface Row {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** The shortest way from one list of lines to the other. */
function rowsOf(before: readonly string[], after: readonly string[]): readonly Row[] {
  const [n, m] = [before.length, after.length]
  const table = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1))
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      const [row, next] = [table[i] as Uint16Array, table[i + 1] as Uint16Array]
      row[j] =
        before[i] === after[j]
          ? (next[j + 1] as number) + 1
          : Math.max(next[j] as number, row[j + 1] as number)
    }
  }
  const rows: Row[] = []
  let [i, j] = [0, 0]
  while (i < n || j < m) {
    const isSame = i < n && j < m && before[i] === after[j]
    if (isSame) {
      rows.push({ sign: ' ', text: before[i] ?? '' })
      i += 1
      j += 1
    } else if (j >= m || (i < n && (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) {
      rows.push({ sign: '-', text: before[i] ?? '' })
      i += 1
    } else {
      rows.push({ sign: '+', text: after[j] ?? '' })
      j += 1
    }
  }
  return rows
}

/** What differs and a little around it. */
function around(rows: readonly Row[]): readonly (Row | undefined)[] {
  const kept: (Row | undefined)[] = []
  for (const [index, row] of rows.entries()) {
    const near = rows.slice(Math.max(0, index - contextLines), index + contextLines + 1)
    if (near.some(({ sign }) => sign !== ' ')) kept.push(row)
    else if (kept.length > 0 && kept.at(-1) !== undefined) kept.push(undefined)
  }
  return kept.at(-1) === undefined ? kept.slice(0, -1) : kept
}

function rowText(paint: Terminal['paint'], row: Row | undefined): string {
  if (row === undefined) return paint('muted', '  …')
  const text = `${row.sign} ${cut(printable(row.text))}`
  if (row.sign === ' ') return text
  return paint(row.sign === '-' ? 'ok' : 'fail', text)
}

function shown(value: Json | undefined): string {
  return value === undefined ? '(nothing)' : cut(printable(JSON.stringify(value)))
}

function cut(text: string): string {
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
}
