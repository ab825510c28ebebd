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
  if (typeof value === 'string') return textOf(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('JSON has no number that is not finite.')
    return JSON.stringify(value)
  }
  if (value === null || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? listOf(value) : objectOf(value as ObjectValue)
}

type ObjectValue = Readonly<Record<string, Json | undefined>>

// Loops, because digests are made for every record of every run.
function listOf(list: readonly Json[]): string {
  let text = '['
  for (let i = 0; i < list.length; i++) text += (i === 0 ? '' : ',') + canonical(list[i] as Json)
  return `${text}]`
}

function objectOf(object: ObjectValue): string {
  const keys = Object.keys(object)
  // What was printed canonically before is in order.
  const isInOrder = keys.every((key, i) => i === 0 || (keys[i - 1] ?? '') < key)
  let text = '{'
  for (const key of isInOrder ? keys : keys.toSorted()) {
    const value = object[key]
    if (value === undefined) continue
    text += `${text.length === 1 ? '' : ','}${textOf(key)}:${canonical(value)}`
  }
  return `${text}}`
}

function textOf(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('JSON has no string with a lone surrogate.')
  return JSON.stringify(text)
}
