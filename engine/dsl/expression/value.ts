/**
 * The values that an expression computes with: JSON as it is, and what CEL adds to it.
 *
 * JSON data is never copied or wrapped on its way in: a JSON number is CEL's `double`, an
 * object is a map with text keys. The classes below are an exception to the house rule on
 * classes: `instanceof` tells them from a JSON object, which an author could shape alike.
 */
import type { Json } from '#engine/core/json.ts'

import { ExpressionFailure } from './failure.ts'

/** What CEL has and JSON has not. */
export abstract class Special {}

/** An unsigned 64-bit integer, `5u`. */
export class Uint extends Special {
  readonly value: bigint
  constructor(value: bigint) {
    super()
    this.value = value
  }
}

/** An instant, in nanoseconds since 1970-01-01T00:00:00Z. */
export class Timestamp extends Special {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    super()
    this.nanos = nanos
  }
}

/** A length of time, in nanoseconds. */
export class Duration extends Special {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    super()
    this.nanos = nanos
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeName extends Special {
  readonly name: string
  constructor(name: string) {
    super()
    this.name = name
  }
}

/** A map made by an expression whose keys are not all text: normal key to key and value. */
export type ValueMap = ReadonlyMap<MapKey, readonly [Value, Value]>
export type MapKey = string | boolean | bigint

/** A `bigint` is CEL's `int`, a `number` its `double`. */
export type Value =
  | Json
  | bigint
  | Uint8Array
  | Special
  | ValueMap
  | readonly Value[]
  | { readonly [key: string]: Value }

export type Kind =
  | 'null'
  | 'bool'
  | 'number'
  | 'int'
  | 'uint'
  | 'string'
  | 'bytes'
  | 'list'
  | 'map'
  | 'timestamp'
  | 'duration'
  | 'type'

/** The kind of `value`, in the words of error messages. */
export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'number'
    case 'bigint':
      return 'int'
    case 'boolean':
      return 'bool'
    default:
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'list'
      if (value instanceof Special) return kindOfSpecial(value)
      return value instanceof Uint8Array ? 'bytes' : 'map'
  }
}

function kindOfSpecial(value: Special): Kind {
  if (value instanceof Uint) return 'uint'
  if (value instanceof Timestamp) return 'timestamp'
  return value instanceof Duration ? 'duration' : 'type'
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** Whether `value` is a map of either shape. */
export function isMap(value: Value): value is ValueMap | { readonly [key: string]: Value } {
  return typeof value === 'object' && kindOf(value) === 'map'
}

/** The key that equal keys share: 1, 1u and 1.0 name the same entry. */
export function mapKey(key: Value): MapKey | undefined {
  if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint') return key
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : undefined
  return key instanceof Uint ? key.value : undefined
}

/** The value at `key`, own entries only; `undefined` when there is none. */
export function findEntry(
  map: ValueMap | { readonly [key: string]: Value },
  key: Value,
): Value | undefined {
  if (map instanceof Map) {
    const normal = mapKey(key)
    return normal === undefined ? undefined : (map as ValueMap).get(normal)?.[1]
  }
  if (typeof key !== 'string') return undefined
  return Object.hasOwn(map, key) ? (map as { readonly [key: string]: Value })[key] : undefined
}

export function entriesOf(
  map: ValueMap | { readonly [key: string]: Value },
): readonly (readonly [Value, Value])[] {
  return map instanceof Map ? [...(map as ValueMap).values()] : Object.entries(map)
}

export function sizeOfMap(map: ValueMap | { readonly [key: string]: Value }): number {
  return map instanceof Map ? map.size : Object.keys(map).length
}

/** Sets an own entry, whatever the key is called (`__proto__` too). */
export function setOwn(target: Record<string, Value>, key: string, value: Value): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true })
}

/** An object from entries with text keys. */
export function objectOf(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const result: Record<string, Value> = {}
  for (const [key, value] of entries) setOwn(result, key, value)
  return result
}

/** A whole number where one is needed: an index, a count. JSON numbers are welcome. */
export function toIndex(value: Value): number {
  const number = value instanceof Uint ? value.value : value
  if (typeof number === 'bigint') return Number(number)
  if (typeof number === 'number' && Number.isInteger(number)) return number
  throw new ExpressionFailure(`a whole number is needed here, not ${describe(value)}`)
}

/** `value` as an error message names it: short values themselves, others by kind. */
export function describe(value: Value): string {
  if (typeof value === 'string') return value.length <= 40 ? JSON.stringify(value) : 'a long string'
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value)
  }
  const kind = kindOf(value)
  if (kind === 'list') return `a list of ${(value as readonly Value[]).length}`
  return kind === 'null' ? 'null' : `a ${kind}`
}
