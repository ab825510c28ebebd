/**
 * Walks a syntax tree and finds its type, the names that do not exist and the operands that
 * can never fit.
 *
 * Silent about what is not known: a value of type `any` fits everywhere. After a fault the
 * rest of the tree is of type `any`, so one mistake is told once.
 */
import type { Fault } from '#engine/dsl/expression/fault.ts'
import {
  childrenOf,
  macroOf,
  pathOf,
  type CallNode,
  type Macro,
  type Node,
} from '#engine/dsl/expression/ast.ts'
import { kindOf, type Kind } from '#engine/dsl/expression/value.ts'
import { typeNames } from '#engine/dsl/functions/conversions.ts'
import { findFunction, paramAt } from '#engine/dsl/functions/table.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import { typeOfField, typeOfIndex } from './member.ts'
import { typeOfBinary } from './operators.ts'
import {
  alternatives,
  any,
  fieldsOf,
  listOf,
  mapOf,
  mayBe,
  printType,
  simple,
  unionOf,
  type Explained,
  type Type,
} from './type.ts'

export interface TypeEnv {
  /** What an expression can see here, by name. */
  readonly variables: ReadonlyMap<string, Type>
  /** Says why a name that exists elsewhere cannot be seen here. */
  readonly explain?: (name: string) => Explained | undefined
}

/** The type of a whole expression and everything that is wrong in it. */
export function inferExpression(
  node: Node,
  env: TypeEnv,
): { readonly type: Type; readonly faults: readonly Fault[] } {
  const faults: Fault[] = []
  const type = inferNode(node, env, faults)
  return { type, faults: [...faults, ...bareSteps(node)] }
}

/** `steps` without the name of one: what it depends on could not be known before the run. */
function bareSteps(node: Node): readonly Fault[] {
  const path = pathOf(node)
  if (path?.root !== 'steps') return childrenOf(node).flatMap(bareSteps)
  if (path.keys.length > 0) return []
  const fault = typeFault(node, '"steps" needs the name of a step after it.')
  return [{ ...fault, help: 'Write steps.<id>.output, with the id itself.' }]
}

/** The type of `node`; what is wrong with it is added to `faults`. */
function inferNode(node: Node, env: TypeEnv, faults: Fault[]): Type {
  switch (node.op) {
    case 'literal':
      return simple(kindOf(node.value) as Exclude<Kind, 'list' | 'map'>)
    case 'name':
      return typeOfName(node, env, faults)
    case 'field': {
      const path = pathOf(node)
      if (path?.root === 'google' && !env.variables.has('google')) return simple('type')
      return typeOfField(inferNode(node.of, env, faults), node, faults)
    }
    case 'index': {
      const of = inferNode(node.of, env, faults)
      return typeOfIndex({ of, at: inferNode(node.at, env, faults), node, faults })
    }
    case 'list':
      return listOf(unionOf(node.items.map((item) => inferNode(item, env, faults))))
    case 'map':
      return typeOfMap(node.entries, env, faults)
    case 'choose': {
      needBool(node.when, '? :', { env, faults })
      return unionOf([inferNode(node.then, env, faults), inferNode(node.else, env, faults)])
    }
    case 'and':
    case 'or':
      needBool(node.left, node.op === 'and' ? '&&' : '||', { env, faults })
      needBool(node.right, node.op === 'and' ? '&&' : '||', { env, faults })
      return simple('bool')
    case 'not':
      needBool(node.of, '!', { env, faults })
      return simple('bool')
    case 'negate':
      return typeOfNegation(node.of, env, faults)
    case 'binary':
      return typeOfOperation(node, env, faults)
    case 'call':
      return typeOfCall(node, env, faults)
  }
}

function typeOfName(node: Node & { op: 'name' }, env: TypeEnv, faults: Fault[]): Type {
  const { name, start, end } = node
  const type = env.variables.get(name)
  if (type !== undefined) return type
  if (typeNames.has(name)) return simple('type')
  const explained = env.explain?.(name)
  if (explained !== undefined) {
    faults.push({ ...explained, start, end })
    return any
  }
  const near = suggest(name, env.variables.keys())
  const known = [...env.variables.keys()].map((each) => `"${each}"`).join(', ')
  faults.push({
    code: 'DSL_NAME_UNKNOWN',
    message: `There is no variable "${name}" here.`,
    help: near === undefined ? `Known here: ${known}.` : `Did you mean "${near}"?`,
    start,
    end,
    ...(near === undefined ? {} : { replacement: near }),
  })
  return any
}

function typeOfMap(
  entries: readonly (readonly [Node, Node])[],
  env: TypeEnv,
  faults: Fault[],
): Type {
  const typed = entries.map(([key, value]) => {
    inferNode(key, env, faults)
    return [key, inferNode(value, env, faults)] as const
  })
  const fields = typed.flatMap(([key, type]) =>
    key.op === 'literal' && typeof key.value === 'string'
      ? [[key.value, { type, isOptional: false }] as const]
      : [],
  )
  if (fields.length < entries.length) return mapOf(unionOf(typed.map(([, type]) => type)))
  return { kind: 'map', fields: fieldsOf(fields) }
}

