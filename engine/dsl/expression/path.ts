/**
 * The fast way for the commonest expression: a chain of constant members of plain JSON.
 *
 * `steps.a.output.x` becomes direct property reads. Only own properties count: a key that
 * some prototype also has takes the careful way, any other can only be found as an own one.
 */
import type { Json } from '#engine/core/json.ts'
import type { Scope } from '#engine/dsl/template.ts'

import { macroOf, pathOf, type Node } from './ast.ts'
import { ExpressionFailure, type Frame } from './failure.ts'
import { describe, type Value } from './value.ts'

export type Eval = (frame: Frame) => Value

/** The names that a scope always means the same by. */
const roots = ['inputs', 'steps', 'branches', 'event', 'run', 'error', 'turn'] as const
type Root = (typeof roots)[number]

export function isRoot(name: string): name is Root {
  return (roots as readonly string[]).includes(name)
}

export function rootNames(): readonly string[] {
  return roots
}

const prototypes = [Object, Array, String, Number, Boolean, Function].map((c) => c.prototype)

function isOnPrototype(key: string): boolean {
  return prototypes.some((prototype) => key in prototype)
}

/** Direct reads for a chain that starts at a root; `undefined` for any other node. */
export function compilePath(node: Node): Eval | undefined {
  const path = pathOf(node)
  if (path === undefined || !isRoot(path.root)) return undefined
  const { root, keys } = path
  const isCareful = keys.some((key) => typeof key === 'number' || isOnPrototype(key))
  if (isCareful) return (frame) => walk(rootOf(frame.scope, root), root, keys)
  const texts = keys as readonly string[]
  return (frame) => {
    let value = frame.scope[root] as Record<string, unknown> | null | undefined
    for (let i = 0; i < texts.length; i++) {
      if (value === undefined || value === null) break
      value = value[texts[i] as string] as Record<string, unknown>
    }
    if (value !== undefined && value !== null) return value as Value
    return walk(rootOf(frame.scope, root), root, keys)
  }
}

/** The value of a root in this scope; a failure where there is none. */
export function rootOf(scope: Scope, root: Root): Json {
  const value = scope[root] as Json | undefined
  if (value !== undefined) return value
  throw new ExpressionFailure(`"${root}" is not known at this step`, 'absent')
}

/** The careful way: one own member after the other. */
function walk(start: Json, root: string, keys: readonly (string | number)[]): Value {
  let value = start
  let name = root
  for (const key of keys) {
    const next = member(value, key)
    if (next === undefined) throw absent(value, name, key)
    value = next
    name = typeof key === 'number' ? `${name}[${key}]` : `${name}.${key}`
  }
  return value
}

function member(value: Json, key: string | number): Json | undefined {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined
  if (typeof value !== 'object' || value === null || typeof key !== 'string') return undefined
  return Object.hasOwn(value, key) ? (value as { readonly [key: string]: Json })[key] : undefined
}

/** Says what is not there, and what is. */
export function absent(of: Value, name: string, key: string | number): ExpressionFailure {
  const where = name === '' ? describe(of) : `"${name}"`
  if (Array.isArray(of)) {
    const message = `${where} is a list of ${of.length}`
    return typeof key === 'number'
      ? new ExpressionFailure(`${message} and has no item ${key}`, 'absent')
      : new ExpressionFailure(`${message} and has no field "${key}"`, 'absent')
  }
  if (typeof of !== 'object' || of === null) {
    return new ExpressionFailure(`${where} is ${describe(of)} and has no "${key}"`, 'absent')
  }
  const known = Object.keys(of).slice(0, 8)
  const list =
    known.length === 0 ? 'it is empty' : `it has ${known.map((k) => `"${k}"`).join(', ')}`
  return new ExpressionFailure(`${where} has no field "${key}"; ${list}`, 'absent')
}

/** Whether whatever `node` gives is JSON already, so that no copy has to be made of it. */
export function givesJson(node: Node): boolean {
  switch (node.op) {
    case 'field':
    case 'index':
    case 'name':
      return isRoot(pathOf(node)?.root ?? '')
    case 'literal':
      return ['string', 'boolean'].includes(typeof node.value) || node.value === null
    case 'and':
    case 'or':
    case 'not':
      return true
    case 'choose':
      return givesJson(node.then) && givesJson(node.else)
    case 'binary':
      return !['+', '-', '*', '/', '%'].includes(node.operator)
    case 'call': {
      const macro = macroOf(node)
      if (macro?.kind === 'default') return givesJson(macro.path) && givesJson(macro.otherwise)
      return macro?.kind === 'filter' && givesJson(macro.list) && pathOf(macro.list) !== undefined
    }
    default:
      return false
  }
}
