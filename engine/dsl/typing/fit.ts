/**
 * Whether a value can be what a schema asks for: only what can never fit is a problem.
 */
import { pointer } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import { alternatives, printType, type MapType, type Type } from './type.ts'

/** What `given`, which stands at `at`, lacks or has too much to be `wanted` by `who`. */
export function misfits(options: {
  readonly given: Type
  readonly wanted: Type
  readonly at: string
  readonly who: string
}): readonly Problem[] {
  const { given, wanted, at, who } = options
  const pairs = alternatives(given).flatMap((a) => alternatives(wanted).map((b) => [a, b] as const))
  const likely = pairs.filter(([a, b]) => canBe(a, b))
  if (likely.length === 0) {
    const message = `${who} takes ${printType(wanted)} here; this is ${printType(given)}.`
    return [{ code: 'DSL_EXPRESSION_TYPE', severity: 'error', message, at }]
  }
  const [only] = likely
  if (likely.length > 1 || only === undefined) return []
  const [a, b] = only
  if (a.kind === 'map' && b.kind === 'map') return misfitsOfMap({ given: a, wanted: b, at, who })
  if (a.kind !== 'list' || b.kind !== 'list') return []
  return misfits({ given: a.items, wanted: b.items, at, who })
}

const numbers = ['number', 'integer']

function canBe(a: Type, b: Type): boolean {
  if (a.kind === 'any' || b.kind === 'any' || a.kind === b.kind) return true
  return numbers.includes(a.kind) && numbers.includes(b.kind)
}

function misfitsOfMap(options: {
  readonly given: MapType
  readonly wanted: MapType
  readonly at: string
  readonly who: string
}): readonly Problem[] {
  const { given, wanted, at, who } = options
  const problems: Problem[] = []
  for (const [name, field] of Object.entries(given.fields)) {
    const expected = wanted.fields[name]?.type ?? wanted.rest
    const here = at + pointer(name)
    if (expected === undefined) problems.push(unknownKey({ name, wanted, at: here, who }))
    else problems.push(...misfits({ given: field.type, wanted: expected, at: here, who }))
  }
  if (given.rest !== undefined) return problems
  for (const [name, field] of Object.entries(wanted.fields)) {
    if (field.isOptional || Object.hasOwn(given.fields, name)) continue
    const message = `${who} needs "${name}", which is not given.`
    problems.push({ code: 'DSL_KEY_MISSING', severity: 'error', message, at })
  }
  return problems
}

function unknownKey(options: {
  readonly name: string
  readonly wanted: MapType
  readonly at: string
  readonly who: string
}): Problem {
  const { name, wanted, at, who } = options
  const known = Object.keys(wanted.fields)
  const near = suggest(name, known)
  const listed = known
    .slice(0, 12)
    .map((each) => `"${each}"`)
    .join(', ')
  return {
    code: 'DSL_KEY_UNKNOWN',
    severity: 'error',
    message: `${who} takes no "${name}".`,
    at,
    help: near === undefined ? `It takes ${listed || 'nothing'}.` : `Did you mean "${near}"?`,
  }
}
