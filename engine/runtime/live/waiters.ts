/**
 * Who waits for a run to start, to park or to end; told only of what is durable.
 *
 * A run that waits for one that it called is not parked for them while that one works: what
 * is awaited is that nothing goes on any more without time, a person or a signal.
 */
import type { RunId } from '#engine/core/id.ts'
import { hasEnded, isAtRest, type RunStatus } from '#engine/runtime/ports.ts'

import { callersOf } from './children.ts'
import type { Inside } from './inside.ts'
import { statusNow } from './talk.ts'
import type { LiveRun } from './turn.ts'

type Until = 'started' | 'parked' | 'ended'

interface Waiter {
  readonly until: Until
  resolve(status: RunStatus): void
  reject(error: unknown): void
}

export class Waiters {
  readonly #engine: Inside
  readonly #byRun = new Map<RunId, Waiter[]>()

  constructor(engine: Inside) {
    this.#engine = engine
  }

  /** Waits from before `work` on; where `work` throws, so does the wait. */
  wait(run: RunId, until: Until, work?: () => void): Promise<RunStatus> {
    return new Promise((resolve, reject) => {
      const all = this.#byRun.get(run)
      const waiter = { until, resolve, reject }
      if (all === undefined) this.#byRun.set(run, [waiter])
      else all.push(waiter)
      try {
        work?.()
      } catch (thrown) {
        this.reject(run, thrown)
      }
    })
  }

  /** Resolves once `run` is that far, at once where it is. Throws `RUN_NOT_FOUND`. */
  async reach(run: RunId, until: 'parked' | 'ended'): Promise<RunStatus> {
    const status = this.#settled(run)
    if (status !== undefined && (until === 'parked' || hasEnded(status))) return status
    return await this.wait(run, until)
  }

  /** Something of `live` is durable: it may be that far, and so may those that wait for it. */
  tell(live: LiveRun): void {
    const status = live.durableStatus ?? 'running'
    this.#tell(live.log.run, status)
    if (status !== 'running') this.tellCallers(live)
  }

  /** A run works no more: those that it kept from resting may rest. */
  tellCallers({ state }: LiveRun): void {
    if (this.#byRun.size === 0 || state.started.parent === undefined) return
    for (const caller of callersOf(this.#engine, state.started)) {
      if (this.#byRun.get(caller)?.some(({ until }) => until === 'parked') !== true) continue
      const status = this.#settled(caller)
      if (status !== undefined) this.#tell(caller, status)
    }
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

  #tell(run: RunId, status: RunStatus): void {
    const all = this.#byRun.get(run)
    if (all === undefined) return
    const isAsked = all.some(({ until }) => until === 'parked')
    const isWorking = isAsked && isAtRest(status) && this.#isWorkingBelow(run)
    const reached = (waiter: Waiter): boolean =>
      waiter.until === 'started' || (!isWorking && isReached(waiter.until, status))
    const rest = all.filter((waiter) => !reached(waiter))
    if (rest.length === 0) this.#byRun.delete(run)
    else if (rest.length < all.length) this.#byRun.set(run, rest)
    for (const waiter of all) if (!rest.includes(waiter)) waiter.resolve(status)
  }

  /** The status of a run with which nothing goes on now; undefined for one that is under way. */
  #settled(run: RunId): RunStatus | undefined {
    const live = this.#engine.residents.find(run)
    if (live?.isIdle === false) return undefined
    const status = statusNow(this.#engine, run)
    if (hasEnded(status)) return status
    return isAtRest(status) && !this.#isWorkingBelow(run) ? status : undefined
  }

  /** Whether a run works that `run` waits for, through however many others. */
  #isWorkingBelow(run: RunId): boolean {
    for (const { isIdle, durableStatus, state } of this.#engine.residents.all()) {
      const isResting = isIdle && durableStatus !== 'running'
      if (!isResting && callersOf(this.#engine, state.started).includes(run)) return true
    }
    return false
  }
}

function isReached(until: Until, status: RunStatus): boolean {
  return isAtRest(status) ? until === 'parked' : status !== 'running'
}
