/**
 * Reads members of rows, and tells values apart the way grouping and joining need.
 *
 * A key is the name of a member, or a JSON Pointer when it begins with "/". What a row
 * does not have counts as null. Numbers, texts and the rest are never equal to each other.
 */
import type { Json, JsonObject } from 'ionflux/plugin'

export type Row = JsonObject
export type Reader = (row: Row) => Json
export type Fail = (code: string, message: string) => never

/** What a map holds rows under: a value that compares by itself. */
export type Hash = string | number | boolean | null

export function readerOf(key: string): Reader {
  if (key.startsWith('/')) return pointerReader(key)
  // Only names that every object inherits need the slower question.
  if (key in Object.prototype) return (row) => (Object.hasOwn(row, key) ? (row[key] ?? null) : null)
  return (row) => row[key] ?? null
}

function pointerReader(pointer: string): Reader {
  const segments = pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  return (row) => {
    let value: Json = row
    for (const segment of segments) {
      if (typeof value !== 'object' || value === null) return null
      if (Array.isArray(value) ? !/^(?:0|[1-9]\d*)$/.test(segment) : !Object.hasOwn(value, segment))
        return null
      value = (value as JsonObject)[segment] ?? null
    }
    return value
  }
}

/** One key as one value; several as a text that no other values give. */
export function hasherOf(keys: readonly string[]): (row: Row) => Hash {
  const readers = keys.map(readerOf)
  const [only] = readers
  if (only !== undefined && readers.length === 1) return (row) => single(only(row))
  return (row) => {
    let text = ''
    for (const read of readers) text += part(read(row))
    return text
  }
}

function single(value: Json): Hash {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return `\u0000${sorted(value)}`
  return value
}

function part(value: Json): string {
  if (typeof value === 'string') return `s${value.length}:${value}`
  if (typeof value === 'object' && value !== null) {
    const text = sorted(value)
    return `o${text.length}:${text}`
  }
  return `${String(value)};`
}

/** A JSON text in which the order of members does not count. */
export function sorted(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
  const object = value as JsonObject
  const members = Object.keys(object)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${sorted(object[key] ?? null)}`)
  return `{${members.join(',')}}`
}

/** What makes whole values equal; much quicker than `sorted` for flat objects of one shape. */
export function wholeHasher(): (value: Json) => string {
  const firstOrder = new Map<string, string[]>()
  const seen = new Map<string, string[] | 'first'>()
  const orderOf = (keys: string[]): string[] | 'first' => {
    const name = JSON.stringify(keys)
    const known = seen.get(name)
    if (known !== undefined) return known
    const set = JSON.stringify(keys.toSorted())
    const order = firstOrder.get(set) ?? 'first'
    if (order === 'first') firstOrder.set(set, keys)
    seen.set(name, order)
    return order
  }
  // Rows mostly look like the row before them, and then nothing has to be looked up.
  let lastKeys: readonly string[] | undefined
  let lastOrder: string[] | 'first' = 'first'
  return (value) => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const object = value as JsonObject
    let met = 0
    for (const key in object) {
      const member = object[key]
      if (typeof member === 'object' && member !== null) return `\u0000${sorted(value)}`
      if (met >= 0) met = lastKeys?.[met] === key ? met + 1 : -1
    }
    if (Array.isArray(value)) return JSON.stringify(value)
    if (met !== lastKeys?.length) {
      const keys = Object.keys(object)
      lastKeys = keys
      lastOrder = orderOf(keys)
    }
    return lastOrder === 'first' ? JSON.stringify(value) : JSON.stringify(value, lastOrder)
  }
}

/** Sets a member of any name; plain assignment would take `__proto__` for something else. */
export function put(object: JsonObject, key: string, value: Json): void {
  if (key !== '__proto__') (object as Record<string, Json>)[key] = value
  else
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
}

/** What a member that comes from `key` is called in a new row. */
export function nameOf(key: string): string {
  if (!key.startsWith('/')) return key
  const last = key.slice(key.lastIndexOf('/') + 1)
  return last.replaceAll('~1', '/').replaceAll('~0', '~')
}

export function listOf(keys: string | readonly string[]): readonly string[] {
  return typeof keys === 'string' ? [keys] : keys
}
