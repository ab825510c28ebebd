/**
 * Whether data holds what an `await` asks for: a comparison of values and nothing else, so
 * that the right runs are found without waking any of them.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

/**
 * True when `data` has every entry of `match`. Maps are compared entry by entry, at any
 * depth; everything else must be equal. An empty one asks for nothing.
 *
 * @example
 * isMatch({ order: { id: 7 } }, { order: { id: 7, total: 3 } }) // true
 */
export function isMatch(match: JsonObject | undefined, data: Json): boolean {
  const isAnything = match === undefined || Object.keys(match).length === 0
  return isAnything || holds(match, data)
}

function holds(wanted: Json, given: Json | undefined): boolean {
  if (given === undefined) return false
  if (isObject(wanted)) {
    return (
      isObject(given) &&
      Object.entries(wanted).every(([key, value]) =>
        holds(value, Object.hasOwn(given, key) ? given[key] : undefined),
      )
    )
  }
  if (!Array.isArray(wanted)) return wanted === given
  return (
    Array.isArray(given) &&
    wanted.length === given.length &&
    wanted.every((one: Json, index) => isEqual(one, given[index] as Json))
  )
}

function isEqual(a: Json, b: Json): boolean {
  const isSameSize = !isObject(a) || !isObject(b) || Object.keys(a).length === Object.keys(b).length
  return isSameSize && holds(a, b)
}
