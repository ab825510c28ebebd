/**
 * Fills in the defaults of a JSON Schema: one rule for the inputs of flows and of actions.
 *
 * It follows `properties` only, so it costs nothing to load; whether the value fits the
 * schema afterwards is left to the check.
 */
import { isObject, type Json } from '#engine/core/json.ts'

/** Puts `default` where an object has nothing, at any depth; what is there stays. */
export function withDefaults(schema: Json | undefined, value: Json): Json {
  if (!isObject(schema) || !isObject(value) || !isObject(schema['properties'])) return value
  const filled: Record<string, Json> = { ...value }
  for (const [name, property] of Object.entries(schema['properties'])) {
    if (!Object.hasOwn(filled, name) && isObject(property) && property['default'] !== undefined) {
      filled[name] = property['default']
    }
    const here = filled[name]
    if (here !== undefined && Object.hasOwn(filled, name))
      filled[name] = withDefaults(property, here)
  }
  return filled
}
