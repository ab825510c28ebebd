/**
 * When a wait ends: reads what an author wrote, or an expression gave, as an instant.
 */
import type { Instant } from '#engine/core/clock.ts'
import { IonError } from '#engine/core/error.ts'
import { parseInstant } from '#engine/core/instant.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { parseDuration } from '#engine/dsl/duration.ts'

/** `for` is a duration or milliseconds from `now`, `at` an RFC 3339 instant. Never before `now`. */
export function wakeInstant(
  wait: { readonly for: Json } | { readonly at: Json },
  now: Instant,
): Instant {
  const due = 'for' in wait ? sum(now, span(wait.for)) : point(wait.at)
  if (due === undefined) throw refused('for' in wait ? wait.for : wait.at)
  if (due - now > limits.waitMsMax) {
    throw new IonError('RUN_LIMIT_EXCEEDED', 'A wait of more than ten years is refused.')
  }
  return Math.max(now, due)
}

function span(value: Json): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined
  return typeof value === 'string' ? parseDuration(value) : undefined
}

function point(value: Json): Instant | undefined {
  return typeof value === 'string' ? parseInstant(value) : undefined
}

function sum(now: Instant, ms: number | undefined): Instant | undefined {
  return ms === undefined ? undefined : now + ms
}

function refused(value: Json): IonError {
  return new IonError(
    'RUN_EXPRESSION_FAILED',
    `${JSON.stringify(value).slice(0, 80)} is no time to wait for; write 90s, 1h30m or an RFC 3339 instant.`,
  )
}
