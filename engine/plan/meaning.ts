/**
 * The digest of what a plan means, for telling whether two versions of a flow differ.
 *
 * Runs, approvals and caches key on `execDigest`, which is over the plan as it is. Here the
 * order of keys and the white space and comments inside expressions do not count.
 */
import { type Digest, digestOf } from '#engine/core/digest.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

import type { Plan } from './plan.ts'

/** Equal for plans that only look different. */
export function semDigest(plan: Plan): Digest {
  return digestOf(meant(plan as unknown as Json))
}

function meant(value: Json): Json {
  if (Array.isArray(value)) return value.map(meant)
  if (!isObject(value)) return value
  const { kind, entries, source } = value
  if (kind === 'map' && Array.isArray(entries)) return { kind, entries: sorted(entries) }
  if (kind === 'value') return value
  const parts = Object.entries(value).map(([key, part]) => [key, meant(part)] as const)
  const rest: JsonObject = Object.fromEntries(parts)
  return typeof source === 'string' ? { ...rest, source: squeezed(source) } : rest
}

/** The entries of a mapping, which has no order. */
function sorted(entries: readonly Json[]): Json {
  const pairs = entries.map((entry) => meant(entry) as readonly [string, Json])
  return pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

const tokens =
  /[rbRB]{0,2}(?:"""[^]*?"""|'''[^]*?''')|[bB]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\/\/[^\n]*|\s+|[^\s"'/]+|\//g

/** An expression without white space and comments; strings stay as they are. */
function squeezed(source: string): string {
  let result = ''
  let isApart = false
  for (const [token] of source.matchAll(tokens)) {
    if (/^(?:\s|\/\/)/.test(token)) isApart = true
    else {
      const needsSpace = isApart && /\w$/.test(result) && /^\w/.test(token)
      result += needsSpace ? ` ${token}` : token
      isApart = false
    }
  }
  return result
}
