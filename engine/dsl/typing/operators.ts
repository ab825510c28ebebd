/**
 * Which operand types an operator takes, and what it then gives.
 *
 * The same table as `arithmetic.ts` and `compare.ts` follow at run time, one step earlier.
 */
import type { BinaryOperator } from '#engine/dsl/expression/ast.ts'

import { alternatives, any, listOf, simple, unionOf, type Type } from './type.ts'

/** The type of `left operator right`; `undefined` when no values of these types have a meaning. */
export function typeOfBinary(operator: BinaryOperator, left: Type, right: Type): Type | undefined {
  const results: Type[] = []
  for (const a of alternatives(left)) {
    for (const b of alternatives(right)) {
      const result = ofPair(operator, a, b)
      if (result !== undefined) results.push(result)
    }
  }
  return results.length === 0 ? undefined : unionOf(results)
}

function ofPair(operator: BinaryOperator, a: Type, b: Type): Type | undefined {
  switch (operator) {
    case '==':
    case '!=':
      return canEqual(a, b) ? simple('bool') : undefined
    case 'in':
      return ['any', 'list', 'map'].includes(b.kind) ? simple('bool') : undefined
    case '<':
    case '<=':
    case '>':
    case '>=':
      return canOrder(a, b) ? simple('bool') : undefined
    default:
      return a.kind === 'any' || b.kind === 'any'
        ? withUnknown(operator, a.kind === 'any' ? b : a)
        : ofArithmetic(operator, a, b)
  }
}

const numbers = ['number', 'integer', 'int', 'uint']

function isNumeric({ kind }: Type): boolean {
  return numbers.includes(kind)
}

function canEqual(a: Type, b: Type): boolean {
  if ([a.kind, b.kind].some((kind) => kind === 'any' || kind === 'null')) return true
  return a.kind === b.kind || (isNumeric(a) && isNumeric(b))
}

const ordered = ['string', 'bool', 'bytes', 'timestamp', 'duration', ...numbers]

function canOrder(a: Type, b: Type): boolean {
  if (a.kind === 'any' || b.kind === 'any') {
    return [a, b].every(({ kind }) => kind === 'any' || ordered.includes(kind))
  }
  return (a.kind === b.kind && ordered.includes(a.kind)) || (isNumeric(a) && isNumeric(b))
}

/** One operand is not known: what can the other one be used with? */
function withUnknown(operator: BinaryOperator, known: Type): Type | undefined {
  if (known.kind === 'any') return any
  if (operator === '+') {
    if (known.kind === 'string' || known.kind === 'bytes') return known
    if (known.kind === 'list') return listOf(any)
    return isNumeric(known) || isTime(known) ? any : undefined
  }
  if (operator === '-') return isNumeric(known) || isTime(known) ? any : undefined
  return isNumeric(known) ? any : undefined
}

function isTime({ kind }: Type): boolean {
  return kind === 'timestamp' || kind === 'duration'
}

function ofArithmetic(operator: BinaryOperator, a: Type, b: Type): Type | undefined {
  if (isNumeric(a) && isNumeric(b)) return ofNumbers(operator, a, b)
  if (operator === '+') {
    if (a.kind === 'list' && b.kind === 'list') return listOf(unionOf([a.items, b.items]))
    if (a.kind === b.kind && ['string', 'bytes', 'duration'].includes(a.kind)) return a
    const isMoved = isTime(a) && isTime(b) && a.kind !== b.kind
    return isMoved ? simple('timestamp') : undefined
  }
  if (operator !== '-') return undefined
  if (a.kind === 'timestamp' && b.kind === 'duration') return a
  return isTime(a) && a.kind === b.kind ? simple('duration') : undefined
}

function ofNumbers(operator: BinaryOperator, a: Type, b: Type): Type | undefined {
  if (a.kind === 'uint' || b.kind === 'uint') return a.kind === b.kind ? a : undefined
  if (a.kind === 'int' && b.kind === 'int') return a
  if (operator === '%') return simple('integer')
  const isWhole = a.kind !== 'number' && b.kind !== 'number' && operator !== '/'
  return simple(isWhole ? 'integer' : 'number')
}
