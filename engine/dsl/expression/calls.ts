/**
 * What can be said about the calls of an expression without knowing any type: names that do
 * not exist, wrong numbers of arguments, patterns that cannot be used.
 */
import type { Fault } from './fault.ts'
import { parseRegex } from '#engine/core/regex.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import { childrenOf, macroOf, type CallNode, type Node } from './ast.ts'
import {
  findFunction,
  functionNames,
  isMacro,
  macros,
  takesCount,
} from '#engine/dsl/functions/table.ts'

/** Functions that CEL users look for and that are absent for a reason. */
const absentOnPurpose: Readonly<Record<string, string>> = {
  now: 'An expression reads no clock: a replay would see another time. Use run.startedAt.',
  today: 'An expression reads no clock: a replay would see another time. Use run.startedAt.',
  random: 'An expression has no chance in it: a replay would see another value.',
  uuid: 'An expression has no chance in it: a replay would see another value. Use run.id.',
  env: 'An expression sees no environment. Declare an input instead.',
  getenv: 'An expression sees no environment. Declare an input instead.',
  secret: 'An expression sees no secrets. Write { secret: NAME } as the parameter.',
  fromJSON: 'Values keep their type between steps, so there is nothing to parse.',
}

export function checkCalls(node: Node): readonly Fault[] {
  const below = childrenOf(node).flatMap(checkCalls)
  return node.op === 'call' ? [...checkCall(node), ...below] : below
}

function checkCall(node: CallNode): readonly Fault[] {
  if (macroOf(node) !== undefined) return []
  const spec = findFunction(node.name)
  if (spec === undefined) return [isMacro(node.name) ? wrongMacro(node) : unknown(node)]
  if (!takesCount(spec, node.args.length)) {
    return [typeFault(node, `"${node.name}" is called with ${count(node)}.`, spec.signature)]
  }
  const pattern = node.args[1]
  if (spec.name !== 'matches' || pattern?.op !== 'literal' || typeof pattern.value !== 'string') {
    return []
  }
  const regex = parseRegex(pattern.value)
  if (!('reason' in regex)) return []
  const message = `This pattern cannot be used: ${regex.reason.replace(/\.$/, '')}.`
  const help = 'Patterns have the syntax of RE2: no look-around and no back-references.'
  return [{ code: 'DSL_EXPRESSION_SYNTAX', message, help, start: pattern.start, end: pattern.end }]
}

function count({ args, isMethod }: CallNode): string {
  const given = isMethod ? args.length - 1 : args.length
  return given === 1 ? '1 argument' : `${given} arguments`
}

function wrongMacro(node: CallNode): Fault {
  const signature = macros.find((macro) => macro.name === node.name)?.signature ?? node.name
  return typeFault(node, `"${node.name}" is not used this way.`, signature)
}

function typeFault(node: CallNode, message: string, signature: string): Fault {
  const help = `Write it as ${signature}.`
  return { code: 'DSL_EXPRESSION_TYPE', message, help, start: node.start, end: node.end }
}

function unknown({ name, nameAt }: CallNode): Fault {
  const fault = {
    code: 'DSL_NAME_UNKNOWN',
    message: `There is no function "${name}".`,
    start: nameAt,
    end: nameAt + name.length,
  } as const
  const reason = Object.hasOwn(absentOnPurpose, name) ? absentOnPurpose[name] : undefined
  if (reason !== undefined) return { ...fault, help: reason }
  const near = suggest(name, functionNames())
  if (near === undefined) return { ...fault, help: 'docs/reference/expressions.md lists them all.' }
  return { ...fault, help: `Did you mean "${near}"?`, replacement: near }
}
