/** What many rows come to: one number, or one value, of each group. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { compare } from './order.ts'
import { hasherOf, nameOf, put, readerOf, sorted, type Fail, type Row } from './keys.ts'

/** Exactly one of these, besides `p`. */
export interface Measure {
  readonly count?: true | string
  readonly distinct?: string
  readonly sum?: string
  readonly avg?: string
  readonly min?: string
  readonly max?: string
  readonly median?: string
  readonly percentile?: string
  readonly p?: number
  readonly first?: string
  readonly last?: string
  readonly list?: string
}

type Kind = Exclude<keyof Measure, 'p'>
type Fold = (rows: readonly Row[]) => Json

/** The groups in the order in which their first rows stand. */
export function groupsOf(rows: readonly Row[], keys: readonly string[]): readonly Row[][] {
  const hash = hasherOf(keys)
  const groups = new Map<unknown, Row[]>()
  for (const row of rows) {
    const at = hash(row)
    const group = groups.get(at)
    if (group === undefined) groups.set(at, [row])
    else group.push(row)
  }
  return [...groups.values()]
}

/** One row for each group; without keys one row for all. */
export function aggregate(
  rows: readonly Row[],
  {
    by,
    values,
    fail,
  }: { by: readonly string[]; values: Readonly<Record<string, Measure>>; fail: Fail },
): readonly Row[] {
  const groups = by.length === 0 ? [rows] : groupsOf(rows, by)
  const readers = by.map((key) => ({ name: nameOf(key), read: readerOf(key) }))
  const folds = Object.entries(values).map(([name, measure]) => ({
    name,
    fold: foldOf(name, measure, fail),
  }))
  return groups.map((group) => {
    const result: JsonObject = {}
    const [first] = group
    for (const { name, read } of readers) if (first !== undefined) put(result, name, read(first))
    for (const { name, fold } of folds) put(result, name, fold(group))
    return result
  })
}

export function foldOf(name: string, measure: Measure, fail: Fail): Fold {
  const kinds = Object.keys(measure).filter((key) => key !== 'p') as Kind[]
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1)
    return fail(
      'measure_malformed',
      `"${name}" needs exactly one measure, such as { sum: amount }.`,
    )
  const key = measure[kind]
  if (key === true || key === undefined) return (rows) => rows.length
  const read = readerOf(key)
  const numbers = (rows: readonly Row[]): number[] => numbersOf(rows, { read, key, fail })
  const share =
    (p: number): Fold =>
    (rows) =>
      percentile(numbers(rows), p)
  const folds: Readonly<Record<Kind, Fold>> = {
    count: (rows) => present(rows, read).length,
    distinct: (rows) => distinct(present(rows, read)),
    sum: (rows) => sum(numbers(rows)),
    avg: (rows) => mean(numbers(rows)),
    min: (rows) => extreme(present(rows, read), -1),
    max: (rows) => extreme(present(rows, read), 1),
    median: share(50),
    percentile: share(measure.p ?? 95),
    first: ([row]) => (row === undefined ? null : read(row)),
    last: (rows) => read(rows.at(-1) ?? {}),
    list: (rows) => rows.map(read),
  }
  return folds[kind]
}

function present(rows: readonly Row[], read: (row: Row) => Json): Json[] {
  const values: Json[] = []
  for (const row of rows) {
    const value = read(row)
    if (value !== null) values.push(value)
  }
  return values
}

function numbersOf(
  rows: readonly Row[],
  { read, key, fail }: { read: (row: Row) => Json; key: string; fail: Fail },
): number[] {
  const values: number[] = []
  for (const row of rows) {
    const value = read(row)
    if (typeof value === 'number') values.push(value)
    else if (value !== null)
      return fail(
        'not_a_number',
        `"${key}" is ${JSON.stringify(value).slice(0, 80)} in a row, which is no number.`,
      )
  }
  return values
}

/** With the lost low bits carried along (Neumaier), so that the order of rows hardly matters. */
function sum(values: readonly number[]): number {
  let total = 0
  let lost = 0
  for (const value of values) {
    const next = total + value
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total
    total = next
  }
  return Number.isFinite(lost) ? total + lost : total
}

function mean(values: readonly number[]): Json {
  return values.length === 0 ? null : sum(values) / values.length
}

/** Linear between the two nearest, as spreadsheets do. Null of no values. */
function percentile(values: number[], p: number): Json {
  if (values.length === 0) return null
  const line = Float64Array.from(values).sort()
  const place = ((line.length - 1) * p) / 100
  const low = line[Math.floor(place)] as number
  const high = line[Math.ceil(place)] as number
  return low + (high - low) * (place - Math.floor(place))
}

function extreme(values: readonly Json[], sign: 1 | -1): Json {
  let found: Json | undefined
  for (const value of values) {
    if (found === undefined || sign * compare(value, found) > 0) found = value
  }
  return found ?? null
}

function distinct(values: readonly Json[]): number {
  return new Set(
    values.map((value) => (typeof value === 'object' ? `\u0000${sorted(value)}` : value)),
  ).size
}
