/**
 * What the checks of shapes share: the words of JSON Schema that `schemas/` uses, and the
 * words that people are told instead.
 */
import type { Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Document } from '#engine/dsl/text.ts'

/** The words of JSON Schema that `schemas/*.json` use. */
export interface ShapeNode {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly minProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, ShapeNode>>
  readonly propertyNames?: ShapeNode
  readonly additionalProperties?: boolean | ShapeNode
  readonly items?: ShapeNode
  readonly contains?: ShapeNode
  readonly if?: ShapeNode
  readonly then?: ShapeNode
  readonly else?: ShapeNode
  readonly allOf?: readonly ShapeNode[]
  readonly oneOf?: readonly ShapeNode[]
  readonly 'x-expects'?: string
}

export interface ShapeSchema extends ShapeNode {
  readonly $defs?: Readonly<Record<string, ShapeNode>>
}

/** What the functions of this folder share. */
export interface Shaping {
  readonly document: Document
  readonly schema: ShapeSchema
  readonly problems: Problem[]
}

/** A value, or a key, and its place. */
export interface Spot {
  readonly value: Json
  readonly at: string
  readonly isKey?: boolean
}

/** How a message names the place `at`. */
export function nameOf(at: string): string {
  const last = at
    .slice(at.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
  if (at === '') return 'The file'
  return /^\d+$/.test(last) ? `Item ${Number(last) + 1} of the list` : `"${last}"`
}

export function typeOf(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const words: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'empty',
}

/** JSON Schema's names of types as a person says them. */
export function typeNames(type: string | readonly string[] | undefined): string {
  const types = typeof type === 'string' ? [type] : (type ?? [])
  return types.map((one) => words[one] ?? one).join(' or ')
}

export function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
