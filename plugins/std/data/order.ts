/**
 * Puts rows in order. Equal rows keep theirs.
 *
 * Each key becomes ranks first, and the ranks of all keys one number a row, because the
 * engine sorts numbers and texts by itself far faster than with a function that compares.
 */
import type { Json } from 'ionflux/plugin'

import { readerOf, sorted, type Row } from './keys.ts'

export interface By {
  readonly key: string
  readonly order?: 'asc' | 'desc'
  readonly nulls?: 'first' | 'last'
}

/** Sorts numbers by size and texts by code point; false, true, numbers, texts, the rest. */
export function order(rows: readonly Row[], bys: readonly (string | By)[]): readonly Row[] {
  const count = rows.length
  let places = new Float64Array(count)
  let size = 1
  for (const by of bys) {
    const { ranks, distinct } = ranksOf(rows, typeof by === 'string' ? { key: by } : by)
    if (size * distinct * count > Number.MAX_SAFE_INTEGER) {
      const dense = denseRanks(places)
      places = dense.ranks
      size = dense.distinct
    }
    for (let i = 0; i < count; i++) places[i] = (places[i] ?? 0) * distinct + (ranks[i] ?? 0)
    size *= distinct
  }
  if (size * count > Number.MAX_SAFE_INTEGER) places = denseRanks(places).ranks
  for (let i = 0; i < count; i++) places[i] = (places[i] ?? 0) * count + i
  places.sort()
  const result: Row[] = []
  for (const place of places) result.push(rows[place % count] as Row)
  return result
}

interface Ranks {
  readonly ranks: Float64Array<ArrayBuffer>
  /** All ranks are below it. */
  readonly distinct: number
}

function ranksOf(rows: readonly Row[], { key, order: way = 'asc', nulls = 'last' }: By): Ranks {
  const read = readerOf(key)
  const values = rows.map((row) => {
    const value = read(row)
    return typeof value === 'object' && value !== null ? { text: sorted(value) } : value
  })
  const rankOf = ranking(values)
  const top = rankOf.size
  const ranks = new Float64Array(rows.length)
  for (let i = 0; i < ranks.length; i++) {
    const value = values[i] ?? null
    const rank = rankOf.get(keyOf(value))
    if (rank === undefined) ranks[i] = nulls === 'last' ? top + 1 : 0
    else ranks[i] = way === 'asc' ? rank + 1 : top - rank
  }
  return { ranks, distinct: top + 2 }
}

type Value = string | number | boolean | null | { readonly text: string }

/** What a value is found under: texts are marked, so that none is taken for a list or an object. */
function keyOf(value: Value): string | number | boolean | null {
  if (typeof value === 'string') return `"${value}`
  return typeof value === 'object' && value !== null ? value.text : value
}

/** The place of each different value. */
function ranking(values: readonly Value[]): ReadonlyMap<unknown, number> {
  const booleans = new Set<boolean>()
  const numbers = new Set<number>()
  const texts = new Set<string>()
  const others = new Set<string>()
  for (const value of values) {
    if (typeof value === 'string') texts.add(value)
    else if (typeof value === 'number') numbers.add(value)
    else if (typeof value === 'boolean') booleans.add(value)
    else if (value !== null) others.add(value.text)
  }
  const rankOf = new Map<unknown, number>()
  for (const value of [false, true]) if (booleans.has(value)) rankOf.set(value, rankOf.size)
  for (const value of Float64Array.from(numbers).sort()) rankOf.set(value, rankOf.size)
  for (const text of inOrder(texts)) rankOf.set(keyOf(text), rankOf.size)
  for (const text of inOrder(others)) rankOf.set(keyOf({ text }), rankOf.size)
  return rankOf
}

function inOrder(texts: ReadonlySet<string>): readonly string[] {
  const list = [...texts]
  // Code units and code points differ in order only where there are surrogates.
  return list.some((text) => surrogate.test(text)) ? list.sort(compareText) : list.sort()
}

function denseRanks(values: Float64Array): Ranks {
  const rankOf = new Map<number, number>()
  for (const value of Float64Array.from(values).sort()) {
    if (!rankOf.has(value)) rankOf.set(value, rankOf.size)
  }
  return {
    ranks: Float64Array.from(values, (value) => rankOf.get(value) ?? 0),
    distinct: rankOf.size,
  }
}

/** Below, above or 0. Neither is null. */
export function compare(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const difference = rank(a) - rank(b)
  if (difference !== 0) return difference
  if (typeof a === 'boolean') return Number(a) - Number(b)
  return compareText(sorted(a), sorted(b))
}

const surrogate = /[\ud800-\udfff]/

/** By code point, so that the order is the one of the bytes in UTF-8. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  if (!surrogate.test(a) && !surrogate.test(b)) return a < b ? -1 : 1
  let i = 0
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  const [one, other] = [a.charCodeAt(i), b.charCodeAt(i)]
  if (Number.isNaN(one) || Number.isNaN(other)) return a.length - b.length
  const isPart = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
  if (isPart(one) !== isPart(other)) return isPart(one) ? 1 : -1
  return one - other
}

function rank(value: Json): number {
  if (typeof value === 'boolean') return 0
  if (typeof value === 'number') return 1
  return typeof value === 'string' ? 2 : 3
}
