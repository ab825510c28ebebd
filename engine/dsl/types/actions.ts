/**
 * Prints the types of a plugin's actions from the schemas in its manifest, so that the
 * code and the manifest cannot part unseen.
 *
 * Total: what TypeScript cannot say (patterns, bounds, conditions) is left to the check of
 * each call, and what it cannot say at all is `Json`. `properties` without a `type` are
 * taken for those of an object, as everybody means them. Whether a file on the disk is current is the host's concern.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'

import { comment, pascal } from './comment.ts'

/** The line by which a printed module is known. */
export const typesMark = ' * Generated from plugin.yaml by `ionflux plugin types`; edit that.'

/** The text of a module with `Log`, `LogInput` and `LogOutput` for an action `log`. */
export function printActionTypes({ plugin, actions }: Manifest): string {
  const names = actionTypeNames(Object.keys(actions))
  const body = Object.entries(actions).map(([name, action]) => {
    const own = names.get(name) ?? ''
    const parts = [
      declarations(`${own}Input`, action.input),
      declarations(`${own}Output`, action.output),
      `${comment(action.description, '')}export type ${own} = Action<${own}Input, ${own}Output>\n`,
    ]
    return parts.join('\n')
  })
  const text = body.join('\n')
  const used = ['Json', 'JsonObject'].filter((name) => new RegExp(`\\b${name}\\b`).test(text))
  const imports = `import type { ${['Action', ...used].join(', ')} } from 'ionflux/plugin'\n`
  return `/**\n * The types of the actions of ${plugin}.\n *\n${typesMark}\n */\n${imports}\n${text}`
}

/** The names of the types of actions, by the names of these, in their order. */
export function actionTypeNames(actions: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(['Action', 'Json', 'JsonObject'])
  return new Map(actions.map((name) => [name, typeName(name, taken)]))
}

/** `ReadFile` for `read-file`; longer where that, or a name made of it, is `taken`. */
function typeName(action: string, taken: Set<string>): string {
  let name = pascal(action)
  const all = (): readonly string[] => [name, `${name}Input`, `${name}Output`]
  while (all().some((one) => taken.has(one))) name += 'Action'
  for (const one of all()) taken.add(one)
  return name
}

/** A schema in one line, for people. @example shortType({ type: 'integer' }) // 'number' */
export function shortType(schema: JsonObject | undefined): string {
  const text = typeOf({ root: schema ?? {}, name: '', indent: '', depth: 0 }, schema)
  return text
    .replaceAll(/\/\*\*[^]*?\*\/\s*/g, '')
    .replaceAll(/\breadonly /g, '')
    .replaceAll(/\{\n\s*/g, '{ ')
    .replaceAll(/\n\s*\}/g, ' }')
    .replaceAll(/\n\s*/g, ', ')
}

interface Scope {
  /** The whole schema, which `#/$defs/…` points into. */
  readonly root: JsonObject
  /** The name of the type that stands for the whole schema. */
  readonly name: string
  readonly indent: string
  readonly depth: number
}

function declarations(name: string, schema: JsonObject | undefined): string {
  if (schema === undefined) return `export type ${name} = Json\n`
  const scope: Scope = { root: schema, name, indent: '', depth: 0 }
  const defs = isObject(schema['$defs']) ? Object.entries(schema['$defs']) : []
  return [
    declaration(scope, name, schema),
    ...defs.map(([key, def]) => declaration(scope, name + pascal(key), def)),
  ].join('\n')
}

function declaration(scope: Scope, name: string, schema: Json): string {
  const about = isObject(schema) ? schema['description'] : undefined
  const doc = comment(typeof about === 'string' ? about : undefined, '')
  const type = typeOf(scope, schema)
  return type.startsWith('{')
    ? `${doc}export interface ${name} ${type}\n`
    : `${doc}export type ${name} = ${type}\n`
}

