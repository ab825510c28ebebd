/**
 * A file as a tree of values with their places: what the YAML library's nodes become
 * at the door, and what the value and the spans of a document are read from.
 *
 * Everything here may recurse: `text.ts` has bounded the depth before.
 */
import { pointer, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem, Span } from '#engine/core/problem.ts'

import { scalarProblem } from './scalar.ts'
import { feature, limit } from './words.ts'

export type Tree = Scalar | List | Mapping

/** `value` is what YAML 1.2 makes of `source`, the text without its quotes. */
export interface Scalar extends Span {
  readonly kind: 'scalar'
  readonly value: unknown
  readonly source: string
  readonly isPlain: boolean
}
export interface List extends Span {
  readonly kind: 'list'
  readonly items: readonly Tree[]
}
export interface Mapping extends Span {
  readonly kind: 'mapping'
  readonly entries: readonly Entry[]
}
export interface Entry {
  readonly key: Tree
  readonly value: Tree
}

interface Reading {
  readonly text: string
  readonly problems: Problem[]
  nodes: number
}

/** The value of `tree`; what is wrong with parts of it goes to `problems`. */
export function toValue(tree: Tree, text: string, problems: Problem[]): Json {
  return valueOf({ text, problems, nodes: 0 }, tree, '')
}

function valueOf(reading: Reading, tree: Tree, at: string): Json {
  reading.nodes += 1
  if (reading.nodes > limits.fileNodesMax) {
    if (reading.nodes === limits.fileNodesMax + 1) {
      const message = `The file holds more than ${limits.fileNodesMax} values.`
      reading.problems.push(limit(message, tree.start, reading.text))
    }
    return null
  }
  if (tree.kind === 'list') return tree.items.map((item, i) => valueOf(reading, item, `${at}/${i}`))
  if (tree.kind === 'mapping') return mappingValue(reading, tree, at)
  const problem = scalarProblem(tree, at)
  if (problem !== undefined) add(reading, problem)
  return isJsonScalar(tree.value) ? tree.value : tree.source
}

function add({ problems }: Reading, problem: Problem): void {
  if (problems.length < limits.problemsPerFileMax) problems.push(problem)
}

function isJsonScalar(value: unknown): value is null | boolean | number | string {
  if (typeof value === 'number') return Number.isFinite(value)
  return value === null || typeof value === 'boolean' || typeof value === 'string'
}

function mappingValue(reading: Reading, mapping: Mapping, at: string): Json {
  const { problems, text } = reading
  const value: Record<string, Json> = {}
  const seen = new Map<string, Span>()
  if (mapping.entries.length > limits.fileKeysPerMapMax) {
    const message = `A mapping has more than ${limits.fileKeysPerMapMax} keys.`
    problems.push(limit(message, mapping.start, text))
    return value
  }
  for (const { key, value: tree } of mapping.entries) {
    const name = keyName(key)
    const span = key.end > key.start ? spanOf(key) : { start: tree.start, end: tree.start + 1 }
    if (name === undefined || name === '__proto__' || name === '<<') {
      add(reading, keyProblem(name, span, at))
      continue
    }
    const path = at + pointer(name)
    const first = seen.get(name)
    if (first !== undefined) {
      add(reading, duplicateKey(name, path, { span, first }))
      continue
    }
    if (key.kind === 'scalar' && typeof key.value !== 'string') {
      add(reading, notTextKey(name, span, path))
    }
    seen.set(name, span)
    value[name] = valueOf(reading, tree, path)
  }
  return value
}

/** The text of a key; undefined where it is no text that JSON can say. */
export function keyName(key: Tree): string | undefined {
  if (key.kind !== 'scalar') return undefined
  if (typeof key.value === 'string') return key.value.isWellFormed() ? key.value : undefined
  return key.source === '' ? undefined : key.source
}

function keyProblem(name: string | undefined, span: Span, at: string): Problem {
  if (name === '<<') return { ...feature('a merge key', span), at }
  const [code, message] =
    name === undefined
      ? (['DSL_YAML_FEATURE', 'A key must be text.'] as const)
      : (['DSL_TEXT_SUSPICIOUS', 'The key "__proto__" is refused: it is never data.'] as const)
  return { code, severity: 'error', message, at, span, help: 'Give it another name.' }
}

function duplicateKey(name: string, at: string, where: { span: Span; first: Span }): Problem {
  return {
    code: 'DSL_KEY_DUPLICATE',
    severity: 'error',
    message: `The key "${name}" is given twice in one mapping.`,
    at,
    span: where.span,
    related: [{ message: 'It is given here first.', at, span: where.first }],
    help: 'Keep one of them.',
  }
}

function notTextKey(name: string, span: Span, at: string): Problem {
  const text = JSON.stringify(name)
  return {
    code: 'DSL_YAML_FEATURE',
    severity: 'error',
    message: `The key ${name} is not text.`,
    at,
    span,
    help: `Write ${text}.`,
    fix: { title: 'Quote the key', applicability: 'safe', edits: [{ span, text }] },
  }
}

/** The range of what `at` names, or of the nearest part around it; undefined for nothing. */
export function findSpan(root: Tree, at: string, part: 'key' | 'value'): Span | undefined {
  let tree = root
  let key: Tree | undefined
  for (const segment of at.split('/').slice(1)) {
    const next = child(tree, segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (next === undefined) break
    key = next.key
    tree = next.value
  }
  const parts = part === 'key' ? [key, tree] : [tree, key]
  const found = parts.find(
    (candidate) => candidate !== undefined && candidate.end > candidate.start,
  )
  return found === undefined ? undefined : spanOf(found)
}

function child(tree: Tree, name: string): { key?: Tree; value: Tree } | undefined {
  if (tree.kind === 'scalar') return undefined
  if (tree.kind === 'mapping') return tree.entries.find(({ key }) => keyName(key) === name)
  const value = tree.items[Number(name)]
  return value === undefined ? undefined : { value }
}

function spanOf({ start, end }: Span): Span {
  return { start, end }
}
