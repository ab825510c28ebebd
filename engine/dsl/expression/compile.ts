/**
 * Turns a syntax tree into closures: parsed once, then only called.
 *
 * Every closure is pure but for the budget of its frame, so an evaluation depends on the
 * scope alone and always ends. `&&` and `||` absorb an error of one side when the other side
 * decides, as CEL wants it; an exhausted budget is never absorbed.
 */
import { add, divide, modulo, multiply, negate, subtract } from './arithmetic.ts'
import { macroOf, type CallNode, type Node } from './ast.ts'
import { equal, isIn, order } from './compare.ts'
import { typeNames } from '#engine/dsl/functions/conversions.ts'
import { ExpressionFailure } from './failure.ts'
import {
  findFunction,
  paramAt,
  type FunctionSpec,
  type Param,
} from '#engine/dsl/functions/table.ts'
import { compileMacro } from './macros.ts'
import { absorbable, memberAt, toBool, type Context } from './operand.ts'
import { absent, compilePath, isRoot, type Eval } from './path.ts'
import { matches, regexOf } from '#engine/dsl/functions/texts.ts'
import {
  describe,
  findEntry,
  isMap,
  kindOf,
  mapKey,
  setOwn,
  type MapKey,
  type Value,
} from './value.ts'

/** Compiles a whole tree. */
export function compileTree(node: Node): Eval {
  return compileNode(node, { slots: new Map(), compile: compileNode })
}

function compileNode(node: Node, context: Context): Eval {
  const run = compileOne(node, context)
  return (frame) => {
    try {
      return run(frame)
    } catch (thrown) {
      if (thrown instanceof ExpressionFailure && thrown.start === undefined) {
        thrown.start = node.start
        thrown.end = node.end
      }
      throw thrown
    }
  }
}

function compileOne(node: Node, context: Context): Eval {
  switch (node.op) {
    case 'literal': {
      const { value } = node
      return () => value
    }
    case 'name':
      return compileName(node.name, context)
    case 'field':
      return compileField(node, context)
    case 'index':
      return compileIndex(node, context)
    case 'list': {
      const items = node.items.map((item) => compileOne(item, context))
      return (frame) => items.map((item) => item(frame))
    }
    case 'map':
      return compileMap(node.entries, context)
    case 'choose':
      return compileChoice(node, context)
    case 'and':
      return compileLogic({ node, decisive: false, context })
    case 'or':
      return compileLogic({ node, decisive: true, context })
    case 'not': {
      const of = compileNode(node.of, context)
      return (frame) => !toBool(of(frame), '!')
    }
    case 'negate': {
      const of = compileNode(node.of, context)
      return (frame) => negate(of(frame))
    }
    case 'binary':
      return compileBinary(node, context)
    case 'call':
      return compileCall(node, context)
  }
}

/** A macro variable, a root, an `as` name or a type, in this order. */
function compileName(name: string, { slots }: Context): Eval {
  const slot = slots.get(name)
  if (slot !== undefined) return (frame) => frame.locals[slot] as Value
  const path = compilePath({ op: 'name', name, start: 0, end: 0 })
  if (path !== undefined) return path
  const type = typeNames.get(name)
  return ({ scope }) => {
    if (scope.names !== undefined && Object.hasOwn(scope.names, name)) {
      return scope.names[name] as Value
    }
    if (type !== undefined) return type
    throw new ExpressionFailure(`there is no variable "${name}"`, 'absent')
  }
}

function compileField(node: Node & { op: 'field' }, context: Context): Eval {
  const fast = isShadowed(node, context) ? undefined : compilePath(node)
  if (fast !== undefined) return fast
  const type = protobufType(node)
  if (type !== undefined) return () => type
  const of = compileNode(node.of, context)
  const { name } = node
  return (frame) => {
    const value = of(frame)
    const found = isMap(value) ? findEntry(value, name) : undefined
    if (found === undefined) throw absent(value, '', name)
    return found
  }
}

/** Whether the chain starts at a macro variable that has the name of a root. */
function isShadowed(node: Node, { slots }: Context): boolean {
  let at = node
  while (at.op === 'field' || at.op === 'index') at = at.of
  return at.op === 'name' && isRoot(at.name) && slots.has(at.name)
}

function protobufType(node: Node & { op: 'field' }): Value | undefined {
  const { of } = node
  if (of.op !== 'field' || of.of.op !== 'name') return undefined
  return typeNames.get(`${of.of.name}.${of.name}.${node.name}`)
}

function compileIndex(node: Node & { op: 'index' }, context: Context): Eval {
  const fast = isShadowed(node, context) ? undefined : compilePath(node)
  if (fast !== undefined) return fast
  const of = compileNode(node.of, context)
  const at = compileNode(node.at, context)
  return (frame) => memberAt(of(frame), at(frame))
}

