/**
 * Canonical JSON (RFC 8785, JCS): equal values give equal bytes.
 *
 * Every digest of ionflux is over these bytes, so approvals, caches and journals
 * mean the same on every machine. Checked against the vectors of the RFC's author.
 */
import type { Json } from './json.ts'

/**
 * Prints `value` canonically: keys sorted by UTF-16 code units, no white space,
 * numbers as ECMAScript prints them.
 *
 * Throws a `TypeError` for what JSON cannot say: NaN, infinities, lone surrogates.
 *
 * @example
 * canonical({ b: 1, a: [true, 'x'] }) // '{"a":[true,"x"],"b":1}'
 */
export function canonical(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('JSON has no number that is not finite.')
    return JSON.stringify(value)
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('JSON has no string with a lone surrogate.')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return '[' + value.map(canonical).join(',') + ']'
  const object = value as { readonly [key: string]: Json }
  const keys = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .toSorted()
  return (
    '{' + keys.map((key) => canonical(key) + ':' + canonical(object[key] as Json)).join(',') + '}'
  )
}
