/** Groups, joins, sorts and counts rows. */
import type { Action, Json } from 'ionflux/plugin'

import { aggregate as fold, groupsOf, type Measure } from './aggregate.ts'
import { join as match, type Join as Match } from './join.ts'
import { hasherOf, listOf, nameOf, put, readerOf, wholeHasher, type Row } from './keys.ts'
import { order, type By } from './order.ts'
import { pivot as turn, type Table } from './pivot.ts'

type Keys = string | readonly string[]
interface Rows {
  readonly rows: readonly Row[]
}

/** Rows with equal keys together, in the order of their first ones. */
export const group: Action<Rows & { readonly by: Keys }> = ({ rows, by }) => {
  const readers = listOf(by).map((key) => ({ name: nameOf(key), read: readerOf(key) }))
  return groupsOf(rows, listOf(by)).map((members) => {
    const key = {}
    for (const { name, read } of readers) put(key, name, read(members[0] as Row))
    return { key, rows: members }
  })
}

interface Aggregate extends Rows {
  readonly by?: Keys
  readonly values: Readonly<Record<string, Measure>>
}

/** One row of measures for each group. */
export const aggregate: Action<Aggregate, readonly Row[]> = ({ rows, by = [], values }, context) =>
  fold(rows, { by: listOf(by), values, fail: context.fail })

interface Sort extends Rows {
  readonly by: string | readonly (string | By)[]
}

/** The rows in order. */
export const sort: Action<Sort, readonly Row[]> = ({ rows, by }) =>
  order(rows, typeof by === 'string' ? [by] : by)

interface Dedupe {
  readonly rows: readonly Json[]
  readonly by?: Keys
  readonly keep?: 'first' | 'last'
}

/** Each row once. */
export const dedupe: Action<Dedupe, readonly Json[]> = ({ rows, by, keep = 'first' }, context) => {
  const kept = new Map<unknown, Json>()
  const whole = wholeHasher()
  const hash = by === undefined ? undefined : hasherOf(listOf(by))
  for (const row of rows) {
    if (hash !== undefined && !isRow(row))
      return context.fail('not_a_row', 'With "by", every row is an object.')
    const at = hash === undefined ? whole(row) : hash(row as Row)
    if (keep === 'last') kept.delete(at)
    if (!kept.has(at)) kept.set(at, row)
  }
  return [...kept.values()]
}

function isRow(value: Json): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Join {
  readonly left: readonly Row[]
  readonly right: readonly Row[]
  readonly on: Keys | { readonly left: Keys; readonly right: Keys }
  readonly kind?: Match['kind']
  readonly prefix?: string
  readonly rows_max?: number
}

/** Rows of two lists put together by equal keys. */
export const join: Action<Join, readonly Row[]> = (
  { left, right, on, kind = 'inner', prefix = '', rows_max = 200_000 },
  context,
) => {
  const isOne = typeof on === 'string' || Array.isArray(on)
  const sides = isOne
    ? { left: on as Keys, right: on as Keys }
    : (on as { left: Keys; right: Keys })
  const keys = { left: listOf(sides.left), right: listOf(sides.right) }
  return match({ left, right, keys, kind, prefix, rowsMax: rows_max }, context.fail)
}

interface Pivot extends Rows {
  readonly by: Keys
  readonly column: string
  readonly value: Measure
  readonly empty?: Json
}

/** The values of one key as columns. */
export const pivot: Action<Pivot, Table> = ({ rows, by, column, value, empty = null }, context) =>
  turn({ rows, by: listOf(by), column, value, empty }, context.fail)
