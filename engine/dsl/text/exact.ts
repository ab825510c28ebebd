/**
 * Reads JSON text that a person typed, and refuses a number that would become another
 * one: too large for JSON (`1e400`), or with more digits than are kept.
 *
 * The same rule as for numbers in YAML files; what a value means is left to its schema.
 */
import type { Json } from '#engine/core/json.ts'

import { numberProblem } from './scalar.ts'

export type ReadJson =
  | { readonly ok: true; readonly value: Json }
  /** `reason` is absent when the text is no JSON at all. */
  | { readonly ok: false; readonly reason?: string }

type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/**
 * Reads one JSON value.
 *
 * @example
 * readJson('1e400') // { ok: false, reason: '1e400 is not a number that JSON can say.' }
 */
export function readJson(text: string): ReadJson {
  let reason: string | undefined
  const look: Revive = (_, value, { source }) => {
    if (typeof value === 'number' && source !== undefined) reason ??= numberProblem(value, source)
    return value
  }
  try {
    JSON.parse(text, look as Parameters<typeof JSON.parse>[1])
    // Read again without a reviver, which would lose a key `__proto__`.
    const value = JSON.parse(text) as Json
    return reason === undefined ? { ok: true, value } : { ok: false, reason }
  } catch {
    return { ok: false }
  }
}
