/**
 * The one shape of data that crosses every border: what JSON (RFC 8259) can say.
 *
 * Step inputs and outputs, records and plans are made of it, so that each can be
 * printed, hashed and read by another process. It leaves canonical bytes to
 * `canonical.ts`.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two values print alike but for the order of keys; what is undefined is not there. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    return a.every((one: Json, index) => isSame(one, b[index] as Json))
  }
  if (!isObject(a) || !isObject(b)) return false
  const own = (value: JsonObject, key: string): Json | undefined =>
    Object.hasOwn(value, key) ? value[key] : undefined
  for (const key in a) if (!isSame(a[key], own(b, key))) return false
  for (const key in b) if (b[key] !== undefined && own(a, key) === undefined) return false
  return true
}

/** A text as it is, anything else as JSON. */
export function wordOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

/** Escapes one segment of a JSON Pointer (RFC 6901). */
export function pointer(...segments: readonly (string | number)[]): string {
  let text = ''
  for (const segment of segments) text += `/${escaped(String(segment))}`
  return text
}

function escaped(segment: string): string {
  const isPlain = !segment.includes('~') && !segment.includes('/')
  return isPlain ? segment : segment.replaceAll('~', '~0').replaceAll('/', '~1')
}