function compileMap(entries: readonly (readonly [Node, Node])[], context: Context): Eval {
  const pairs = entries.map(
    ([key, value]) => [compileOne(key, context), compileOne(value, context)] as const,
  )
  const names = entries.map(([key]) => (key.op === 'literal' ? key.value : undefined))
  const isPlain = names.every((name) => typeof name === 'string')
  if (isPlain && new Set(names).size === names.length) {
    return (frame) => {
      const result: Record<string, Value> = {}
      pairs.forEach(([, value], i) => setOwn(result, names[i] as string, value(frame)))
      return result
    }
  }
  return (frame) => {
    const result = new Map<MapKey, readonly [Value, Value]>()
    for (const [key, value] of pairs) {
      const name = key(frame)
      const normal = typeof name === 'number' ? undefined : mapKey(name)
      if (normal === undefined) {
        throw new ExpressionFailure(`${describe(name)} cannot be a key of a map`)
      }
      if (result.has(normal))
        throw new ExpressionFailure(`a map has the key ${describe(name)} twice`)
      result.set(normal, [name, value(frame)])
    }
    return result
  }
}

function compileChoice(node: Node & { op: 'choose' }, context: Context): Eval {
  const when = compileNode(node.when, context)
  const then = compileOne(node.then, context)
  const otherwise = compileOne(node.else, context)
  return (frame) => (toBool(when(frame), '? :') ? then(frame) : otherwise(frame))
}

function compileLogic(options: {
  readonly node: Node & { op: 'and' | 'or' }
  /** The value of one side that settles the result. */
  readonly decisive: boolean
  readonly context: Context
}): Eval {
  const { node, decisive, context } = options
  const operator = decisive ? '||' : '&&'
  const left = compileNode(node.left, context)
  const right = compileNode(node.right, context)
  return (frame) => {
    let failure: ExpressionFailure
    try {
      if (toBool(left(frame), operator) === decisive) return decisive
      return toBool(right(frame), operator)
    } catch (thrown) {
      failure = absorbable(thrown, frame)
    }
    if (right(frame) === decisive) return decisive
    throw failure
  }
}

function compileBinary(node: Node & { op: 'binary' }, context: Context): Eval {
  const left = compileNode(node.left, context)
  const right = compileNode(node.right, context)
  switch (node.operator) {
    case '+':
      return (frame) => add(left(frame), right(frame), frame)
    case '-':
      return (frame) => subtract(left(frame), right(frame))
    case '*':
      return (frame) => multiply(left(frame), right(frame))
    case '/':
      return (frame) => divide(left(frame), right(frame))
    case '%':
      return (frame) => modulo(left(frame), right(frame))
    case '==':
      return (frame) => equal(left(frame), right(frame), frame)
    case '!=':
      return (frame) => !equal(left(frame), right(frame), frame)
    case '<':
      return (frame) => order(left(frame), right(frame), '<') < 0
    case '<=':
      return (frame) => order(left(frame), right(frame), '<=') <= 0
    case '>':
      return (frame) => order(left(frame), right(frame), '>') > 0
    case '>=':
      return (frame) => order(left(frame), right(frame), '>=') >= 0
    case 'in':
      return (frame) => isIn(left(frame), right(frame), frame)
  }
}

function compileCall(node: CallNode, context: Context): Eval {
  const macro = macroOf(node)
  if (macro !== undefined) return compileMacro(macro, context)
  const spec = findFunction(node.name)
  if (spec === undefined) {
    throw new ExpressionFailure(`there is no function "${node.name}"`)
  }
  const args = node.args.map((arg) => compileNode(arg, context))
  const pattern = node.args[1]
  if (spec.name === 'matches' && pattern?.op === 'literal' && typeof pattern.value === 'string') {
    return compileMatches(args[0] as Eval, pattern.value, spec)
  }
  return (frame) => {
    const values = args.map((arg) => arg(frame))
    for (let i = 0; i < values.length; i++) {
      checkKind({ spec, index: i, value: values[i] as Value, param: paramAt(spec, i) })
    }
    return spec.call(values, frame)
  }
}

/** A pattern that is known now is compiled now; its own cost is not the run's. */
function compileMatches(subject: Eval, pattern: string, spec: FunctionSpec): Eval {
  const regex = regexOf(pattern, {
    scope: { inputs: null, steps: {}, run: null },
    locals: [],
    cost: 1e6,
  })
  return (frame) => {
    const value = subject(frame)
    checkKind({ spec, index: 0, value, param: ['string'] })
    return matches(value as string, regex, frame)
  }
}

function checkKind(options: {
  readonly spec: FunctionSpec
  readonly index: number
  readonly value: Value
  readonly param: Param
}): void {
  const { spec, index, value, param } = options
  if (param === 'any' || param.includes(kindOf(value))) return
  const wanted = param.join(' or ')
  const which = index === 0 ? '' : ` as argument ${index + 1}`
  throw new ExpressionFailure(`"${spec.name}" takes ${wanted}${which}, not ${describe(value)}`)
}