function typeOf(scope: Scope, schema: Json | undefined): string {
  if (schema === false) return 'never'
  if (!isObject(schema) || scope.depth > limits.schemaDepthMax) return 'Json'
  const inner = { ...scope, depth: scope.depth + 1 }
  const { $ref: ref, const: constant, enum: choices, allOf, anyOf, oneOf } = schema
  if (typeof ref === 'string') return referenced(scope, ref)
  if (constant !== undefined) return literal(constant)
  if (Array.isArray(choices)) return union((choices as readonly Json[]).map(literal))
  const own = plainTypes(inner, schema)
  const parts = [
    ...(own === undefined ? [] : [own]),
    ...(Array.isArray(allOf) ? (allOf as readonly Json[]).map((one) => typeOf(inner, one)) : []),
    ...[anyOf, oneOf].flatMap((list) =>
      Array.isArray(list)
        ? [union((list as readonly Json[]).map((one) => typeOf(inner, one)))]
        : [],
    ),
  ].filter((part) => !isOpen(part))
  const unique = [...new Set(parts)]
  if (unique.length < 2) return unique[0] ?? own ?? 'Json'
  return unique.map((part) => (part.includes(' | ') ? `(${part})` : part)).join(' & ')
}

/** What says nothing beside another type. */
function isOpen(type: string): boolean {
  return type === 'Json' || type === 'JsonObject'
}

/** By `type`, or by the words that only one type knows; undefined where none is said. */
function plainTypes(scope: Scope, schema: JsonObject): string | undefined {
  const { type } = schema
  if (typeof type === 'string') return plainType(scope, type, schema)
  if (Array.isArray(type)) {
    return union(type.map((one) => plainType(scope, String(one), schema)))
  }
  return isObject(schema['properties']) ? plainType(scope, 'object', schema) : undefined
}

function plainType(scope: Scope, type: string, schema: JsonObject): string {
  switch (type) {
    case 'integer':
      return 'number'
    case 'number':
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'array':
      return listType(scope, schema)
    case 'object':
      return objectType(scope, schema)
    default:
      return 'Json'
  }
}

function listType(scope: Scope, { items, prefixItems }: JsonObject): string {
  const rest = items === undefined ? 'Json' : typeOf(scope, items)
  const tail = `${/ [|&] /.test(rest) ? `(${rest})` : rest}[]`
  if (!Array.isArray(prefixItems)) return `readonly ${tail}`
  // A list may be shorter than what its first places describe.
  const places = prefixItems.map((one) => `(${typeOf(scope, one as Json)})?`)
  return `readonly [${[...places, ...(items === false ? [] : [`...${tail}`])].join(', ')}]`
}

function objectType(scope: Scope, schema: JsonObject): string {
  const { properties, required, additionalProperties: more, patternProperties } = schema
  const known = isObject(properties) ? Object.entries(properties) : []
  const needed = new Set(Array.isArray(required) ? required.filter(isText) : [])
  const unnamed = [...needed].filter((key) => !known.some(([name]) => name === key))
  if (known.length === 0 && unnamed.length === 0) {
    const values = isObject(patternProperties) ? Object.values(patternProperties) : []
    if (isObject(more)) values.push(more)
    if (values.length === 0 || (more !== false && !isObject(more))) {
      return more === false && values.length === 0
        ? 'Readonly<Record<string, never>>'
        : 'JsonObject'
    }
    return `Readonly<Record<string, ${union(values.map((one) => typeOf(scope, one)))}>>`
  }
  const inside = { ...scope, indent: `${scope.indent}  ` }
  const lines = [...known, ...unnamed.map((key) => [key, true] as const)].map(([key, property]) => {
    const about = isObject(property) ? property['description'] : undefined
    const doc = comment(typeof about === 'string' ? about : undefined, inside.indent)
    const mark = needed.has(key) ? '' : '?'
    return `${doc}${inside.indent}readonly ${keyText(key)}${mark}: ${typeOf(inside, property)}\n`
  })
  return `{\n${lines.join('')}${scope.indent}}`
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** A definition of the same schema by its name; `#` is the whole. */
function referenced({ root, name }: Scope, ref: string): string {
  if (ref === '#') return name
  const key = /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~')
  const defs = root['$defs']
  return key !== undefined && isObject(defs) && Object.hasOwn(defs, key)
    ? name + pascal(key)
    : 'Json'
}

function union(types: readonly string[]): string {
  const unique = [...new Set(types)]
  return unique.includes('Json') ? 'Json' : unique.length === 0 ? 'never' : unique.join(' | ')
}

function literal(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return isObject(value) ? 'JsonObject' : 'readonly Json[]'
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)
}

function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner}'`
}
