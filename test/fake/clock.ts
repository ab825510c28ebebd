/**
 * A clock that stands still until it is told to go on: a month passes in a microsecond.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'

export interface VirtualClock extends Clock {
  /** Goes to the next order and carries it out; false when there is none. */
  step(): boolean
  /** Goes on by `ms`, carrying out what is due on the way, in order. */
  pass(ms: number): void
  readonly orders: number
}

export function virtualClock(start: Instant = 1_760_000_000_000): VirtualClock {
  let now = start
  let next = 0
  const orders = new Map<number, { readonly at: Instant; readonly wake: () => void }>()

  function soonest(): number | undefined {
    let best: number | undefined
    for (const [id, order] of orders) {
      const other = best === undefined ? undefined : orders.get(best)
      if (other === undefined || order.at < other.at) best = id
    }
    return best
  }

  function step(): boolean {
    const id = soonest()
    const order = id === undefined ? undefined : orders.get(id)
    if (id === undefined || order === undefined) return false
    orders.delete(id)
    now = Math.max(now, order.at)
    order.wake()
    return true
  }

  return {
    now: () => now,
    wakeAt(at, wake) {
      const id = next++
      orders.set(id, { at, wake })
      return () => void orders.delete(id)
    },
    step,
    pass(ms) {
      const end = now + ms
      for (
        let id = soonest();
        id !== undefined && (orders.get(id)?.at ?? end + 1) <= end;
        id = soonest()
      ) {
        step()
      }
      now = end
    },
    get orders() {
      return orders.size
    },
  }
}
