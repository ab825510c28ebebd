/**
 * When a mirror is looked at next, and which hosts get a rest.
 *
 * Pure: time and chance are given. A repository that changed a minute ago is looked at
 * every minute, one that rested for a month every eight hours, and no two at the same
 * moment. What a host asks for (`Retry-After`) goes before all of it.
 */
import type { Instant } from '#engine/core/clock.ts'
import { limits } from '#engine/core/limits.ts'

export interface PollFacts {
  readonly now: Instant
  /** The committer's date of the head; absent for an empty repository. */
  readonly committedAt?: Instant
  /** Looks that failed since the last that did not. */
  readonly failures: number
  /** What the host asked for. */
  readonly retryAfterMs?: number
  /** From 0 up to 1, anew for every look. */
  readonly chance: number
}

/** Half the age of the head, doubled for every failure, within bounds, and up to a fifth later. */
export function nextPoll(facts: PollFacts): Instant {
  const { now, committedAt, failures, retryAfterMs = 0, chance } = facts
  const longest = limits.mirrorPollMsMax
  const age = committedAt === undefined ? longest : Math.max(0, now - committedAt) / 2
  const base = failures === 0 ? age : limits.mirrorPollMsMin * 2 ** Math.min(failures, 16)
  const bounded = Math.min(Math.max(base, limits.mirrorPollMsMin), longest)
  const wait = bounded * (1 + Math.min(Math.max(chance, 0), 1) / 5)
  return now + Math.round(Math.max(wait, Math.min(retryAfterMs, mirrorRestMsMax)))
}

/** A host that asks for more than a day is looked at once a day. */
const mirrorRestMsMax = 24 * 3_600_000

/** What is known of one host: failures in a row, and until when nothing is asked of it. */
export interface Breaker {
  readonly failures: number
  readonly openUntil: Instant
}

export const closedBreaker: Breaker = { failures: 0, openUntil: 0 }

export type HostAnswer =
  | { readonly kind: 'answered' }
  /** It could not be reached, or it said that it is overloaded. */
  | { readonly kind: 'failed'; readonly retryAfterMs?: number }

/** Whether a host may be asked now. */
export function mayAsk(breaker: Breaker, now: Instant): boolean {
  return now >= breaker.openUntil
}

/**
 * The breaker after one answer: a few failures in a row give the host a rest, twice as
 * long each time; a rest that the host asks for begins at once.
 */
export function afterAnswer(breaker: Breaker, answer: HostAnswer, now: Instant): Breaker {
  if (answer.kind === 'answered') return closedBreaker
  const failures = breaker.failures + 1
  const asked = Math.min(answer.retryAfterMs ?? 0, mirrorRestMsMax)
  const over = failures - limits.mirrorHostFailuresMax
  const rest = over < 0 ? 0 : limits.mirrorPollMsMin * 2 ** Math.min(over, 6)
  return { failures, openUntil: now + Math.max(asked, rest) }
}
