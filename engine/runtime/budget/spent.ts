/**
 * Sums of what was spent on models, and what is left of a budget.
 *
 * What was spent stays spent: attempts that failed count, and so do those that a retry dropped.
 */
import type { Budget } from '#engine/dsl/world.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { Spent } from './usage.ts'

const units = ['usdMicros', 'tokens', 'turns'] as const

/** All of it together; a unit that nobody used is absent. */
export function sumOf(all: readonly Spent[]): Spent {
  const sum: { -readonly [Unit in keyof Spent]: Spent[Unit] } = {}
  for (const one of all) {
    for (const unit of units) {
      const more = one[unit]
      if (more !== undefined) sum[unit] = (sum[unit] ?? 0) + more
    }
  }
  return sum
}

/** `spent` without `earlier`, which is part of it. */
export function since(spent: Spent, earlier: Spent): Spent {
  const rest = units.flatMap((unit) => {
    const all = spent[unit]
    return all === undefined ? [] : [[unit, all - (earlier[unit] ?? 0)] as const]
  })
  return Object.fromEntries(rest)
}

/** What the records say was spent. */
export function spentIn(records: readonly RunRecord[]): Spent {
  return sumOf(records.flatMap((record) => ('spent' in record ? (record.spent ?? []) : [])))
}

/** The same for a view; nothing where nothing was. */
export function spentOf(records: readonly RunRecord[]): { readonly spent?: Spent } {
  const spent = spentIn(records)
  return Object.keys(spent).length === 0 ? {} : { spent }
}

/** What the records up to the latest end of the run say: what its caller has heard of. */
export function spentBefore(records: readonly RunRecord[]): Spent {
  return spentIn(records.slice(0, lastEnd(records) + 1))
}

/** Where the latest end of a run stands that did not end well; −1 without one. */
export function lastEnd(records: readonly RunRecord[]): number {
  return records.findLastIndex(({ kind }) => kind === 'run.failed' || kind === 'run.cancelled')
}

/** What is left, never less than nothing. */
export function leftOf(budget: Budget, spent: Spent): Budget {
  const { usd, tokens, turns } = budget
  const rest = (most: number, used = 0): number => Math.max(0, most - used)
  return {
    ...(usd === undefined ? {} : { usd: rest(microsOf(usd), spent.usdMicros) / 1e6 }),
    ...(tokens === undefined ? {} : { tokens: rest(tokens, spent.tokens) }),
    ...(turns === undefined ? {} : { turns: rest(turns, spent.turns) }),
  }
}

/** The tighter of both, bound by bound. */
export function least(a: Budget, b: Budget): Budget {
  const least: { -readonly [Unit in keyof Budget]: Budget[Unit] } = { ...a }
  for (const unit of ['usd', 'tokens', 'turns'] as const) {
    const other = b[unit]
    if (other !== undefined) least[unit] = Math.min(least[unit] ?? other, other)
  }
  return least
}

/** The first bound of which nothing is left, in words: `0.20 USD`. */
export function usedUp(budget: Budget, spent: Spent): string | undefined {
  const { usd, tokens, turns } = leftOf(budget, spent)
  if (usd === 0) return `${budget.usd} USD`
  if (tokens === 0) return `${budget.tokens} tokens`
  return turns === 0 ? `${budget.turns} turns` : undefined
}

export function microsOf(usd: number): number {
  return Math.round(usd * 1e6)
}
