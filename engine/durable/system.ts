/**
 * The machine's own time and chance, behind the ports of `core`.
 *
 * One JavaScript timer serves all waits. It looks at the wall clock at least once a
 * minute, so that a machine that slept or was set right does not oversleep its timers.
 */
import { randomFillSync } from 'node:crypto'

import type { Clock, Instant } from '#engine/core/clock.ts'
import { assert } from '#engine/core/error.ts'
import { type Ids, runIdFrom } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'

interface Order {
  readonly at: Instant
  /** Orders for the same time are served in the order they came. */
  readonly n: number
  /** Taken away when the order is served or taken back. */
  wake: (() => void) | undefined
}

/** The wall clock. With `keepsProcess: false` a wait alone does not keep the process alive. */
export function systemClock(options: { readonly keepsProcess?: boolean } = {}): Clock {
  let orders: Order[] = []
  let timer: NodeJS.Timeout | undefined
  let timerAt = Infinity
  let count = 0
  let idle = 0

  const arm = (): void => {
    const next = orders[0]?.at
    if (next === undefined || next >= timerAt) return
    disarm()
    const delay = Math.min(Math.max(next - Date.now(), 0), limits.clockCheckMsMax)
    timerAt = next
    timer = setTimeout(serve, Math.ceil(delay))
    if (options.keepsProcess === false) timer.unref()
  }
  const disarm = (): void => {
    clearTimeout(timer)
    timerAt = Infinity
  }
  const serve = (): void => {
    timerAt = Infinity
    const now = Date.now()
    // What is ordered from here on waits for the next turn, or a wake-up could starve the rest.
    const lastN = count
    try {
      for (let first = orders[0]; first !== undefined; first = orders[0]) {
        if (first.at > now || first.n > lastN) break
        removeFirst(orders)
        const { wake } = first
        first.wake = undefined
        if (wake === undefined) idle -= 1
        else wake()
      }
    } finally {
      arm()
    }
  }
  const takeBack = (order: Order): void => {
    if (order.wake === undefined) return
    order.wake = undefined
    idle += 1
    if (idle > 64 && idle > orders.length / 2) {
      orders = orders.filter(({ wake }) => wake !== undefined).toSorted(compare)
      idle = 0
    }
    if (idle === orders.length) disarm()
  }
  return {
    now: () => Date.now(),
    wakeAt(at, wake) {
      assert(Number.isFinite(at), 'a wake-up has a time')
      const order: Order = { at, n: (count += 1), wake }
      insert(orders, order)
      arm()
      return () => takeBack(order)
    },
  }
}

function compare(a: Order, b: Order): number {
  return a.at - b.at || a.n - b.n
}

/** Puts `order` into the binary heap; the soonest is at its root. */
function insert(heap: Order[], order: Order): void {
  let place = heap.push(order) - 1
  while (place > 0) {
    const parent = (place - 1) >> 1
    const above = heap[parent] as Order
    if (compare(above, order) <= 0) break
    heap[place] = above
    place = parent
  }
  heap[place] = order
}

function removeFirst(heap: Order[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let place = 0
  for (;;) {
    let child = 2 * place + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && compare(heap[child + 1] as Order, heap[child] as Order) < 0) {
      child += 1
    }
    if (compare(heap[child] as Order, last) >= 0) break
    heap[place] = heap[child] as Order
    place = child
  }
  heap[place] = last
}

/** Fresh run ids: each sorts after the one before it, also within one millisecond. */
export function systemIds(
  now: () => Instant = () => Date.now(),
  fill: (bytes: Uint8Array) => void = (bytes) => void randomFillSync(bytes),
): Ids {
  const chance = new Uint8Array(10)
  let last = -1
  return {
    runId() {
      const at = Math.floor(now())
      if (at > last) {
        last = at
        fill(chance)
      } else if (!increment(chance)) last += 1
      return runIdFrom(last, chance)
    },
  }
}

/** Adds one to a big-endian number; false when it began again at zero. */
function increment(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 1; i >= 0; i--) {
    const next = ((bytes[i] ?? 0) + 1) & 0xff
    bytes[i] = next
    if (next !== 0) return true
  }
  return false
}
