/** Puts members into a mapping: each key once, and merged ones where they are asked for. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { Fault, type Scanner } from './scan.ts'

interface Member {
  readonly key: string
  readonly value: Json
  readonly at: number
  readonly isPlain: boolean
}

/** Members that came by a merge, which members of the mapping itself replace. */
const merged = new WeakMap<object, Set<string>>()

export function add(s: Scanner, object: JsonObject, { key, value, at, isPlain }: Member): void {
  if (s.isMerging && isPlain && key === '<<') return merge(object, value, at)
  const isMerged = merged.get(object)?.delete(key) === true
  if (Object.hasOwn(object, key) && !isMerged)
    throw new Fault('key_repeated', at, `The key "${key.slice(0, 80)}" is there twice.`)
  put(object, key, value)
}

function merge(object: JsonObject, value: Json, at: number): void {
  const sources = (Array.isArray(value) ? value : [value]) as readonly Json[]
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || Array.isArray(source))
      throw new Fault('merge_malformed', at, '"<<" takes a mapping, or a list of them.')
    for (const [key, member] of Object.entries(source as JsonObject)) {
      if (Object.hasOwn(object, key)) continue
      put(object, key, member)
      const names = merged.get(object) ?? new Set()
      merged.set(object, names.add(key))
    }
  }
}

/** Sets a member of any name; plain assignment would take `__proto__` for something else. */
function put(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}
