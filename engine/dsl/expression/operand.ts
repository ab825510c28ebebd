/**
 * What compiled nodes share: reading a member, needing a truth value, absorbing an error.
 */
import type { Node } from './ast.ts'
import { charge, ExpressionFailure, type Frame } from './failure.ts'
import { absent, type Eval } from './path.ts'
import { describe, findEntry, isList, isMap, toIndex, type Value } from './value.ts'

/** What the closures of a tree have to know while they are made. */
export interface Context {
  /** The variables of the macros around the node, by name. */
  readonly slots: ReadonlyMap<string, number>
  /** Compiles a node below. */
  readonly compile: (node: Node, context: Context) => Eval
}

/** `of[at]`; a failure of kind `absent` when there is none. */
export function memberAt(of: Value, at: Value): Value {
  if (isList(of)) {
    const index = toIndex(at)
    const item = of[index]
    if (item === undefined) throw absent(of, '', index)
    return item
  }
  if (!isMap(of)) throw new ExpressionFailure(`${describe(of)} has no members`, 'absent')
  const found = findEntry(of, at)
  if (found === undefined) throw absent(of, '', typeof at === 'string' ? at : describe(at))
  return found
}

/** `value` where true or false is needed; there is no truthiness. */
export function toBool(value: Value, operator: string): boolean {
  if (typeof value === 'boolean') return value
  throw new ExpressionFailure(`"${operator}" needs true or false, not ${describe(value)}`)
}

/** Absorbing an error is dear, so that a loop of errors ends soon. */
const absorptionCost = 250

/** `thrown`, when another side may overrule it; throws everything else on. */
export function absorbable(thrown: unknown, frame: Frame): ExpressionFailure {
  if (!(thrown instanceof ExpressionFailure) || thrown.kind === 'cost') throw thrown
  charge(frame, absorptionCost)
  return thrown
}
