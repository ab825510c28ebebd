/** Turns the values of one key into columns. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { foldOf, groupsOf, type Measure } from './aggregate.ts'
import { nameOf, put, readerOf, type Fail, type Row } from './keys.ts'

export interface Pivot {
  readonly rows: readonly Row[]
  readonly by: readonly string[]
  readonly column: string
  readonly value: Measure
  /** What stands where no row is. */
  readonly empty: Json
}

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

const columnsMax = 1_000

export function pivot({ rows, by, column, value, empty }: Pivot, fail: Fail): Table {
  const columnOf = readerOf(column)
  const fold = foldOf('value', value, fail)
  const keys = by.map((key) => ({ name: nameOf(key), read: readerOf(key) }))
  const taken = new Set(keys.map(({ name }) => name))
  const columns = new Set<string>()
  for (const row of rows) {
    const name = textOf(columnOf(row))
    if (taken.has(name))
      return fail('column_taken', `The column "${name}" is the name of a key too.`)
    columns.add(name)
    if (columns.size > columnsMax)
      return fail('too_many_columns', `"${column}" has more than ${columnsMax} different values.`)
  }
  const names = [...columns]
  const table = groupsOf(rows, by).map((group) => {
    const result: JsonObject = {}
    for (const { name, read } of keys) put(result, name, read(group[0] as Row))
    const cells = Map.groupBy(group, (row) => textOf(columnOf(row)))
    for (const name of names) {
      const cell = cells.get(name)
      put(result, name, cell === undefined ? empty : fold(cell))
    }
    return result
  })
  return { columns: names, rows: table }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
