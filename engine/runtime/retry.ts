/**
 * Whether and when a failed attempt is followed by another one: a pure function.
 *
 * The spread of the waits comes from a digest of run, path and attempt, so a replay and a
 * second host find the same instant, while a thousand runs do not come back at once.
 */
import type { Instant } from '#engine/core/clock.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { type Failure, isTransient } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { RetryPolicy } from '#engine/plan/plan.ts'

export interface FailedAttempt {
  readonly run: RunId
  readonly path: string
  /** The attempt that failed, counted since the step was last given a fresh series. */
  readonly attempt: number
  readonly error: Failure
  readonly at: Instant
}

/** When the next attempt may start; undefined when this failure is final. */
export function nextAttemptAt(
  policy: RetryPolicy | undefined,
  failed: FailedAttempt,
): Instant | undefined {
  if (policy === undefined || failed.attempt >= policy.max) return undefined
  const isWanted = policy.on?.includes(failed.error.code) ?? isTransient(failed.error.code)
  if (!isWanted) return undefined
  const full = Math.min(policy.maxMs, policy.firstMs * policy.factor ** (failed.attempt - 1))
  const share = policy.jitter ? 0.5 + fraction(failed) / 2 : 1
  return failed.at + Math.round(full * share)
}

/** A number in [0, 1) that depends on nothing but which attempt this is. */
function fraction(failed: FailedAttempt): number {
  const digest = digestOfText(`retry\n${failed.run}\n${failed.path}\n${failed.attempt}`)
  return Number.parseInt(digest.slice(7, 15), 16) / 2 ** 32
}
