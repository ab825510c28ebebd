/**
 * Where a part of a flow is, with steps by their ids: a place that stays the same when other
 * steps come and go.
 */
import { isObject, type Json, pointer } from '#engine/core/json.ts'

/** Keys of maps, and steps of lists by id. */
export type Address = readonly (string | { readonly id: string })[]

/** The address for people: `steps.fetch.with.url`. */
export function addressOf(at: Address): string {
  return at.map((part) => (typeof part === 'string' ? part : part.id)).join('.')
}

/** The JSON Pointer of `at` in `value` as it is now; the last key need not be there. */
export function resolve(value: Json, at: Address): string | undefined {
  let found: Json | undefined = value
  let path = ''
  for (const [index, part] of at.entries()) {
    if (typeof part === 'string') {
      if (!isObject(found)) return undefined
      const next: Json | undefined = Object.hasOwn(found, part) ? found[part] : undefined
      if (next === undefined && index < at.length - 1) return undefined
      path += pointer(part)
      found = next
      continue
    }
    if (!Array.isArray(found)) return undefined
    const list = found as readonly Json[]
    const place = list.findIndex((one) => isObject(one) && one['id'] === part.id)
    if (place === -1) return undefined
    path += pointer(place)
    found = list[place]
  }
  return path
}
