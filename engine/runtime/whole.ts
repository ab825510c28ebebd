/**
 * Refuses text that is half of a character at every door by which data comes to runs.
 *
 * JavaScript can hold it and JSON cannot say it: it has no canonical text, so what it is in
 * has no digest, and another program would read something else.
 */
import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, pointer, type Json } from '#engine/core/json.ts'

/** Throws `code` where a text or a key in `value` holds half of a character. */
export function mustBeWhole(value: Json, { code, what }: { code: Code; what: string }): void {
  const at = brokenAt(value)
  if (at === undefined) return
  const where = at === '' ? '' : ` at "${at.toWellFormed()}"`
  const message = `${what}${where} holds half of a character (a lone surrogate); send whole text.`
  throw new IonError(code, message, { data: { at: at.toWellFormed() } })
}

function brokenAt(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : ''
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) {
      const at = brokenAt(one as Json)
      if (at !== undefined) return pointer(index) + at
    }
    return undefined
  }
  if (!isObject(value)) return undefined
  for (const key in value) {
    const at = key.isWellFormed() ? brokenAt(value[key]) : ''
    if (at !== undefined) return pointer(key) + at
  }
  return undefined
}
