/**
 * Turns the schemas of an OpenAPI document into JSON Schemas that stand alone.
 *
 * Of an input everything is kept that a mistake can be told by. Of an output only the
 * types are kept: an API that gives a new word in an old field must not fail a step that
 * has done its work. References are written out, to a depth; what lies deeper may be
 * anything.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { listOf, type Resolve } from './document.ts'

export interface Conversion {
  readonly resolve: Resolve
  readonly use: 'input' | 'output'
  /** How deep types are told. */
  readonly depthMax: number
}

const descriptionCharsMax = 200

/** Converts `schema`; `{}`, which takes anything, stands for what cannot be told. */
export function convertSchema(schema: Json | undefined, conversion: Conversion): JsonObject {
  return convert(schema, {
    ...conversion,
    depth: 0,
    path: [],
    left: { nodes: limits.openApiSchemaNodesMax },
  })
}

interface Walk extends Conversion {
  readonly depth: number
  /** References on the way here: one of them again would go on for ever. */
  readonly path: readonly string[]
  readonly left: { nodes: number }
}

function convert(given: Json | undefined, walk: Walk): JsonObject {
  const ref = isObject(given) ? given['$ref'] : undefined
  if (typeof ref === 'string' && walk.path.includes(ref)) return {}
  const schema = walk.resolve(given)
  walk.left.nodes -= 1
  if (!isObject(schema) || walk.left.nodes < 0) return {}
  const inner = {
    ...walk,
    depth: walk.depth + 1,
    path: typeof ref === 'string' ? [...walk.path, ref] : walk.path,
  }
  const type = typesOf(schema)
  const told = { ...describe(schema, walk), ...shape(schema, { ...inner, depth: walk.depth }) }
  if (type === undefined) return told
  return 'anyOf' in told ? told : { type, ...told }
}

const known = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

/** One type, or a list of them with null; undefined where none is said. */
function typesOf(schema: JsonObject): Json | undefined {
  const given = isObject(schema['properties']) ? (schema['type'] ?? 'object') : schema['type']
  const all = (Array.isArray(given) ? given : [given]).filter((one) => known.has(String(one)))
  if (all.length === 0) return undefined
  const types = [...new Set([...all, ...(schema['nullable'] === true ? ['null'] : [])])] as Json[]
  return types.length === 1 ? types[0] : types
}

function describe({ description }: JsonObject, { use }: Walk): JsonObject {
  if (use === 'output' || typeof description !== 'string') return {}
  const text = oneLine(description, descriptionCharsMax)
  return text === '' ? {} : { description: text }
}

/** The first sentences of a text, without line breaks and what no reader sees. */
export function oneLine(text: string, charsMax: number): string {
  const words = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim()
  if (words.length <= charsMax) return words
  return `${words.slice(0, charsMax).replace(/\s\S*$/, '')} …`
}

function shape(schema: JsonObject, walk: Walk): JsonObject {
  const { allOf, oneOf, anyOf, items, properties } = schema
  if (Array.isArray(allOf)) return merged(schema, listOf(allOf), walk)
  const choices = listOf(oneOf ?? anyOf)
  if (choices.length > 0) return either(choices, schema, walk)
  if (walk.depth >= walk.depthMax) return {}
  const inner = { ...walk, depth: walk.depth + 1 }
  const list = items === undefined ? {} : { items: convert(items, inner) }
  const isPlain = properties === undefined && schema['additionalProperties'] === undefined
  return { ...bounds(schema, walk), ...list, ...(isPlain ? {} : members(schema, inner)) }
}

function members(schema: JsonObject, walk: Walk): JsonObject {
  const { properties, required, additionalProperties: more } = schema
  const hidden = walk.use === 'input' ? 'readOnly' : 'writeOnly'
  const kept = Object.entries(isObject(properties) ? properties : {}).filter(([name, one]) => {
    const property = walk.resolve(one)
    return name !== '__proto__' && !(isObject(property) && property[hidden] === true)
  })
  const names = new Set(kept.map(([name]) => name))
  const needed = listOf(required).filter((name) => typeof name === 'string' && names.has(name))
  return {
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(kept.length === 0
      ? {}
      : { properties: Object.fromEntries(kept.map(([name, one]) => [name, convert(one, walk)])) }),
    ...(isObject(more) ? { additionalProperties: convert(more, walk) } : {}),
  }
}

/** What all of several say, as one mapping where they are mappings. */
function merged(schema: JsonObject, parts: readonly Json[], walk: Walk): JsonObject {
  const { allOf: _, description: __, ...rest } = schema
  const all = [...parts, rest].map((part) => convert(part, walk))
  const told = all.filter((one) => Object.keys(one).length > 0)
  if (told.length === 1) return told[0] ?? {}
  if (!told.every((one) => one['type'] === 'object' && !('anyOf' in one))) return {}
  const properties = Object.assign({}, ...told.map((one) => one['properties'] ?? {})) as JsonObject
  const required = [...new Set(told.flatMap((one) => listOf(one['required'])))]
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

/** One of several. Anything, where one of them is anything. */
function either(choices: readonly Json[], { nullable }: JsonObject, walk: Walk): JsonObject {
  if (choices.length > limits.openApiChoicesMax) return {}
  const all = choices.map((one) => convert(one, walk))
  if (nullable === true) all.push({ type: 'null' })
  if (all.some((one) => one['type'] === undefined && one['anyOf'] === undefined)) return {}
  return all.length === 1 ? (all[0] ?? {}) : { anyOf: all }
}

const counts = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'] as const

/** What a value must keep to; of an output only which kind of value it is. */
function bounds(schema: JsonObject, { use }: Walk): JsonObject {
  if (use === 'output') return {}
  const { enum: words, const: constant, nullable } = schema
  const found: Record<string, Json> = {}
  if (Array.isArray(words) && words.length > 0) {
    const isOpen = nullable === true && !words.includes(null)
    found['enum'] = [...new Set(words as readonly Json[])].concat(isOpen ? [null] : [])
  }
  if (constant !== undefined) found['const'] = constant
  for (const name of counts) {
    const value = schema[name]
    if (typeof value === 'number') found[name] = value
  }
  for (const [name, plain] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const value = schema[name]
    if (typeof value === 'number') found[name] = value
    // OpenAPI 3.0 has a flag beside the bound.
    else if (value === true && typeof schema[plain] === 'number') {
      found[name] = schema[plain]
      delete found[plain]
    }
  }
  return found
}
