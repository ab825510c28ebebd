/** Makes a value that fits a schema of `schema.ts`, for cases: the plainest one there is. */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

import { listOf, textOf } from './document.ts'

/** A value for `schema`, with the members that must be there and no others. */
export function sampleOf(schema: Json | undefined): Json {
  if (!isObject(schema)) return 'text'
  const { const: constant, enum: words, anyOf, type } = schema
  if (constant !== undefined) return constant
  const [word] = listOf(words)
  if (word !== undefined) return word
  const [choice] = listOf(anyOf)
  if (choice !== undefined) return sampleOf(choice)
  const types = Array.isArray(type) ? (type as readonly Json[]) : [type]
  return byType(textOf(types.find((one) => one !== 'null') ?? types[0]), schema)
}

function byType(type: string, schema: JsonObject): Json {
  const { minItems, items, required, properties } = schema
  switch (type) {
    case 'object': {
      const all = isObject(properties) ? properties : {}
      return Object.fromEntries(
        listOf(required).map((name) => [textOf(name), sampleOf(all[textOf(name)])]),
      )
    }
    case 'array':
      return Array.from({ length: Number(minItems ?? 0) }, () => sampleOf(items))
    case 'integer':
    case 'number':
      return numberOf(schema)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleText(schema)
  }
}

function numberOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonObject): number {
  const least = typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : minimum
  const most = typeof exclusiveMaximum === 'number' ? exclusiveMaximum - 1 : maximum
  const wanted = typeof least === 'number' ? Math.max(1, least) : 1
  return typeof most === 'number' ? Math.min(wanted, most) : wanted
}

function sampleText({ minLength, maxLength }: JsonObject): string {
  const text = 'text'.padEnd(typeof minLength === 'number' ? minLength : 0, 'x')
  return typeof maxLength === 'number' ? text.slice(0, maxLength) : text
}
