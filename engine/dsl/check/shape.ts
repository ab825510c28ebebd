/**
 * Checks a value against one of the schemas in `schemas/`, and says what is wrong in the
 * author's words, with a fix where one is certain.
 *
 * It knows exactly the words of JSON Schema that those files use, and needs no library:
 * checking a flow must cost less than loading a validator would. A test holds it to the
 * verdicts of one. It follows no schema that a user wrote; that is `core/schema.ts`.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Fix, Problem } from '#engine/core/problem.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { Document } from '#engine/dsl/text.ts'

import { rename } from './fixes.ts'
import { isStepUnion, stepProblem } from './kinds.ts'
import {
  nameOf,
  typeNames,
  typeOf,
  type ShapeNode,
  type ShapeSchema,
  type Shaping,
  type Spot,
} from './node.ts'
import { formatProblem } from './scalars.ts'

/** All problems of the document's value, in the order of the schema. */
export function checkShape(document: Document, schema: ShapeSchema): readonly Problem[] {
  const shaping: Shaping = { document, schema, problems: [] }
  if (document.value !== undefined) checkNode(shaping, schema, { value: document.value, at: '' })
  return shaping.problems
}

function checkNode(shaping: Shaping, node: ShapeNode, spot: Spot): void {
  if (node.$ref !== undefined) checkNode(shaping, definition(shaping.schema, node.$ref), spot)
  if (node.if !== undefined) {
    const branch = matches(node.if, spot.value) ? node.then : node.else
    if (branch !== undefined) checkNode(shaping, branch, spot)
  }
  if (!hasType(node.type, spot.value)) {
    const wanted = node['x-expects'] ?? typeNames(node.type)
    shaping.problems.push({
      code: 'DSL_VALUE_TYPE',
      severity: 'error',
      message: `${nameOf(spot.at)} must be ${wanted}, not ${typeNames(typeOf(spot.value))}.`,
      at: spot.at,
    })
    return
  }
  if (Array.isArray(spot.value)) checkList(shaping, node, spot)
  else if (isObject(spot.value)) checkMapping(shaping, node, { ...spot, value: spot.value })
  else {
    const problem = formatProblem(node, spot, shaping.document)
    if (problem !== undefined) shaping.problems.push(problem)
  }
}

function checkList(shaping: Shaping, node: ShapeNode, { value, at }: Spot): void {
  const items = value as readonly Json[]
  if (node.minItems !== undefined && items.length < node.minItems) {
    shaping.problems.push({
      code: 'DSL_VALUE_FORMAT',
      severity: 'error',
      message: `${nameOf(at)} is empty; it needs at least ${node.minItems}.`,
      at,
    })
  }
  const { items: item } = node
  if (item === undefined) return
  items.forEach((one, i) => checkNode(shaping, item, { value: one, at: `${at}/${i}` }))
}

function checkMapping(
  shaping: Shaping,
  node: ShapeNode,
  { value, at }: { value: JsonObject; at: string },
): void {
  const { problems } = shaping
  if (isStepUnion(node)) {
    const problem = stepProblem(shaping, node, { value, at })
    if (problem !== undefined) problems.push(problem)
    for (const branch of node.allOf) {
      const isOnly = problem === undefined && branch.if !== undefined && matches(branch.if, value)
      if (isOnly && branch.then !== undefined) checkNode(shaping, branch.then, { value, at })
    }
    return
  }
  const strange = Object.keys(value).filter((key) => node.properties?.[key] === undefined)
  for (const key of node.required ?? []) {
    if (Object.hasOwn(value, key)) continue
    // A key that is there under a misspelt name is said once, as that.
    const isMisspelt = strange.some((other) => suggest(other, [key]) !== undefined)
    if (!isMisspelt) problems.push(missingKey(key, at))
  }
  if (node.minProperties !== undefined && Object.keys(value).length < node.minProperties) {
    const message = `${nameOf(at)} is empty; it needs at least ${node.minProperties}.`
    problems.push({ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at })
  }
  for (const [key, part] of Object.entries(value)) {
    checkEntry(shaping, node, { key, part, at: at + pointer(key), all: value })
  }
}

interface EntrySpot {
  readonly key: string
  readonly part: Json
  readonly at: string
  readonly all: JsonObject
}

function checkEntry(shaping: Shaping, node: ShapeNode, { key, part, at, all }: EntrySpot): void {
  const properties = node.properties ?? {}
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined
  if (property !== undefined) return checkNode(shaping, property, { value: part, at })
  if (node.propertyNames !== undefined) {
    const names = resolved(shaping.schema, node.propertyNames)
    const problem = formatProblem(names, { value: key, at, isKey: true }, shaping.document)
    if (problem !== undefined) shaping.problems.push(problem)
  }
  if (node.additionalProperties === false) {
    const free = Object.keys(properties).filter((known) => !Object.hasOwn(all, known))
    shaping.problems.push(unknownKey({ document: shaping.document, key, at, known: free }))
  } else if (typeof node.additionalProperties === 'object') {
    checkNode(shaping, node.additionalProperties, { value: part, at })
  }
}

/** The problem with a key that has no meaning here, with the nearest of the `known` ones. */
export function unknownKey(facts: {
  readonly document: Document
  readonly key: string
  readonly at: string
  readonly known: readonly string[]
}): Problem {
  const { document, key, at, known } = facts
  const meant = suggest(key, known)
  const bare = {
    code: 'DSL_KEY_UNKNOWN',
    severity: 'error',
    message: `The key "${key}" is not known here.`,
    at,
  } as const
  if (meant === undefined) {
    return known.length === 0 ? bare : { ...bare, help: `Known here: ${known.join(', ')}.` }
  }
  const fix: Fix = {
    title: `Rename the key to ${meant}`,
    applicability: 'safe',
    edits: [rename(document, document.span(at, 'key'), meant)],
  }
  return { ...bare, help: `Did you mean "${meant}"?`, fix }
}

export function missingKey(key: string, at: string): Problem {
  const message = `${nameOf(at)} needs the key "${key}".`
  return { code: 'DSL_KEY_MISSING', severity: 'error', message, at }
}

// ─── The part of JSON Schema that only decides ──────────────────────────────

/** Whether `value` fits a node that is used as a condition. */
export function matches(node: ShapeNode, value: Json): boolean {
  if (!hasType(node.type, value)) return false
  if (node.required !== undefined && isObject(value)) {
    return node.required.every((key) => Object.hasOwn(value, key))
  }
  const { contains } = node
  if (contains !== undefined && Array.isArray(value)) {
    return value.some((item: Json) => matches(contains, item))
  }
  return true
}

function hasType(type: ShapeNode['type'], value: Json): boolean {
  if (type === undefined) return true
  const own = typeOf(value)
  const isWhole = own === 'number' && Number.isInteger(value)
  const wanted = typeof type === 'string' ? [type] : type
  return wanted.some((one) => one === own || (one === 'integer' && isWhole))
}

function definition(schema: ShapeSchema, ref: string): ShapeNode {
  const node = schema.$defs?.[ref.slice(ref.lastIndexOf('/') + 1)]
  if (node === undefined) throw new Error(`broken assumption: the schema defines ${ref}`)
  return node
}

function resolved(schema: ShapeSchema, node: ShapeNode): ShapeNode {
  return node.$ref === undefined ? node : resolved(schema, definition(schema, node.$ref))
}
