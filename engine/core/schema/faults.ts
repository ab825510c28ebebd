/**
 * Whether a value is a JSON Schema (2020-12) that ionflux will use: well formed, bounded,
 * closed in itself, with patterns that run in linear time.
 *
 * Schemas come from flows and plugins, so they are input like any other. It needs no
 * library; validating data is `core/schema.ts`.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { parsePattern } from './pattern.ts'

export interface SchemaFault {
  /** JSON Pointer into the schema. */
  readonly at: string
  /** One sentence. */
  readonly message: string
}

type Rule = 'schema' | 'schemas' | 'schemaMap' | 'count' | 'number' | 'texts' | 'text' | 'flag'

/** What stands after each word that takes something checkable. */
const rules: Readonly<Record<string, Rule>> = {
  ...rule('schema', 'items contains additionalProperties propertyNames not if then else'),
  ...rule('schema', 'unevaluatedItems unevaluatedProperties contentSchema'),
  ...rule('schemas', 'allOf anyOf oneOf prefixItems'),
  ...rule('schemaMap', 'properties patternProperties dependentSchemas $defs'),
  ...rule('count', 'minLength maxLength minItems maxItems minProperties maxProperties'),
  ...rule('count', 'minContains maxContains'),
  ...rule('number', 'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf'),
  ...rule('texts', 'required'),
  ...rule('text', 'pattern format title description $comment $id $ref $anchor $schema'),
  ...rule('text', '$dynamicRef $dynamicAnchor contentEncoding contentMediaType'),
  ...rule('flag', 'uniqueItems deprecated readOnly writeOnly'),
}

const free = ['type', 'enum', 'const', 'default', 'examples', 'dependentRequired', '$vocabulary']

/** Every word of JSON Schema that means something. */
export const schemaWords: readonly string[] = [...Object.keys(rules), ...free]

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** What is wrong with `schema`; empty for one that can be used. At most 100 faults. */
export function findSchemaFaults(schema: Json): readonly SchemaFault[] {
  const walk: Walk = { root: schema, faults: [], anchors: new Set(), refs: [], nodes: 0 }
  visit(walk, schema, { at: '', depth: 0 })
  for (const { ref, at } of walk.refs) {
    const message = refFault(walk, ref)
    if (message !== undefined) walk.faults.push({ at, message })
  }
  return walk.faults.slice(0, 100)
}

function rule(name: Rule, words: string): Record<string, Rule> {
  return Object.fromEntries(words.split(' ').map((word) => [word, name]))
}

interface Walk {
  readonly root: Json
  readonly faults: SchemaFault[]
  readonly anchors: Set<string>
  readonly refs: { readonly ref: string; readonly at: string }[]
  nodes: number
}

interface Place {
  readonly at: string
  readonly depth: number
}

function visit(walk: Walk, schema: Json, { at, depth }: Place): void {
  walk.nodes += 1
  if (walk.nodes > limits.schemaNodesMax || depth > limits.schemaDepthMax) {
    const isFirst = walk.nodes === limits.schemaNodesMax + 1 || depth > limits.schemaDepthMax
    if (isFirst) walk.faults.push({ at, message: 'The schema is too large.' })
    return
  }
  if (typeof schema === 'boolean') return
  if (!isObject(schema)) {
    walk.faults.push({ at, message: 'A schema is a mapping, true or false.' })
    return
  }
  checkType(walk, schema, at)
  checkReferences(walk, schema, at)
  for (const [word, value] of Object.entries(schema)) {
    const place = { at: at + pointer(word), depth: depth + 1 }
    const known = Object.hasOwn(rules, word) ? rules[word] : undefined
    if (known !== undefined) checkWord(walk, { word, value, known }, place)
  }
}

interface Word {
  readonly word: string
  readonly value: Json
  readonly known: Rule
}

function checkWord(walk: Walk, { word, value, known }: Word, place: Place): void {
  const { at, depth } = place
  const wrong = (wanted: string): void => {
    walk.faults.push({ at, message: `"${word}" takes ${wanted}.` })
  }
  if (known === 'schema') visit(walk, value, place)
  else if (known === 'schemas') {
    if (!Array.isArray(value) || value.length === 0) wrong('a list of schemas')
    else value.forEach((one: Json, i) => visit(walk, one, { at: `${at}/${i}`, depth }))
  } else if (known === 'schemaMap') {
    if (!isObject(value)) return wrong('a mapping of schemas')
    for (const [name, one] of Object.entries(value)) {
      const here = at + pointer(name)
      if (word === 'patternProperties') checkPattern(walk, name, here)
      visit(walk, one, { at: here, depth })
    }
  } else if (known === 'count') {
    if (!Number.isInteger(value) || (value as number) < 0) wrong('a whole number from 0')
  } else if (known === 'number') {
    const isPositive = word !== 'multipleOf' || (value as number) > 0
    if (typeof value !== 'number' || !isPositive) wrong('a number')
  } else if (known === 'texts') {
    const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string')
    if (!isTexts) wrong('a list of names')
  } else if (known === 'flag') {
    if (typeof value !== 'boolean') wrong('true or false')
  } else if (typeof value !== 'string') wrong('text')
  else if (word === 'pattern') checkPattern(walk, value, at)
}

const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']

function checkType(walk: Walk, schema: JsonObject, at: string): void {
  const { type } = schema
  const list = Array.isArray(type) ? (type as readonly Json[]) : [type]
  if (type !== undefined && !list.every((one) => types.includes(one as string))) {
    const message = `"type" takes one of ${types.join(', ')}, or a list of these.`
    walk.faults.push({ at: `${at}/type`, message })
  }
  const values = schema['enum']
  if (values !== undefined && !Array.isArray(values)) {
    walk.faults.push({ at: `${at}/enum`, message: '"enum" takes a list of values.' })
  }
}

function checkPattern(walk: Walk, pattern: string, at: string): void {
  const regex = parsePattern(pattern)
  if ('reason' in regex) {
    walk.faults.push({ at, message: `The pattern cannot be used: ${regex.reason}.` })
  }
}

function checkReferences(walk: Walk, schema: JsonObject, at: string): void {
  const { $ref, $dynamicRef, $anchor, $dynamicAnchor, $schema } = schema
  for (const anchor of [$anchor, $dynamicAnchor]) {
    if (typeof anchor === 'string') walk.anchors.add(anchor)
  }
  if (typeof $ref === 'string') walk.refs.push({ ref: $ref, at: `${at}/$ref` })
  if (typeof $dynamicRef === 'string') walk.refs.push({ ref: $dynamicRef, at: `${at}/$dynamicRef` })
  if (typeof $schema === 'string' && $schema !== dialect) {
    const message = `Schemas are of JSON Schema 2020-12 here, not of ${$schema.slice(0, 80)}.`
    walk.faults.push({ at: `${at}/$schema`, message })
  }
}

function refFault({ root, anchors }: Walk, ref: string): string | undefined {
  if (!ref.startsWith('#'))
    return `"${ref.slice(0, 80)}" is another document; a schema stands alone.`
  const fragment = decode(ref.slice(1))
  if (fragment === '' || anchors.has(fragment)) return undefined
  if (fragment.startsWith('/') && findPointer(root, fragment) !== undefined) return undefined
  return `There is no "${ref.slice(0, 80)}" in the schema.`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What the JSON Pointer `at` names in `root`; undefined when nothing does. */
export function findPointer(root: Json, at: string): Json | undefined {
  let value: Json | undefined = root
  for (const segment of at.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) value = /^\d+$/.test(name) ? (value[Number(name)] as Json) : undefined
    else value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    if (value === undefined) return undefined
  }
  return value
}
