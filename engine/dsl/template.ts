/**
 * A template: a value of a flow file in which `${{ … }}` has been found and parsed,
 * as plain data. A scalar that is exactly one expression keeps its type; mixed text
 * is a list of parts that is joined, never parsed again (DESIGN 4).
 *
 * Pure. What an expression may say is `expression.ts`; whether its names and types fit
 * is `names.ts` and `typing/schema.ts`.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { childrenOf, pathOf, type Node } from '#engine/dsl/expression/ast.ts'
import { problemOf } from '#engine/dsl/expression/fault.ts'
import { scanScalar, type Part } from '#engine/dsl/expression/scan.ts'
import { setOwn } from '#engine/dsl/expression/value.ts'

import { compileExpression, parseExpression, type Evaluate } from './expression.ts'

/** What calling an action may do to the world (DESIGN 4). */
export type Effects = 'pure' | 'read' | 'idempotent' | 'unsafe'

export type Template =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'expression'; readonly source: string }
  | { readonly kind: 'text'; readonly parts: readonly (string | { readonly source: string })[] }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, Template])[] }
  | { readonly kind: 'secret'; readonly name: string }

/** What an expression can see. Every part is plain JSON. */
export interface Scope {
  readonly inputs: Json
  /** Only steps that the expression names need to be here. */
  readonly steps: Readonly<Record<string, { readonly output: Json }>>
  /** The branches that the branch around the step needs. */
  readonly branches?: Readonly<Record<string, { readonly output: Json }>>
  readonly event?: Json
  /** `{ id, flow, startedAt, commit? }`: facts that never change during a run. */
  readonly run: Json
  /** `{ code, message, data }` inside a `catch`. */
  readonly error?: Json
  /** `{ index, previous }` inside `each` and `while`; `previous` is the last turn's output or null. */
  readonly turn?: Json
  /** The `as` names of the `each` blocks around the step. */
  readonly names?: Readonly<Record<string, Json>>
}

/** A value read as a template, and what is wrong in it. */
export interface ParsedTemplate {
  readonly template: Template
  readonly problems: readonly Problem[]
  /** Every expression of `template`, in its order, with its place. */
  readonly expressions: readonly LocatedExpression[]
}

export interface LocatedExpression {
  readonly source: string
  /** JSON Pointer of the scalar that it is in. */
  readonly at: string
  /** Where `source` starts in the value of the scalar, in UTF-16 units. */
  readonly offset: number
}

/**
 * Reads `value`, which stands at the pointer `at`, as a template.
 *
 * Never throws: a scalar with a broken expression is kept as the text it is, and the problem
 * says why. Problems carry `within`, the range inside the value of the scalar at `at`.
 */
export function parseTemplate(value: Json, at: string): ParsedTemplate {
  const reading: Reading = { problems: [], expressions: [] }
  const template = readValue(value, at, reading)
  return { template, ...reading }
}

interface Reading {
  readonly problems: Problem[]
  readonly expressions: LocatedExpression[]
}

function readValue(value: Json, at: string, reading: Reading): Template {
  if (typeof value === 'string') return readScalar(value, at, reading)
  if (Array.isArray(value)) {
    const items = value.map((item, i) => readValue(item as Json, at + pointer(i), reading))
    const isConstant = items.every((item) => item.kind === 'value')
    return isConstant ? { kind: 'value', value: items.map(constantOf) } : { kind: 'list', items }
  }
  if (!isObject(value)) return { kind: 'value', value }
  const keys = Object.keys(value)
  const secret = value['secret']
  if (
    keys.length === 1 &&
    typeof secret === 'string' &&
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(secret)
  ) {
    return { kind: 'secret', name: secret }
  }
  const entries = keys.map(
    (key) => [key, readValue(value[key] as Json, at + pointer(key), reading)] as const,
  )
  if (!entries.every(([, entry]) => entry.kind === 'value')) return { kind: 'map', entries }
  return { kind: 'value', value: Object.fromEntries(entries.map(([k, v]) => [k, constantOf(v)])) }
}

function constantOf(template: Template): Json {
  return template.kind === 'value' ? template.value : null
}

function readScalar(text: string, at: string, reading: Reading): Template {
  const { parts, problem } = scanScalar(text)
  if (problem !== undefined) {
    addProblem(reading, problemOf(problem, { at, offset: 0 }))
    return { kind: 'value', value: text }
  }
  let isBroken = false
  for (const part of parts) {
    if (typeof part === 'string') continue
    const { faults } = parseExpression(part.source)
    for (const fault of faults) addProblem(reading, problemOf(fault, { at, offset: part.offset }))
    isBroken ||= faults.length > 0
  }
  if (isBroken) return { kind: 'value', value: text }
  for (const part of parts) {
    if (typeof part !== 'string') reading.expressions.push({ ...part, at })
  }
  return templateOf(parts)
}

