/**
 * One expression (`${{ … }}` without its braces): text to a tree, and a tree to a closure.
 *
 * The only door to the CEL parser. What the parser gives is copied into our own tree
 * (`expression/ast.ts`) and evaluated by our own closures, because a library's evaluator
 * cannot be interrupted, backtracks in `matches` and reads prototypes. Whether names and
 * types fit is not asked here (`typing/schema.ts`, `names.ts`).
 */
import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js'

import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { childrenOf, macroOf, type BinaryOperator, type Node } from '#engine/dsl/expression/ast.ts'
import { checkCalls } from '#engine/dsl/expression/calls.ts'
import { compileTree } from '#engine/dsl/expression/compile.ts'
import { ExpressionFailure, type Frame } from '#engine/dsl/expression/failure.ts'
import type { Fault } from '#engine/dsl/expression/fault.ts'
import { toJson } from '#engine/dsl/expression/json.ts'
import { compilePath, givesJson } from '#engine/dsl/expression/path.ts'
import { Uint, type Value } from '#engine/dsl/expression/value.ts'

import type { Scope } from './template.ts'

export type Parsed =
  | { readonly node: Node; readonly faults: readonly [] }
  | { readonly node?: undefined; readonly faults: readonly Fault[] }

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: {
    maxAstNodes: limits.expressionNodesMax,
    maxDepth: limits.expressionDepthMax,
    maxListElements: limits.expressionNodesMax,
    maxMapEntries: limits.expressionNodesMax,
    maxCallArguments: 32,
  },
})

/** Parses `source` and checks its limits and the functions it calls. Never throws. */
export function parseExpression(source: string): Parsed {
  if (source.length > limits.expressionCharsMax) {
    return refused('DSL_EXPRESSION_LIMIT', source, {
      message: `This expression is longer than ${limits.expressionCharsMax} characters.`,
      help: 'Move the work into a transform step.',
    })
  }
  if (source.trim() === '') {
    return refused('DSL_EXPRESSION_SYNTAX', source, { message: 'This expression is empty.' })
  }
  if (!source.isWellFormed()) {
    const message = 'This expression holds half of a character (a lone surrogate).'
    return refused('DSL_EXPRESSION_SYNTAX', source, { message })
  }
  let node: Node
  try {
    node = copy(environment.parse(source).ast)
  } catch (thrown) {
    return { faults: [faultOf(thrown, source)] }
  }
  const faults = [...checkDepth(node, source), ...checkCalls(node)]
  return faults.length > 0 ? { faults } : { node, faults: [] }
}

function refused(
  code: Code,
  source: string,
  { message, help }: { readonly message: string; readonly help?: string },
): Parsed {
  const fault = { code, message, start: 0, end: source.length }
  return { faults: [help === undefined ? fault : { ...fault, help }] }
}

function faultOf(thrown: unknown, source: string): Fault {
  const whole = { start: 0, end: source.length }
  if (thrown instanceof RangeError) {
    return {
      code: 'DSL_EXPRESSION_LIMIT',
      message: 'This expression is nested too deeply.',
      ...whole,
    }
  }
  if (!(thrown instanceof ParseError)) throw thrown
  const range = thrown.range ?? whole
  if (thrown.code === 'limit_exceeded') {
    const message = 'This expression is too large or nested too deeply.'
    const help = 'Split it over several "let" steps, or move the work into a transform step.'
    return { code: 'DSL_EXPRESSION_LIMIT', message, help, start: range.start, end: range.end }
  }
  const word = source.slice(range.start, range.end)
  if (thrown.code === 'reserved_identifier') {
    const message = `CEL keeps the word "${word}" for itself.`
    const fault = { code: 'DSL_EXPRESSION_SYNTAX', message, ...range } as const
    return word === 'loop' ? { ...fault, help: 'Did you mean "turn"?', replacement: 'turn' } : fault
  }
  const message = `This is not a CEL expression: ${thrown.summary.replace(/\.$/, '')}.`
  return { code: 'DSL_EXPRESSION_SYNTAX', message, start: range.start, end: range.end }
}

/** Copies the parser's tree. `node.args` has the shape that the parser documents for each `op`. */
function copy(ast: ASTNode): Node {
  const place = { start: ast.start, end: ast.end }
  switch (ast.op) {
    case 'value':
      return { op: 'literal', value: literal(ast.args, ast), ...place }
    case 'id':
      return { op: 'name', name: ast.args, ...place }
    case '.':
      return {
        op: 'field',
        of: copy(ast.args[0]),
        name: ast.args[1],
        nameAt: ast.pos,
        ...place,
      }
    case '[]':
      return { op: 'index', of: copy(ast.args[0]), at: copy(ast.args[1]), ...place }
    case 'call': {
      const args = ast.args[1].map(copy)
      return {
        op: 'call',
        name: ast.args[0],
        nameAt: ast.start,
        args,
        isMethod: false,
        ...place,
      }
    }
    case 'rcall': {
      const args = [ast.args[1], ...ast.args[2]].map(copy)
      const nameAt = ast.input.indexOf(ast.args[0], ast.args[1].end)
      return { op: 'call', name: ast.args[0], nameAt, args, isMethod: true, ...place }
    }
    case 'list':
      return { op: 'list', items: ast.args.map(copy), ...place }
    case 'map':
      return { op: 'map', entries: ast.args.map(([k, v]) => [copy(k), copy(v)] as const), ...place }
    case '?:': {
      const [when, then, otherwise] = ast.args
      return { op: 'choose', when: copy(when), then: copy(then), else: copy(otherwise), ...place }
    }
    case '&&':
      return { op: 'and', left: copy(ast.args[0]), right: copy(ast.args[1]), ...place }
    case '||':
      return { op: 'or', left: copy(ast.args[0]), right: copy(ast.args[1]), ...place }
    case '!_':
      return { op: 'not', of: copy(ast.args), ...place }
    case '-_':
      return negated(ast.args, place)
    default:
      return copyBinary(ast as Extract<ASTNode, { op: BinaryOperator }>, place)
  }
}

