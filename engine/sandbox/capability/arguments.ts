/**
 * The arguments of a host operation, each taken out by its type.
 *
 * They come from code that nobody trusts; what is not as it should be is refused with a
 * sentence about what is missing, and an unknown one, so that a slip is not taken for a
 * default.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'

export interface Arguments {
  text(key: string): string
  findText(key: string): string | undefined
  /** A whole number from 0. */
  findNumber(key: string): number | undefined
  find(key: string): Json | undefined
}

/** Reads what was given to `op`. Throws `RUN_INPUT_REFUSED`. */
export function argumentsOf(op: string, args: Json, keys: readonly string[]): Arguments {
  if (!isObject(args)) throw misused(op, 'its arguments are an object')
  const unknown = Object.keys(args).find((key) => !keys.includes(key))
  if (unknown !== undefined) {
    const known = keys.map((key) => `"${key}"`).join(', ')
    throw misused(op, `it knows no "${unknown.slice(0, 100)}", but ${known}`)
  }
  const findText = (key: string): string | undefined => {
    const value = args[key]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw misused(op, `"${key}" is a text`)
    return value
  }
  return {
    findText,
    text: (key) => findText(key) ?? '',
    findNumber: (key) => {
      const value = args[key]
      if (value === undefined || value === null) return undefined
      const isWhole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      if (!isWhole) throw misused(op, `"${key}" is a whole number from 0`)
      return value
    },
    find: (key) => args[key],
  }
}

export function misused(op: string, why: string): IonError {
  const data = { op }
  return new IonError('RUN_INPUT_REFUSED', `"${op}" was called wrongly: ${why}.`, { data })
}
