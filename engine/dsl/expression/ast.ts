/**
 * The syntax tree of an expression, as plain data with places.
 *
 * It is ours, so that only `expression.ts` knows which parser makes it. Places are half-open
 * ranges of UTF-16 units in the source of the expression.
 */
import type { Value } from './value.ts'

export interface Place {
  readonly start: number
  readonly end: number
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'

export type Node = Place &
  (
    | { readonly op: 'literal'; readonly value: Value }
    | { readonly op: 'name'; readonly name: string }
    | { readonly op: 'field'; readonly of: Node; readonly name: string; readonly nameAt: number }
    | { readonly op: 'index'; readonly of: Node; readonly at: Node }
    | Call
    | { readonly op: 'list'; readonly items: readonly Node[] }
    | { readonly op: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
    | { readonly op: 'choose'; readonly when: Node; readonly then: Node; readonly else: Node }
    | { readonly op: 'and' | 'or'; readonly left: Node; readonly right: Node }
    | { readonly op: 'not' | 'negate'; readonly of: Node }
    | {
        readonly op: 'binary'
        readonly operator: BinaryOperator
        readonly left: Node
        readonly right: Node
      }
  )

/** `name(args)`; a receiver, if there is one, is the first of `args` and `isMethod` is true. */
export interface Call {
  readonly op: 'call'
  readonly name: string
  readonly nameAt: number
  readonly args: readonly Node[]
  readonly isMethod: boolean
}
export type CallNode = Place & Call

/** A macro call taken apart. */
export type Macro =
  | { readonly kind: 'has'; readonly of: Node; readonly field: string }
  | { readonly kind: 'default'; readonly path: Node; readonly otherwise: Node }
  | { readonly kind: 'bind'; readonly variable: string; readonly value: Node; readonly body: Node }
  | {
      readonly kind: 'all' | 'exists' | 'exists_one' | 'filter' | 'map'
      readonly variable: string
      readonly list: Node
      /** The condition; absent for a `map` without one. */
      readonly when?: Node
      /** What `map` makes of an item. */
      readonly value?: Node
    }

/** `node` as a macro; `undefined` when it is a call of a function. */
export function macroOf(node: CallNode): Macro | undefined {
  const { name, args, isMethod } = node
  const [first, second, third, fourth] = args
  if (first === undefined) return undefined
  if (!isMethod) {
    if (name === 'has' && args.length === 1 && first.op === 'field') {
      return { kind: 'has', of: first.of, field: first.name }
    }
    return name === 'default' && second !== undefined && args.length === 2
      ? { kind: 'default', path: first, otherwise: second }
      : undefined
  }
  if (name === 'default' && second !== undefined && args.length === 2) {
    return { kind: 'default', path: first, otherwise: second }
  }
  if (second?.op !== 'name' || third === undefined) return undefined
  const variable = second.name
  if (name === 'bind' && first.op === 'name' && first.name === 'cel' && fourth !== undefined) {
    return { kind: 'bind', variable, value: third, body: fourth }
  }
  if (name === 'map' && args.length <= 4) {
    return fourth === undefined
      ? { kind: name, variable, list: first, value: third }
      : { kind: name, variable, list: first, when: third, value: fourth }
  }
  const isQuantifier =
    name === 'all' || name === 'exists' || name === 'exists_one' || name === 'filter'
  return isQuantifier && args.length === 3
    ? { kind: name, variable, list: first, when: third }
    : undefined
}

/** The nodes directly below `node`; of a macro, not the name it binds. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.op) {
    case 'literal':
    case 'name':
      return []
    case 'field':
    case 'not':
    case 'negate':
      return [node.of]
    case 'index':
      return [node.of, node.at]
    case 'list':
      return node.items
    case 'map':
      return node.entries.flat()
    case 'choose':
      return [node.when, node.then, node.else]
    case 'and':
    case 'or':
    case 'binary':
      return [node.left, node.right]
    case 'call': {
      const macro = macroOf(node)
      return macro === undefined ? node.args : childrenOfMacro(macro)
    }
  }
}

function childrenOfMacro(macro: Macro): readonly Node[] {
  if (macro.kind === 'has') return [macro.of]
  if (macro.kind === 'default') return [macro.path, macro.otherwise]
  if (macro.kind === 'bind') return [macro.value, macro.body]
  return [macro.list, macro.when, macro.value].filter((node) => node !== undefined)
}

/** How many nodes `node` has, itself included. */
export function countNodes(node: Node): number {
  return childrenOf(node).reduce((sum, child) => sum + countNodes(child), 1)
}

/** A chain of members: `steps.a.output[0]` is `steps` and `a`, `output`, 0. */
export interface Path {
  readonly root: string
  readonly keys: readonly (string | number)[]
}

/** `node` as a chain of constant members; `undefined` when it is anything else. */
export function pathOf(node: Node): Path | undefined {
  const keys: (string | number)[] = []
  let at = node
  while (at.op !== 'name') {
    if (at.op === 'field') keys.unshift(at.name)
    else if (at.op === 'index' && at.at.op === 'literal' && isKey(at.at.value)) {
      const key = at.at.value
      keys.unshift(typeof key === 'bigint' ? Number(key) : (key as string))
    } else return undefined
    at = at.of
  }
  return { root: at.name, keys }
}

function isKey(value: Value): boolean {
  return (
    typeof value === 'string' || (typeof value === 'bigint' && value >= 0n && value < 2n ** 32n)
  )
}
