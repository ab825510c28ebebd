/**
 * How long a step may take and how often it is tried, from the file's words to numbers.
 */
import { parseDuration } from '#engine/dsl/duration.ts'
import type { Retry } from '#engine/dsl/flow.ts'

import type { RetryPolicy } from './plan.ts'

/** A time limit in milliseconds. */
export function limitOf(timeout: string | undefined): { readonly timeoutMs?: number } {
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout)
  return timeoutMs === undefined ? {} : { timeoutMs }
}

/** A retry policy with its defaults: one second, doubled each time, at most a minute, spread. */
export function retryOf(retry: number | Retry | undefined): { readonly retry?: RetryPolicy } {
  if (retry === undefined) return {}
  const { max, backoff, on } = typeof retry === 'number' ? { max: retry } : retry
  const policy: RetryPolicy = {
    max,
    firstMs: parseDuration(backoff?.first ?? '1s') ?? 1000,
    factor: backoff?.factor ?? 2,
    maxMs: parseDuration(backoff?.max ?? '1m') ?? 60_000,
    jitter: backoff?.jitter ?? true,
  }
  return { retry: on === undefined ? policy : { ...policy, on } }
}
