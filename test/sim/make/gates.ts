/**
 * The generator of what a flow says about its runs as a whole: how many begin, and what they spend.
 */
import fc from 'fast-check'

import type { Gate, Quiet, Rate } from '#test/sim/case.ts'

const concurrency = fc.record<Gate>({
  limit: fc.constantFrom(1, 1, 2),
  onConflict: fc.constantFrom('queue', 'queue', 'cancel_old', 'skip', 'reject'),
})
const rate = fc.record<Rate>({
  limit: fc.constantFrom(1, 1, 2),
  perMs: fc.constantFrom(50, 1_000, 60_000),
  onExceed: fc.constantFrom('queue', 'queue', 'skip', 'reject'),
})
const quiet = fc.record<Quiet>(
  { waitMs: fc.constantFrom(10, 500), maxWaitMs: fc.constantFrom(500, 700) },
  { requiredKeys: ['waitMs'] },
)
const lateAt = fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined })

/** One gate, or two of them before each other; `more` runs, that there is somebody to wait for. */
export const gates = fc.oneof(
  { weight: 18, arbitrary: fc.constant({ more: 0 }) },
  { weight: 4, arbitrary: fc.record({ more: fc.constant(1), gate: concurrency, lateAt }) },
  { weight: 2, arbitrary: fc.record({ more: fc.constant(1), rate, lateAt }) },
  { weight: 2, arbitrary: fc.record({ more: fc.constantFrom(1, 1, 2), quiet, lateAt }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ quiet, rate, gate: concurrency, without: fc.nat(2), lateAt })
      .map(({ without, ...all }) => {
        const left = Object.entries(all).filter(([name]) => name !== names[without])
        return { ...Object.fromEntries(left), more: 1 }
      }),
  },
  { weight: 1, arbitrary: fc.record({ more: fc.constant(0), turns: fc.nat(4) }) },
)

const names = ['quiet', 'rate', 'gate']
