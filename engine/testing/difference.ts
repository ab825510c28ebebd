/**
 * Tells two JSON values apart place by place, so that a person sees at once what a plugin
 * did instead of what it should.
 */
import { isObject, pointer, type Json } from '#engine/core/json.ts'

export interface Difference {
  /** JSON Pointer into both. */
  readonly at: string
  /** Absent where there should be nothing. */
  readonly expected?: Json
  /** Absent where there is nothing. */
  readonly actual?: Json
}

/** `part` lets objects have more keys than expected; a list is always compared whole. */
export type Manner = 'whole' | 'part'

/** How many differences are worth telling. */
const differencesMax = 20

/** Where `actual` differs from `expected`, in the order of what was expected. */
export function differences(expected: Json, actual: Json, manner: Manner): readonly Difference[] {
  const found: Difference[] = []
  compare({ found, manner }, { at: '', expected, actual })
  return found
}

interface Search {
  readonly found: Difference[]
  readonly manner: Manner
}

function compare(search: Search, { at, expected, actual }: Difference): void {
  if (search.found.length >= differencesMax) return
  const keys = keysOf(search.manner, expected, actual)
  if (keys === undefined) {
    if (!Object.is(expected, actual)) search.found.push({ at, ...both(expected, actual) })
    return
  }
  for (const key of keys) {
    const inner = at + pointer(key)
    const pair = both(partOf(expected, key), partOf(actual, key))
    if (pair.expected === undefined || pair.actual === undefined) {
      if (search.found.length < differencesMax) search.found.push({ at: inner, ...pair })
    } else compare(search, { at: inner, ...pair })
  }
}

/** The parts to compare one by one; undefined for what is compared as a whole. */
function keysOf(
  manner: Manner,
  expected: Json | undefined,
  actual: Json | undefined,
): readonly string[] | undefined {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return Array.from({ length: Math.max(expected.length, actual.length) }, (_, i) => String(i))
  }
  if (!isObject(expected) || !isObject(actual)) return undefined
  const own = Object.keys(expected)
  return manner === 'part' ? own : [...new Set([...own, ...Object.keys(actual)])]
}

function partOf(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(key)] as Json | undefined
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function both(expected: Json | undefined, actual: Json | undefined): Omit<Difference, 'at'> {
  return {
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
  }
}