interface Walk {
  readonly env: TypeEnv
  readonly faults: Fault[]
}

function needBool(node: Node, operator: string, { env, faults }: Walk): void {
  const type = inferNode(node, env, faults)
  if (mayBe(type, ['bool'])) return
  faults.push({
    ...typeFault(node, `"${operator}" needs true or false; this is ${printType(type)}.`),
    help: 'Compare it with something, for example size(x) > 0 or x != "".',
  })
}

function typeOfNegation(of: Node, env: TypeEnv, faults: Fault[]): Type {
  const type = inferNode(of, env, faults)
  if (mayBe(type, ['number', 'int', 'duration'])) return type
  faults.push(typeFault(of, `"-" needs a number; this is ${printType(type)}.`))
  return any
}

function typeOfOperation(node: Node & { op: 'binary' }, env: TypeEnv, faults: Fault[]): Type {
  const { operator } = node
  const left = inferNode(node.left, env, faults)
  const right = inferNode(node.right, env, faults)
  const result = typeOfBinary(operator, left, right)
  if (result !== undefined) return result
  const [a, b] = [printType(left), printType(right)]
  const isEquality = operator === '==' || operator === '!='
  const message = isEquality
    ? `"${operator}" compares ${a} with ${b}, which are never equal.`
    : operator === 'in'
      ? `"in" needs a list or a map on its right; this is ${b}.`
      : `"${operator}" has no meaning between ${a} and ${b}.`
  const fault = typeFault(node, message)
  const isText = operator === '+' && [a, b].includes('string')
  faults.push(isText ? { ...fault, help: 'Make a text of the other side with string(…).' } : fault)
  return isEquality ? simple('bool') : any
}

function typeOfCall(node: CallNode, env: TypeEnv, faults: Fault[]): Type {
  const macro = macroOf(node)
  if (macro !== undefined) return typeOfMacro(macro, env, faults)
  const spec = findFunction(node.name)
  const args = node.args.map((arg) => inferNode(arg, env, faults))
  if (spec === undefined) return any
  let isFit = true
  args.forEach((type, i) => {
    const param = paramAt(spec, i)
    if (param === 'any' || mayBe(type, param)) return
    isFit = false
    const wanted = param.join(' or ')
    const message = `"${spec.name}" takes ${wanted} here; this is ${printType(type)}.`
    faults.push({
      ...typeFault(node.args[i] as Node, message),
      help: `Write it as ${spec.signature}.`,
    })
  })
  return isFit ? spec.result(args) : any
}

function typeOfMacro(macro: Macro, env: TypeEnv, faults: Fault[]): Type {
  switch (macro.kind) {
    case 'has': {
      // The field may be absent: that is what is asked. One that cannot exist is still told.
      const of = inferNode(macro.of, env, faults)
      if (!mayBe(of, ['map'])) {
        faults.push(typeFault(macro.of, `"has" asks a map for a field; this is ${printType(of)}.`))
      }
      return simple('bool')
    }
    case 'default': {
      const path = alternatives(inferNode(macro.path, env, faults))
      const other = inferNode(macro.otherwise, env, faults)
      return unionOf([...path.filter(({ kind }) => kind !== 'null'), other])
    }
    case 'bind': {
      const value = inferNode(macro.value, env, faults)
      return inferNode(macro.body, within(env, macro.variable, value), faults)
    }
    default:
      return typeOfLoop(macro, env, faults)
  }
}

function within(env: TypeEnv, name: string, type: Type): TypeEnv {
  return { ...env, variables: new Map([...env.variables, [name, type]]) }
}

function typeOfLoop(
  macro: Macro & { kind: 'all' | 'exists' | 'exists_one' | 'filter' | 'map' },
  env: TypeEnv,
  faults: Fault[],
): Type {
  const list = inferNode(macro.list, env, faults)
  if (!mayBe(list, ['list', 'map'])) {
    const message = `"${macro.kind}" goes over a list or a map; this is ${printType(list)}.`
    faults.push(typeFault(macro.list, message))
  }
  const item = unionOf(
    alternatives(list).map((t) =>
      t.kind === 'list' ? t.items : t.kind === 'map' ? simple('string') : any,
    ),
  )
  const inner = within(env, macro.variable, item)
  if (macro.when !== undefined) needBool(macro.when, macro.kind, { env: inner, faults })
  if (macro.kind === 'filter') return listOf(item)
  if (macro.kind !== 'map') return simple('bool')
  return listOf(macro.value === undefined ? any : inferNode(macro.value, inner, faults))
}

function typeFault(node: Node, message: string): Fault {
  return { code: 'DSL_EXPRESSION_TYPE', message, start: node.start, end: node.end }
}
