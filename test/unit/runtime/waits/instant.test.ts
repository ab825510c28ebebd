import { expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { wakeInstant } from '#engine/runtime/waits/instant.ts'

test.each([
  ['milliseconds', { for: 250 }, 1_250],
  ['a duration', { for: '90s' }, 91_000],
  ['an ISO duration', { for: 'PT1M' }, 61_000],
  ['nothing', { for: 0 }, 1_000],
  ['an instant', { at: '1970-01-01T00:01:00Z' }, 60_000],
  ['an instant that has passed', { at: '1970-01-01T00:00:00Z' }, 1_000],
])('a wait for %s ends when it says', (_, wait, due) => {
  expect(wakeInstant(wait, 1_000)).toBe(due)
})

test.each([[{ for: -1 }], [{ for: 'soon' }], [{ for: null }], [{ at: 5 }], [{ at: 'tomorrow' }]])(
  '%j is no time to wait for',
  (wait) => {
    expect(() => wakeInstant(wait, 0)).toThrow(
      expect.objectContaining({ code: 'RUN_EXPRESSION_FAILED' }),
    )
  },
)

test('a wait of more than ten years is refused', () => {
  expect(() => wakeInstant({ for: limits.waitMsMax + 1 }, 0)).toThrow(
    expect.objectContaining({ code: 'RUN_LIMIT_EXCEEDED' }),
  )
})
