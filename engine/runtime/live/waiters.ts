/**
 * Who waits for a run to start, to park or to end; told only of what is durable.
 */
import type { RunId } from '#engine/core/id.ts'
import { isAtRest, type RunStatus } from '#engine/runtime/ports.ts'

type Until = 'started' | 'parked' | 'ended'

interface Waiter {
  readonly until: Until
  resolve(status: RunStatus): void
  reject(error: unknown): void
}

export class Waiters {
  readonly #byRun = new Map<RunId, Waiter[]>()

  wait(run: RunId, until: Until): Promise<RunStatus> {
    return new Promise((resolve, reject) => {
      const all = this.#byRun.get(run)
      const waiter = { until, resolve, reject }
      if (all === undefined) this.#byRun.set(run, [waiter])
      else all.push(waiter)
    })
  }

  tell(run: RunId, status: RunStatus): void {
    const all = this.#byRun.get(run)
    if (all === undefined) return
    const rest = all.filter((waiter) => !isReached(waiter.until, status))
    if (rest.length === 0) this.#byRun.delete(run)
    else if (rest.length < all.length) this.#byRun.set(run, rest)
    for (const waiter of all) if (isReached(waiter.until, status)) waiter.resolve(status)
  }

  reject(run: RunId, error: unknown): void {
    const all = this.#byRun.get(run) ?? []
    this.#byRun.delete(run)
    for (const waiter of all) waiter.reject(error)
  }

  rejectAll(error: unknown): void {
    const all = [...this.#byRun.values()].flat()
    this.#byRun.clear()
    for (const waiter of all) waiter.reject(error)
  }
}

function isReached(until: Until, status: RunStatus): boolean {
  if (until === 'started') return true
  return isAtRest(status) ? until === 'parked' : status !== 'running'
}
