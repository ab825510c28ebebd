/**
 * The time of a test: it stands still until somebody lets it go on, so a month passes in a
 * microsecond and the same test sees the same instants on every machine.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'

export interface VirtualClock extends Clock {
  /** When the next order is due; undefined when there is none. */
  next(): Instant | undefined
  /** Goes to the next order and carries it out; false when there is none. */
  step(): boolean
}

interface Order {
  readonly at: Instant
  readonly wake: () => void
}

export function virtualClock(start: Instant): VirtualClock {
  let now = start
  const orders = new Set<Order>()

  function soonest(): Order | undefined {
    let best: Order | undefined
    for (const order of orders) if (best === undefined || order.at < best.at) best = order
    return best
  }

  return {
    now: () => now,
    wakeAt(at, wake) {
      const order = { at, wake }
      orders.add(order)
      return () => void orders.delete(order)
    },
    next: () => soonest()?.at,
    step() {
      const order = soonest()
      if (order === undefined) return false
      orders.delete(order)
      now = Math.max(now, order.at)
      order.wake()
      return true
    },
  }
}
