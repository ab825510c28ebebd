/**
 * The types of what list and map functions give, from the types of what they take.
 */
import { alternatives, any, fieldsOf, unionOf, type Type } from '#engine/dsl/typing/type.ts'

export function itemsOf(type: Type): Type {
  const items = alternatives(type).map((t) => (t.kind === 'list' ? t.items : any))
  return unionOf(items)
}

export function flatItems(type: Type): Type {
  return unionOf(alternatives(type).map((t) => (t.kind === 'list' ? t.items : t)))
}

export function extremeType(args: readonly Type[]): Type {
  const only = args.length === 1 ? args[0] : undefined
  return only === undefined ? unionOf(args) : only.kind === 'list' ? only.items : any
}

export function valuesOf(type: Type): Type {
  if (type.kind !== 'map') return any
  const known = Object.values(type.fields).map((field) => field.type)
  return unionOf(type.rest === undefined ? known : [...known, type.rest])
}

export function mergedType(a: Type, b: Type): Type {
  if (a.kind !== 'map' || b.kind !== 'map') return any
  const entries = Object.entries(a.fields)
  for (const [name, field] of Object.entries(b.fields)) {
    const under = a.fields[name]
    const isCovered = field.isOptional && under !== undefined
    const type = isCovered ? unionOf([field.type, under.type]) : field.type
    entries.push([name, isCovered ? { type, isOptional: under.isOptional } : field])
  }
  const rests = [a.rest, b.rest].filter((rest) => rest !== undefined)
  const fields = fieldsOf(entries)
  return rests.length === 0
    ? { kind: 'map', fields }
    : { kind: 'map', fields, rest: unionOf(rests) }
}
