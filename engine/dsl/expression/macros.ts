/**
 * The calls that do not evaluate all their arguments: loops over lists, `has`, `default`, `bind`.
 *
 * Each turn of a loop is paid for by the size of its body, so nested loops over long lists
 * end at the budget instead of never. `all` and `exists` absorb errors like `&&` and `||`.
 */
import { countNodes, type Macro, type Node } from './ast.ts'
import { charge, ExpressionFailure, type Frame } from './failure.ts'
import { absorbable, memberAt, toBool, type Context } from './operand.ts'
import { isRoot, type Eval } from './path.ts'
import { describe, entriesOf, findEntry, isList, isMap, type Value } from './value.ts'

type LoopKind = 'all' | 'exists' | 'exists_one' | 'filter' | 'map'

export function compileMacro(macro: Macro, context: Context): Eval {
  switch (macro.kind) {
    case 'has':
      return compileHas(macro.of, macro.field, context)
    case 'default':
      return compileDefault(macro.path, macro.otherwise, context)
    case 'bind': {
      const { slot, inner } = bind(macro.variable, context)
      const value = context.compile(macro.value, context)
      const body = context.compile(macro.body, inner)
      return (frame) => {
        frame.locals[slot] = value(frame)
        return body(frame)
      }
    }
    default:
      return compileLoop(macro, context)
  }
}

/** A slot for `variable`, which hides what had its name outside. */
function bind(variable: string, context: Context): { slot: number; inner: Context } {
  const { slots } = context
  const slot = Math.max(-1, ...slots.values()) + 1
  return { slot, inner: { ...context, slots: new Map([...slots, [variable, slot]]) } }
}

function compileHas(of: Node, field: string, context: Context): Eval {
  const map = context.compile(of, context)
  return (frame) => {
    const value = map(frame)
    if (!isMap(value)) throw new ExpressionFailure(`${describe(value)} has no fields`)
    return findEntry(value, field) !== undefined
  }
}

function compileDefault(path: Node, otherwise: Node, context: Context): Eval {
  const find = compileFind(path, context)
  const other = context.compile(otherwise, context)
  return (frame) => find(frame) ?? other(frame)
}

type Find = (frame: Frame) => Value | undefined

/** Like `compileNode`, but what is absent is `undefined` and costs no exception. */
function compileFind(node: Node, context: Context): Find {
  if (node.op === 'field') {
    const of = compileFind(node.of, context)
    return (frame) => findIn(of(frame), node.name)
  }
  if (node.op === 'index') {
    const of = compileFind(node.of, context)
    const at = context.compile(node.at, context)
    return (frame) => {
      const value = of(frame)
      return value === undefined ? undefined : findIn(value, at(frame))
    }
  }
  if (node.op === 'name' && isRoot(node.name) && !context.slots.has(node.name)) {
    const root = node.name
    return ({ scope }) => scope[root] as Value | undefined
  }
  return context.compile(node, context)
}

function findIn(of: Value | undefined, key: Value): Value | undefined {
  if (of === undefined || of === null) return undefined
  if (isList(of) && typeof key !== 'string') {
    const index = Number(key)
    return index >= 0 && index < of.length ? memberAt(of, key) : undefined
  }
  return isMap(of) ? findEntry(of, key) : undefined
}

function compileLoop(macro: Macro & { kind: LoopKind }, context: Context): Eval {
  const { slot, inner } = bind(macro.variable, context)
  const list = context.compile(macro.list, context)
  const when = macro.when === undefined ? undefined : context.compile(macro.when, inner)
  const value = macro.value === undefined ? undefined : context.compile(macro.value, inner)
  const cost = [macro.when, macro.value].reduce((sum, n) => sum + (n ? countNodes(n) : 0), 1)
  const turns = (frame: Frame): readonly Value[] => itemsOf(list(frame), macro.kind, frame)
  const passes = (frame: Frame, item: Value): boolean => {
    frame.locals[slot] = item
    charge(frame, cost)
    return when === undefined || toBool(when(frame), macro.kind)
  }
  switch (macro.kind) {
    case 'all':
      return quantifier({ turns, passes, decisive: false })
    case 'exists':
      return quantifier({ turns, passes, decisive: true })
    case 'exists_one':
      return (frame) => turns(frame).filter((item) => passes(frame, item)).length === 1
    case 'filter':
      return (frame) => turns(frame).filter((item) => passes(frame, item))
    case 'map':
      return (frame) => {
        const result: Value[] = []
        for (const item of turns(frame)) {
          if (passes(frame, item)) result.push((value as Eval)(frame))
        }
        return result
      }
  }
}

/** Stops at the first item that settles the answer; an error counts only if none does. */
function quantifier(options: {
  readonly turns: (frame: Frame) => readonly Value[]
  readonly passes: (frame: Frame, item: Value) => boolean
  readonly decisive: boolean
}): Eval {
  const { turns, passes, decisive } = options
  return (frame) => {
    let failure: ExpressionFailure | undefined
    for (const item of turns(frame)) {
      try {
        if (passes(frame, item) === decisive) return decisive
      } catch (thrown) {
        failure = absorbable(thrown, frame)
      }
    }
    if (failure !== undefined) throw failure
    return !decisive
  }
}

function itemsOf(value: Value, kind: string, frame: Frame): readonly Value[] {
  if (isList(value)) return value
  if (!isMap(value)) {
    throw new ExpressionFailure(`"${kind}" goes over a list or a map, not ${describe(value)}`)
  }
  const entries = entriesOf(value)
  charge(frame, entries.length)
  return entries.map(([key]) => key)
}
