/** Puts the rows of two lists together that have equal keys. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { hasherOf, put, readerOf, type Fail, type Hash, type Row } from './keys.ts'

export interface Join {
  readonly left: readonly Row[]
  readonly right: readonly Row[]
  readonly keys: { readonly left: readonly string[]; readonly right: readonly string[] }
  readonly kind: 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'
  /** Put before the names of the right side; without it the left side wins over equal names. */
  readonly prefix: string
  readonly rowsMax: number
}

/** In the order of the left rows, then of the right ones; right rows without a partner come last. */
export function join(request: Join, fail: Fail): readonly Row[] {
  const { left, right, keys, kind, rowsMax } = request
  if (keys.left.length !== keys.right.length)
    return fail('keys_malformed', 'Both sides need the same number of keys.')
  const index = indexOf(right, keys.right)
  const find = partnersIn(index, keys.left)
  if (kind === 'semi') return left.filter((row) => find(row) !== undefined)
  if (kind === 'anti') return left.filter((row) => find(row) === undefined)

  const rename = renamer(right, request.prefix)
  const result: Row[] = []
  const met = new Set<Row>()
  for (const row of left) {
    const partners = find(row)
    if (partners === undefined) {
      if (kind === 'left' || kind === 'full') result.push(row)
      continue
    }
    if (result.length + partners.length > rowsMax)
      return fail(
        'too_many_rows',
        `The join gives more than ${rowsMax} rows; its keys are not unique.`,
      )
    for (const partner of partners) result.push(merged(row, partner, rename))
    if (kind === 'right' || kind === 'full') for (const partner of partners) met.add(partner)
  }
  if (kind === 'inner' || kind === 'left') return result
  for (const row of right) if (!met.has(row)) result.push(merged({}, row, rename))
  if (result.length > rowsMax)
    return fail('too_many_rows', `The join gives more than ${rowsMax} rows.`)
  return result
}

function indexOf(rows: readonly Row[], keys: readonly string[]): Map<Hash, Row[]> {
  const hash = hasherOf(keys)
  const isKeyed = keyed(keys)
  const index = new Map<Hash, Row[]>()
  for (const row of rows) {
    if (!isKeyed(row)) continue
    const at = hash(row)
    const list = index.get(at)
    if (list === undefined) index.set(at, [row])
    else list.push(row)
  }
  return index
}

function partnersIn(
  index: ReadonlyMap<Hash, Row[]>,
  keys: readonly string[],
): (row: Row) => readonly Row[] | undefined {
  const hash = hasherOf(keys)
  const isKeyed = keyed(keys)
  return (row) => (isKeyed(row) ? index.get(hash(row)) : undefined)
}

/** What is unknown is equal to nothing, not even to another unknown. */
function keyed(keys: readonly string[]): (row: Row) => boolean {
  const readers = keys.map(readerOf)
  return (row) => readers.every((read) => read(row) !== null)
}

function renamer(rows: readonly Row[], prefix: string): (name: string) => string {
  if (prefix === '') return (name) => name
  const names = new Map<string, string>()
  for (const row of rows) {
    for (const name in row) if (!names.has(name)) names.set(name, prefix + name)
  }
  return (name) => names.get(name) ?? name
}

function merged(left: Row, right: Row, rename: (name: string) => string): Row {
  const result: JsonObject = { ...left }
  for (const name in right) {
    const renamed = rename(name)
    if (!(renamed in result)) (result as Record<string, Json>)[renamed] = right[name] as Json
    else if (!Object.hasOwn(result, renamed)) put(result, renamed, right[name] as Json)
  }
  return result
}
