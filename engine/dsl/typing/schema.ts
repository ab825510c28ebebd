/**
 * JSON Schema to expression types and back, and the type of a template.
 *
 * Reads the part of JSON Schema (2020-12) that says what shape a value has; whatever it does
 * not understand is "unknown", never wrong. `$ref` is followed inside the schema (`#/$defs/…`).
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { problemOf } from '#engine/dsl/expression/fault.ts'
import { inferExpression, type TypeEnv } from './infer.ts'
import { any, fieldsOf, listOf, simple, unionOf, type FieldType, type Type } from './type.ts'

import { parseExpression } from '#engine/dsl/expression.ts'
import type { LocatedExpression, Template } from '#engine/dsl/template.ts'

/** Many steps call the same action: its schema is read once. */
const known = new WeakMap<JsonObject, Type>()

/** The type of the values that `schema` accepts. */
export function typeOfSchema(schema: Json | undefined): Type {
  if (!isObject(schema)) return any
  let type = known.get(schema)
  if (type === undefined) {
    type = read({ schema, root: schema, depth: 0 })
    known.set(schema, type)
  }
  return type
}

interface Reading {
  readonly schema: Json
  readonly root: Json
  readonly depth: number
}

function read({ schema, root, depth }: Reading): Type {
  if (!isObject(schema) || depth > limits.schemaTypeDepthMax) return any
  const inside = (part: Json): Type => read({ schema: part, root, depth: depth + 1 })
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const target = resolve(reference, root)
    return target === undefined ? any : inside(target)
  }
  for (const key of ['anyOf', 'oneOf']) {
    const choices = schema[key]
    if (!Array.isArray(choices)) continue
    const { [key]: _, ...rest } = schema
    return unionOf(
      choices.map((choice) => inside(isObject(choice) ? { ...rest, ...choice } : choice)),
    )
  }
  if (schema['allOf'] !== undefined || schema['if'] !== undefined) return any
  if ('const' in schema) return typeOfValue(schema['const'] as Json)
  const values = schema['enum']
  if (Array.isArray(values)) return unionOf(values.map((value) => typeOfValue(value as Json)))
  return unionOf(typesNamed(schema).map((name) => ofName(name, schema, inside)))
}

/** Follows a reference inside the same schema; any other is unknown. */
function resolve(reference: string, root: Json): Json | undefined {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let at: Json | undefined = root
  for (const segment of reference.slice(2).split('/')) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return at
}

function typesNamed(schema: JsonObject): readonly string[] {
  const type = schema['type']
  if (Array.isArray(type)) return type.filter((name) => typeof name === 'string')
  if (typeof type === 'string') return [type]
  if (schema['properties'] !== undefined) return ['object']
  return schema['items'] !== undefined ? ['array'] : ['any']
}

function ofName(name: string, schema: JsonObject, inside: (part: Json) => Type): Type {
  switch (name) {
    case 'string':
    case 'number':
    case 'integer':
    case 'null':
      return simple(name)
    case 'boolean':
      return simple('bool')
    case 'array': {
      const items = schema['prefixItems'] === undefined ? schema['items'] : undefined
      return listOf(items === undefined ? any : inside(items))
    }
    case 'object':
      return ofObject(schema, inside)
    default:
      return any
  }
}

function ofObject(schema: JsonObject, inside: (part: Json) => Type): Type {
  const properties = schema['properties']
  const required = schema['required']
  const known = isObject(properties) ? Object.entries(properties) : []
  const names = Array.isArray(required) ? required : []
  const fields = fieldsOf(
    known.map(([name, part]): [string, FieldType] => [
      name,
      { type: inside(part), isOptional: !names.includes(name) },
    ]),
  )
  const more = schema['additionalProperties']
  const isOpen =
    schema['patternProperties'] !== undefined ||
    more === true ||
    (more === undefined && known.length === 0)
  if (isObject(more)) return { kind: 'map', fields, rest: inside(more) }
  return isOpen ? { kind: 'map', fields, rest: any } : { kind: 'map', fields }
}

