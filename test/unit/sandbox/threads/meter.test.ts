import { expect, test } from 'vitest'

import { meterOf } from '#engine/sandbox/threads/meter.ts'

/** A clock and a processor that stand still until told; `asks` counts looks at the processor. */
function machine(): {
  clock: number
  cpu: number
  asks: number
  meter: ReturnType<typeof meterOf>
} {
  const own = { clock: 1_000, cpu: 50, asks: 0 }
  const meter = meterOf({
    clockMs: () => own.clock,
    cpuMs: () => {
      own.asks++
      return own.cpu
    },
  })
  return Object.assign(own, { meter })
}

test('short turns take the time of the clock, and ask the system once for many', () => {
  const at = machine()
  for (let turn = 0; turn < 20; turn++) {
    const start = at.meter.start()
    at.clock += 0.03125
    expect(at.meter.stop(start)).toEqual({ wallMs: 0.03125, cpuMs: 0.03125 })
  }
  expect(at.asks).toBe(1)
})

test('a long turn takes what the processor gave it, less what came before', () => {
  const at = machine()
  at.meter.stop(at.meter.start())
  at.clock += 0.5
  at.cpu += 0.5
  const start = at.meter.start()
  at.clock += 100
  at.cpu += 40
  expect(at.meter.stop(start)).toEqual({ wallMs: 100, cpuMs: 40 })
})

test('a thread that waited long is not charged for it, and nobody is paid', () => {
  const at = machine()
  at.meter.stop(at.meter.start())
  at.clock += 5_000
  const start = at.meter.start()
  at.clock += 10
  expect(at.meter.stop(start)).toEqual({ wallMs: 10, cpuMs: 0 })
})
