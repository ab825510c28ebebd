/**
 * The templates of a case: what its steps are given, chosen among what they can see.
 */
import type { Template } from '#engine/dsl/template.ts'
import type { RetryPolicy } from '#engine/plan/plan.ts'
import type { Retry } from '#test/sim/case.ts'

/** What a step can name. */
export interface Seen {
  /** Expressions of any kind. */
  readonly values: readonly string[]
  /** Expressions that give an integer. */
  readonly numbers: readonly string[]
  readonly isFinal: boolean
  /** Inside `on_failure`, which is never undone. */
  readonly isAfter?: true
  /** Inside a loop an author's key would have to name the turn. */
  readonly isLooped: boolean
}

export function pick(from: readonly string[], ref: number): Template {
  return { kind: 'expression', source: from[from.length - 1 - (ref % from.length)] ?? 'inputs.n' }
}

export function numberOf(seen: Seen, ref: number): string {
  return seen.numbers[seen.numbers.length - 1 - (ref % seen.numbers.length)] ?? 'inputs.n'
}

/** Parameters with one number that is seen. */
export function numbered(seen: Seen, ref: number): Template {
  const n: Template = { kind: 'expression', source: `int(${numberOf(seen, ref)})` }
  return { kind: 'map', entries: [['n', n]] }
}

export function isEven(seen: Seen, ref: number): Template {
  const number = numberOf(seen, ref)
  return { kind: 'expression', source: `int(${number}) % 2 == 0` }
}

export function policy(
  retry: Retry | undefined,
  on?: readonly string[],
): { readonly retry?: RetryPolicy } {
  if (retry === undefined) return {}
  const whole = { ...retry, factor: 2, maxMs: 60_000 }
  return { retry: on === undefined ? whole : { ...whole, on } }
}

export function withOf(seen: Seen, id: string, refs: readonly number[]): Template {
  const named = refs.map((ref, i) => [`v${i}`, pick(seen.values, ref)] as const)
  const me = ['me', { kind: 'value', value: id }] as const
  return { kind: 'map', entries: [me, ...named] }
}