/** The type of a constant. */
export function typeOfValue(value: Json): Type {
  if (Array.isArray(value)) return listOf(unionOf(value.map((item) => typeOfValue(item as Json))))
  if (isObject(value)) {
    const fields = Object.entries(value).map(([name, part]): [string, FieldType] => [
      name,
      { type: typeOfValue(part), isOptional: false },
    ])
    return { kind: 'map', fields: fieldsOf(fields) }
  }
  if (value === null) return simple('null')
  if (typeof value === 'boolean') return simple('bool')
  if (typeof value === 'string') return simple('string')
  return simple(Number.isInteger(value) ? 'integer' : 'number')
}

/** The JSON Schema of what values of `type` become as JSON; `{}` for the unknown. */
export function schemaOfType(type: Type): JsonObject {
  switch (type.kind) {
    case 'any':
      return {}
    case 'union':
      return { anyOf: type.of.map(schemaOfType) }
    case 'list':
      return type.items.kind === 'any'
        ? { type: 'array' }
        : { type: 'array', items: schemaOfType(type.items) }
    case 'map': {
      const fields = Object.entries(type.fields)
      const properties = Object.fromEntries(fields.map(([n, f]) => [n, schemaOfType(f.type)]))
      const required = fields.flatMap(([name, field]) => (field.isOptional ? [] : [name]))
      const rest = type.rest === undefined ? false : schemaOfType(type.rest)
      return { type: 'object', properties, required, additionalProperties: rest }
    }
    case 'bool':
      return { type: 'boolean' }
    case 'int':
    case 'uint':
    case 'integer':
      return { type: 'integer' }
    case 'number':
    case 'null':
      return { type: type.kind }
    case 'timestamp':
      return { type: 'string', format: 'date-time' }
    default:
      return { type: 'string' }
  }
}

/** The type of what is left of a value of `type` once it is JSON. */
export function jsonTypeOf(type: Type): Type {
  return typeOfSchema(schemaOfType(type))
}

export interface TypedTemplate {
  readonly type: Type
  /** The same as JSON Schema; `{}` when nothing is known. */
  readonly schema: JsonObject
  readonly problems: readonly Problem[]
}

/**
 * Finds the type of `template` where `env` can be seen, and every name or operand in it that
 * cannot work. `places` are the `expressions` that `parseTemplate` gave with the template.
 */
export function typeOfTemplate(
  template: Template,
  env: TypeEnv,
  places: readonly LocatedExpression[] = [],
): TypedTemplate {
  const problems: Problem[] = []
  let next = 0
  const infer = (source: string): Type => {
    const place = places[next++] ?? { at: '', offset: 0 }
    const isEnough = problems.length >= limits.expressionProblemsMax
    const { node } = isEnough ? {} : parseExpression(source)
    if (node === undefined) return any
    const { type, faults } = inferExpression(node, env)
    problems.push(...faults.map((fault) => problemOf(fault, place)))
    return type
  }
  const type = ofTemplate(template, infer)
  return { type, schema: schemaOfType(type), problems }
}

function ofTemplate(template: Template, infer: (source: string) => Type): Type {
  switch (template.kind) {
    case 'value':
      return typeOfValue(template.value)
    case 'expression':
      return infer(template.source)
    case 'text':
      for (const part of template.parts) if (typeof part !== 'string') infer(part.source)
      return simple('string')
    case 'list':
      return listOf(unionOf(template.items.map((item) => ofTemplate(item, infer))))
    case 'map': {
      const fields = template.entries.map(([name, entry]): [string, FieldType] => [
        name,
        { type: ofTemplate(entry, infer), isOptional: false },
      ])
      return { kind: 'map', fields: fieldsOf(fields) }
    }
    case 'secret':
      return any
  }
}
