/**
 * Compiles what a run passes before it begins: `debounce`, `rate_limit`, `concurrency`.
 */
import { parseDuration } from '#engine/dsl/duration.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import type { Template } from '#engine/dsl/template.ts'

import { type Compiler, optional } from './compiling.ts'
import type { Plan } from './plan.ts'

/** The gates of a flow; none of them for a flow without. */
export function gatesOf(
  at: Compiler,
  flow: Flow,
): Pick<Plan, 'debounce' | 'rateLimit' | 'concurrency'> {
  const { debounce, rate_limit: rate, concurrency } = flow
  const keyOf = (key: string | undefined, gate: string): { readonly key?: Template } => {
    const template = optional(at, key, `/${gate}/key`)
    return template === undefined ? {} : { key: template }
  }
  const longest = debounce?.max_wait
  return {
    ...(debounce && {
      debounce: {
        ...keyOf(debounce.key, 'debounce'),
        waitMs: parseDuration(debounce.wait) ?? 0,
        ...(longest === undefined ? {} : { maxWaitMs: parseDuration(longest) ?? 0 }),
      },
    }),
    ...(rate && {
      rateLimit: {
        ...keyOf(rate.key, 'rate_limit'),
        limit: rate.limit,
        perMs: parseDuration(rate.per) ?? 0,
        onExceed: rate.on_exceed ?? 'queue',
      },
    }),
    ...(concurrency && {
      concurrency: {
        ...keyOf(concurrency.key, 'concurrency'),
        limit: concurrency.limit ?? 1,
        onConflict: concurrency.on_conflict ?? 'queue',
      },
    }),
  }
}
