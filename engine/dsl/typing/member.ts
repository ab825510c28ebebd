/**
 * The types of fields and items: `x.y`, `x["y"]`, `x[0]`.
 *
 * A schema that lists properties lists what exists: another field is a problem, unless the
 * schema opens itself with `additionalProperties`. Optional fields may be read.
 */
import type { Fault } from '#engine/dsl/expression/fault.ts'
import { pathOf, type Node } from '#engine/dsl/expression/ast.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import { alternatives, any, mayBe, printType, unionOf, type MapType, type Type } from './type.ts'

export function typeOfField(of: Type, node: Node & { op: 'field' }, faults: Fault[]): Type {
  const place = { start: node.nameAt, end: node.nameAt + node.name.length }
  return member({ of, name: node.name, place, owner: node.of, faults })
}

export function typeOfIndex(options: {
  readonly of: Type
  readonly at: Type
  readonly node: Node & { op: 'index' }
  readonly faults: Fault[]
}): Type {
  const { of, at, node, faults } = options
  const key = node.at
  if (key.op === 'literal' && typeof key.value === 'string') {
    return member({ of, name: key.value, place: key, owner: node.of, faults, isQuoted: true })
  }
  const results = alternatives(of).flatMap((type) => {
    if (type.kind === 'any') return [any]
    if (type.kind === 'list' && mayBe(at, ['number', 'int', 'uint'])) return [type.items]
    if (type.kind === 'map' && mayBe(at, ['string', 'bool', 'int', 'uint', 'number'])) {
      return [anyField(type)]
    }
    return []
  })
  if (results.length > 0) return unionOf(results)
  const message = `A ${printType(of)} has no member by ${printType(at)}.`
  faults.push({ code: 'DSL_EXPRESSION_TYPE', message, start: node.start, end: node.end })
  return any
}

function anyField(type: MapType): Type {
  const known = Object.values(type.fields).map((field) => field.type)
  return unionOf(type.rest === undefined ? known : [...known, type.rest])
}

interface Member {
  readonly of: Type
  readonly name: string
  readonly place: { readonly start: number; readonly end: number }
  readonly owner: Node
  readonly faults: Fault[]
  /** Whether the name is written as a string, so that a replacement needs quotes. */
  readonly isQuoted?: boolean
}

function member(asked: Member): Type {
  const types = alternatives(asked.of)
  const found = types.flatMap((type) => {
    if (type.kind === 'any') return [any]
    if (type.kind !== 'map') return []
    const field = type.fields[asked.name]?.type ?? type.find?.(asked.name) ?? type.rest
    return field === undefined ? [] : [field]
  })
  if (found.length > 0) return unionOf(found)
  const maps = types.filter((type) => type.kind === 'map')
  asked.faults.push(maps.length === 0 ? noFields(asked) : unknownField(asked, maps))
  return any
}

function noFields({ of, name, place, owner }: Member): Fault {
  const message = `"${textOf(owner)}" is ${printType(of)} and has no field "${name}".`
  const { start, end } = place
  const fault = { code: 'DSL_EXPRESSION_TYPE', message, start, end } as const
  return of.kind === 'list'
    ? { ...fault, help: 'Take an item with [0], or go over all of them with .map(x, …).' }
    : fault
}

function unknownField(asked: Member, maps: readonly MapType[]): Fault {
  const { name, owner } = asked
  const { start, end } = asked.place
  const explained = maps.find((map) => map.explain !== undefined)?.explain?.(name)
  if (explained !== undefined) return { ...explained, start, end }
  const known = maps.flatMap((map) => Object.keys(map.fields))
  const near = suggest(name, known)
  const message = `"${textOf(owner)}" has no field "${name}".`
  const fault = { code: 'DSL_FIELD_UNKNOWN', message, start, end } as const
  if (near === undefined) {
    const listed = known.slice(0, 12).map((each) => `"${each}"`)
    return {
      ...fault,
      help: listed.length > 0 ? `It has ${listed.join(', ')}.` : 'It has no fields.',
    }
  }
  const isWritable = asked.isQuoted === true || /^[A-Za-z_][A-Za-z0-9_]*$/.test(near)
  const help = `Did you mean "${near}"?`
  if (!isWritable) return { ...fault, help }
  return { ...fault, help, replacement: asked.isQuoted === true ? JSON.stringify(near) : near }
}

function textOf(node: Node): string {
  const path = pathOf(node)
  if (path === undefined) return 'this value'
  return path.root + path.keys.map((k) => (typeof k === 'number' ? `[${k}]` : `.${k}`)).join('')
}
