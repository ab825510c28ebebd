/**
 * Schemas inside files: the mistakes in them, with their places.
 */
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { findSchemaFaults, schemaWords } from '#engine/core/schema/faults.ts'
import { suggest } from '#engine/dsl/suggest.ts'

/** Problems with the schema that stands at `at`; `value` is it, closed in itself. */
export function checkSchema(value: Json | undefined, at: string): readonly Problem[] {
  if (value === undefined || !isObject(value)) return []
  const faults = findSchemaFaults(value).map((fault): Problem => ({
    code: 'DSL_SCHEMA_MALFORMED',
    severity: 'error',
    message: fault.message,
    at: at + fault.at,
  }))
  return [...faults, ...misspelt(value, at, 0)]
}

/** Words that JSON Schema would skip in silence, and that are nearly one of its own. */
function misspelt(schema: Json, at: string, depth: number): readonly Problem[] {
  if (!isObject(schema) || depth > 8) return []
  return Object.entries(schema).flatMap(([word, value]): readonly Problem[] => {
    const here = at + pointer(word)
    if (word === 'properties' || word === '$defs') {
      const parts = isObject(value) ? Object.entries(value) : []
      return parts.flatMap(([name, one]) => misspelt(one, here + pointer(name), depth + 1))
    }
    if (word === 'items' || word === 'additionalProperties') return misspelt(value, here, depth + 1)
    const isOwn = schemaWords.includes(word) || word.startsWith('x-')
    const meant = isOwn ? undefined : suggest(word, schemaWords)
    if (meant === undefined) return []
    const message = `"${word}" means nothing in a schema.`
    const help = `Did you mean "${meant}"?`
    return [{ code: 'DSL_KEY_UNKNOWN', severity: 'warning', message, at: here, help }]
  })
}

/** The flow's inputs must describe a mapping, because inputs have names. */
export function checkInputs(inputs: Json | undefined): readonly Problem[] {
  if (!isObject(inputs)) return []
  const { type } = inputs
  if (type === undefined || type === 'object') return []
  const message = '"inputs" must describe a mapping: type: object.'
  return [{ code: 'DSL_SCHEMA_MALFORMED', severity: 'error', message, at: '/inputs/type' }]
}
