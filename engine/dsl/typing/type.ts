/**
 * The static types of expressions: what is known about a value before a run.
 *
 * A type says less than a JSON Schema and is never wrong about absence: `any` stands for
 * everything that is not known, and only what can never work is a problem. `typing/schema.ts`
 * turns schemas into types and back.
 */
import type { Problem } from '#engine/core/problem.ts'

import type { Kind } from '#engine/dsl/expression/value.ts'

/** `integer` is a JSON number without a fraction; `int` the exact one of an expression. */
export type SimpleKind = Exclude<Kind, 'list' | 'map'> | 'integer'

export interface MapType {
  readonly kind: 'map'
  readonly fields: Readonly<Record<string, FieldType>>
  /** The type of fields that `fields` does not list; absent when there are none. */
  readonly rest?: Type
  /** Finds fields that are not listed, where listing them anew at each place would cost too much. */
  readonly find?: (field: string) => Type | undefined
  /** Says why a field that is not listed cannot be seen; absent: the usual words. */
  readonly explain?: (field: string) => Explained
}

/** Why something cannot be named here, and what to write instead. */
export interface Explained extends Pick<Problem, 'code' | 'message' | 'help' | 'related'> {
  /** What the name should be replaced by, when that is sure. */
  readonly replacement?: string
}

export interface FieldType {
  readonly type: Type
  readonly isOptional: boolean
}

export type Type =
  | { readonly kind: 'any' }
  | { readonly kind: SimpleKind }
  | { readonly kind: 'list'; readonly items: Type }
  | MapType
  | { readonly kind: 'union'; readonly of: readonly Type[] }

export const any: Type = { kind: 'any' }

export function simple(kind: SimpleKind): Type {
  return { kind }
}

export function listOf(items: Type): Type {
  return { kind: 'list', items }
}

/** A map of which only the type of its values is known. */
export function mapOf(rest: Type): Type {
  return { kind: 'map', fields: fieldsOf([]), rest }
}

/** A map with exactly these fields, all of them present. */
export function recordOf(fields: Readonly<Record<string, Type>>): MapType {
  const entries = Object.entries(fields).map(
    ([name, type]) => [name, { type, isOptional: false }] as const,
  )
  return { kind: 'map', fields: fieldsOf(entries) }
}

/** Fields by name in an object without a prototype, so that `__proto__` is a name like any. */
export function fieldsOf(
  entries: Iterable<readonly [string, FieldType]>,
): Readonly<Record<string, FieldType>> {
  const fields = Object.create(null) as Record<string, FieldType>
  for (const [name, field] of entries) fields[name] = field
  return fields
}

/** One of several types; equal ones and what `any` swallows are dropped. */
export function unionOf(types: readonly Type[]): Type {
  const flat = types.flatMap((type) => (type.kind === 'union' ? type.of : [type]))
  if (flat.length === 0 || flat.some((type) => type.kind === 'any')) return any
  if (flat.length === 1) return flat[0] as Type
  const seen = new Map<string, Type>()
  for (const type of flat) {
    const key = type.kind === 'map' || type.kind === 'list' ? printShape(type) : type.kind
    if (!seen.has(key)) seen.set(key, type)
  }
  if (seen.has('number')) seen.delete('integer')
  const distinct = [...seen.values()]
  return distinct.length === 1 ? (distinct[0] as Type) : { kind: 'union', of: distinct }
}

/** The alternatives of a type: itself, when it is no union. */
export function alternatives(type: Type): readonly Type[] {
  return type.kind === 'union' ? type.of : [type]
}

/** Whether a value of `type` may be of one of `kinds` at run time. */
export function mayBe(type: Type, kinds: readonly Kind[]): boolean {
  return alternatives(type).some(
    ({ kind }) => kind === 'any' || kinds.includes((kind === 'integer' ? 'number' : kind) as Kind),
  )
}

/** A type in the words of messages: `string`, `list of number`, `map`, `string or null`. */
export function printType(type: Type): string {
  if (type.kind === 'union') return type.of.map(printType).join(' or ')
  if (type.kind === 'list')
    return type.items.kind === 'any' ? 'list' : `list of ${printType(type.items)}`
  return type.kind === 'any' ? 'unknown' : type.kind
}

function printShape(type: Type): string {
  if (type.kind === 'list') return `[${printShape(type.items)}]`
  if (type.kind === 'union') return type.of.map(printShape).toSorted().join('|')
  if (type.kind !== 'map') return type.kind
  const fields = Object.entries(type.fields)
    .map(([name, f]) => `${JSON.stringify(name)}${f.isOptional ? '?' : ''}:${printShape(f.type)}`)
    .toSorted()
  return `{${fields.join(',')};${type.rest === undefined ? '' : printShape(type.rest)}}`
}
