import { describe, expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { RetryPolicy } from '#engine/plan/plan.ts'
import { nextAttemptAt } from '#engine/runtime/retry.ts'

const policy: RetryPolicy = { max: 5, firstMs: 100, factor: 3, maxMs: 1_000, jitter: false }
const failed = (
  attempt: number,
  code = 'net',
  path = 'a',
): Parameters<typeof nextAttemptAt>[1] => ({
  run: '01K742SG000000000000000000' as RunId,
  path,
  attempt,
  error: { code, message: '' },
  at: 5_000,
})

describe('the next attempt', () => {
  test.each([
    [1, 5_100],
    [2, 5_300],
    [3, 5_900],
    [4, 6_000],
    [5, undefined],
  ])('after attempt %i comes at %s', (attempt, at) => {
    expect(nextAttemptAt(policy, failed(attempt))).toBe(at)
  })

  test.each([
    ['a code of ours that waiting cannot help', 'SANDBOX_GUEST_THREW', undefined, undefined],
    ['a code of ours that waiting may help', 'RUN_STEP_TIMEOUT', undefined, 5_100],
    ['a word of a plugin', 'rate_limited', undefined, 5_100],
    ['a code that is not in the list', 'net', ['other'], undefined],
    ['a final code that the list names', 'SANDBOX_GUEST_THREW', ['SANDBOX_GUEST_THREW'], 5_100],
  ])('after %s', (_, code, on, at) => {
    expect(nextAttemptAt(on === undefined ? policy : { ...policy, on }, failed(1, code))).toBe(at)
  })

  test('never comes without a policy', () => {
    expect(nextAttemptAt(undefined, failed(1))).toBeUndefined()
  })

  test('is spread over half of the wait, the same at every replay', () => {
    const spread = { ...policy, jitter: true, firstMs: 1_000 }
    const waits = Array.from(
      { length: 200 },
      (_, i) => (nextAttemptAt(spread, failed(1, 'net', `p${i}`)) ?? 0) - 5_000,
    )
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500)
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000)
    expect(new Set(waits).size).toBeGreaterThan(100)
    expect(nextAttemptAt(spread, failed(1, 'net', 'p7'))).toBe(5_000 + (waits[7] ?? 0))
  })
})
