/**
 * Small checks that are put together to larger ones: what a value of a stranger has to be
 * before its type is believed.
 */
import { isObject, type Json } from '#engine/core/json.ts'

export type Is = (value: Json) => boolean
/** Fields by name; one that ends in `?` may be left out. */
export type Fields = Readonly<Record<string, Is>>

export const like =
  (pattern: RegExp, charsMax: number): Is =>
  (value) =>
    typeof value === 'string' && value.length <= charsMax && pattern.test(value)
// eslint-disable-next-line no-control-regex
const plain = /^[^\u0000-\u0008\u000b-\u001f\u007f]*$/
export const text = (charsMax: number): Is => like(plain, charsMax)
export const oneOf =
  (...words: readonly string[]): Is =>
  (value) =>
    typeof value === 'string' && words.includes(value)
export const count =
  (max = Number.MAX_SAFE_INTEGER): Is =>
  (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
export const isFlag: Is = (value) => value === true || value === false
export const list =
  (item: Is, { min = 0, max }: { readonly min?: number; readonly max: number }): Is =>
  (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every(item)

/** An object with these fields and no other. */
export function shape(fields: Fields): Is {
  const rows = Object.entries(fields).map(([key, is]) => {
    const isOptional = key.endsWith('?')
    return { name: isOptional ? key.slice(0, -1) : key, isOptional, is }
  })
  const names = new Set(rows.map(({ name }) => name))
  return (value) =>
    isObject(value) &&
    rows.every(({ name, isOptional, is }) =>
      value[name] === undefined ? isOptional : is(value[name]),
    ) &&
    Object.keys(value).every((key) => names.has(key))
}