function templateOf(parts: readonly Part[]): Template {
  const [only] = parts
  if (parts.every((part) => typeof part === 'string')) {
    return { kind: 'value', value: parts.join('') }
  }
  if (parts.length === 1 && typeof only === 'object') {
    return { kind: 'expression', source: only.source }
  }
  const plain = parts.map((part) => (typeof part === 'string' ? part : { source: part.source }))
  return { kind: 'text', parts: plain }
}

function addProblem(reading: Reading, problem: Problem): void {
  if (reading.problems.length < limits.expressionProblemsMax) reading.problems.push(problem)
}

/**
 * Compiles `template`: every expression is parsed here, once; the closure only evaluates.
 *
 * The closure throws nothing but `IonError` `RUN_EXPRESSION_FAILED`. Constant parts are shared
 * between evaluations, not copied. A secret becomes the handle `{ $secret: NAME }`: it has no
 * value here.
 */
export function compileTemplate(template: Template): (scope: Scope) => Json {
  return compileAt(template, '')
}

function compileAt(template: Template, at: string): Evaluate {
  switch (template.kind) {
    case 'value': {
      const { value } = template
      return () => value
    }
    case 'expression':
      return compileExpression(template.source, at)
    case 'text':
      return compileText(template.parts, at)
    case 'list': {
      const items = template.items.map((item, i) => compileAt(item, at + pointer(i)))
      return (scope) => items.map((item) => item(scope))
    }
    case 'map':
      return compileMap(template.entries, at)
    case 'secret': {
      const value = { $secret: template.name }
      return () => value
    }
  }
}

function compileMap(entries: readonly (readonly [string, Template])[], at: string): Evaluate {
  const parts = entries.map(([key, entry]) => [key, compileAt(entry, at + pointer(key))] as const)
  return (scope) => {
    const result: Record<string, Json> = {}
    for (const [key, evaluate] of parts) setOwn(result, key, evaluate(scope))
    return result as Json
  }
}

/** Joins the parts: texts as they are, any other value as JSON prints it. */
function compileText(parts: (Template & { kind: 'text' })['parts'], at: string): Evaluate {
  const evaluates = parts.map((part) =>
    typeof part === 'string' ? () => part : compileExpression(part.source, at),
  )
  return (scope) => {
    let text = ''
    for (const evaluate of evaluates) {
      const value = evaluate(scope)
      text += typeof value === 'string' ? value : JSON.stringify(value)
      if (text.length > limits.expressionTextCharsMax) throw tooLong(at)
    }
    return text
  }
}

function tooLong(at: string): IonError {
  const message = `A text with expressions is longer than ${limits.expressionTextCharsMax} characters.`
  return new IonError('RUN_EXPRESSION_FAILED', message, { data: { at } })
}

/** Ids of the steps that `template` names, each once, in the order of the text. */
export function refsOf(template: Template): readonly string[] {
  const ids = new Set<string>()
  for (const source of sourcesOf(template)) {
    const { node } = parseExpression(source)
    if (node !== undefined) collectRefs(node, ids)
  }
  return [...ids]
}

function collectRefs(node: Node, ids: Set<string>): void {
  const path = pathOf(node)
  const [id] = path?.keys ?? []
  if (path?.root === 'steps' && typeof id === 'string') ids.add(id)
  else for (const child of childrenOf(node)) collectRefs(child, ids)
}

/** Names of the secrets that `template` hands over, each once. */
export function secretsOf(template: Template): readonly string[] {
  const names = new Set<string>()
  const collect = (part: Template): void => {
    if (part.kind === 'secret') names.add(part.name)
    else if (part.kind === 'list') part.items.forEach(collect)
    else if (part.kind === 'map') for (const [, entry] of part.entries) collect(entry)
  }
  collect(template)
  return [...names]
}

/** The sources of all expressions of `template`, in order. */
export function sourcesOf(template: Template): readonly string[] {
  switch (template.kind) {
    case 'expression':
      return [template.source]
    case 'text':
      return template.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.source]))
    case 'list':
      return template.items.flatMap(sourcesOf)
    case 'map':
      return template.entries.flatMap(([, entry]) => sourcesOf(entry))
    default:
      return []
  }
}
