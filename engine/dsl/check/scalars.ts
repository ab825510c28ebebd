/**
 * Checks of single values whose type is right: their format, their range.
 */
import type { Fix, Problem } from '#engine/core/problem.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { Document } from '#engine/dsl/text.ts'

import { rename } from './fixes.ts'
import { cut, nameOf, type ShapeNode, type Spot } from './node.ts'

/** What is wrong with a value whose type is right. */
export function formatProblem(
  node: ShapeNode,
  { value, at, isKey }: Spot,
  document: Document,
): Problem | undefined {
  if (typeof value === 'string' && node.enum?.includes(value) === false) {
    return unknownValue({ value, at, known: node.enum, document })
  }
  const expects = typeof value === 'string' ? textRule(node, value) : numberRule(node, value)
  if (expects === undefined) return undefined
  const shown = typeof value === 'string' ? `"${cut(value)}"` : JSON.stringify(value)
  const message = isKey
    ? `${shown} is not ${expects}.`
    : `${nameOf(at)}: ${shown} is not ${expects}.`
  return { code: 'DSL_VALUE_FORMAT', severity: 'error', message, at }
}

function textRule(node: ShapeNode, value: string): string | undefined {
  const expects = node['x-expects']
  if (node.minLength !== undefined && value.length < node.minLength) {
    return expects ?? `at least ${node.minLength} characters long`
  }
  if (node.maxLength !== undefined && value.length > node.maxLength) {
    return expects ?? `at most ${node.maxLength} characters long`
  }
  if (node.pattern === undefined || patternOf(node.pattern).test(value)) return undefined
  return expects ?? `of the form ${node.pattern}`
}

function numberRule(node: ShapeNode, value: unknown): string | undefined {
  if (typeof value !== 'number') return undefined
  const { minimum, maximum } = node
  const isLow = minimum !== undefined && value < minimum
  const isHigh = maximum !== undefined && value > maximum
  if (!isLow && !isHigh) return undefined
  return maximum === undefined ? `at least ${minimum}` : `between ${minimum} and ${maximum}`
}

/** The patterns of our own schemas, compiled once; none of them backtracks twice. */
const compiled = new Map<string, RegExp>()

function patternOf(pattern: string): RegExp {
  let found = compiled.get(pattern)
  if (found === undefined) compiled.set(pattern, (found = new RegExp(pattern, 'u')))
  return found
}

interface ValueFacts {
  readonly value: string
  readonly at: string
  readonly known: readonly string[]
  readonly document: Document
}

function unknownValue({ value, at, known, document }: ValueFacts): Problem {
  const meant = known.length === 1 ? known[0] : suggest(value, known)
  const bare = {
    code: 'DSL_VALUE_UNKNOWN',
    severity: 'error',
    message: `${nameOf(at)}: "${cut(value)}" is not one of ${known.join(', ')}.`,
    at,
  } as const
  if (meant === undefined) return bare
  const fix: Fix = {
    title: `Replace it by ${meant}`,
    applicability: 'safe',
    edits: [rename(document, document.span(at), meant)],
  }
  return { ...bare, help: `Did you mean "${meant}"?`, fix }
}