function copyBinary(
  ast: Extract<ASTNode, { op: BinaryOperator }>,
  place: { readonly start: number; readonly end: number },
): Node {
  const [left, right] = ast.args
  return { op: 'binary', operator: ast.op, left: copy(left), right: copy(right), ...place }
}

const intMin = -(2n ** 63n)

/** Minus and a whole number are one literal, so that the smallest int can be written. */
function negated(of: ASTNode, place: { readonly start: number; readonly end: number }): Node {
  if (of.op === 'value' && typeof of.args === 'bigint' && -of.args >= intMin) {
    return { op: 'literal', value: -of.args, ...place }
  }
  return { op: 'negate', of: copy(of), ...place }
}

function literal(value: unknown, ast: ASTNode): Value {
  // The parser keeps the low byte of each character; what that drops must not pass unseen.
  if (value instanceof Uint8Array && /[^\0-\x7f]/.test(ast.input.slice(ast.start, ast.end))) {
    throw new ParseError('Bytes are written in ASCII; use bytes("…") for other text', ast)
  }
  if (typeof value === 'bigint' && value > 2n ** 63n - 1n) {
    throw new ParseError('This whole number is larger than 64 bits hold', ast)
  }
  const isUint = typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
  return isUint ? new Uint((value as { readonly value: bigint }).value) : (value as Value)
}

function checkDepth(node: Node, source: string): readonly Fault[] {
  if (macroDepth(node) <= limits.expressionMacroDepthMax) return []
  return [
    {
      code: 'DSL_EXPRESSION_LIMIT',
      message: `Macros are nested more than ${limits.expressionMacroDepthMax} deep here.`,
      help: 'Put the inner list into a "let" step, or move the work into a transform step.',
      start: 0,
      end: source.length,
    },
  ]
}

function macroDepth(node: Node): number {
  const macro = node.op === 'call' ? macroOf(node) : undefined
  if (macro === undefined || !('list' in macro)) {
    return Math.max(0, ...childrenOf(node).map(macroDepth))
  }
  const inside = [macro.when, macro.value].filter((n) => n !== undefined)
  return Math.max(macroDepth(macro.list), 1 + Math.max(...inside.map(macroDepth)))
}

/** An expression ready to be evaluated; throws only `IonError` `RUN_EXPRESSION_FAILED`. */
export type Evaluate = (scope: Scope) => Json

/**
 * Compiles `source`. `at` is the place of the template it is in, for messages.
 *
 * A source that does not parse was refused by the checker; here it is an `IonError`.
 */
export function compileExpression(source: string, at = ''): Evaluate {
  const { node, faults } = parseExpression(source)
  if (node === undefined) {
    const first = faults[0] as Fault
    throw failed({ source, at }, { message: first.message, start: first.start, end: first.end })
  }
  const path = compilePath(node)
  const run = path ?? compileTree(node)
  const convert = givesJson(node) ? (value: Value) => value as Json : toJson
  return (scope) => {
    const frame: Frame = { scope, locals: [], cost: limits.expressionCostMax }
    try {
      const value = run(frame)
      return typeof value === 'string' || typeof value === 'boolean' ? value : convert(value, frame)
    } catch (thrown) {
      throw failed({ source, at }, thrown)
    }
  }
}

/** An error that names the expression and the place in it. */
function failed(
  where: { readonly source: string; readonly at: string },
  thrown: unknown,
): IonError {
  const shown = where.source.length > 120 ? where.source.slice(0, 119) + '…' : where.source
  const { message, start, end } = reasonOf(thrown)
  const data = { expression: shown, at: where.at }
  return new IonError('RUN_EXPRESSION_FAILED', `The expression "${shown}" failed: ${message}.`, {
    data: start === undefined ? data : { ...data, start, end: end ?? start },
    cause: thrown,
  })
}

function reasonOf(thrown: unknown): {
  message: string
  start?: number | undefined
  end?: number | undefined
} {
  if (thrown instanceof ExpressionFailure) return thrown
  if (thrown instanceof RangeError)
    return { message: 'its values are nested too deeply or too large' }
  if (thrown instanceof Error) throw thrown
  const fault = thrown as { message: string; start: number; end: number }
  return { ...fault, message: fault.message.replace(/\.$/, '') }
}
