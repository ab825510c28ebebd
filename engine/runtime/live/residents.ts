/**
 * The runs that are in memory: all that are under way, and a few of those that only wait.
 *
 * A parked run costs nothing here but for the most recent ones, which a timer may wake
 * again at once; all the others are rebuilt from the journal when their time comes.
 */
import type { Clock } from '#engine/core/clock.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { isAtRest } from '#engine/runtime/ports.ts'

import type { LiveRun } from './turn.ts'

export class Residents {
  readonly #live = new Map<RunId, LiveRun>()
  /** Oldest first. */
  readonly #parked = new Set<LiveRun>()
  /** Who waits until nothing is under way. */
  readonly #idle = new Set<() => void>()

  find(run: RunId): LiveRun | undefined {
    return this.#live.get(run)
  }

  all(): readonly LiveRun[] {
    return [...this.#live.values()]
  }

  add(live: LiveRun): void {
    this.#live.set(live.log.run, live)
  }

  remove(live: LiveRun): void {
    this.#live.delete(live.log.run)
    this.#parked.delete(live)
  }

  /** The run only waits: it may be forgotten when there are many such. */
  park(live: LiveRun): void {
    this.#parked.delete(live)
    this.#parked.add(live)
    if (this.#parked.size <= limits.parkedRunsResidentMax) return
    for (const old of this.#parked) {
      this.#parked.delete(old)
      if (!isAtRest(old.status) || !old.isIdle) continue
      this.#live.delete(old.log.run)
      old.log.close()
      return
    }
  }

  /** The same for a run that was only looked at; nothing where it is under way. */
  rest(live: LiveRun): void {
    const isHere = this.#live.get(live.log.run) === live
    if (isHere && live.isIdle && live.durableStatus === 'parked') this.park(live)
  }

  /** Resolves once nothing is under way in any run, or after `ms`. */
  async idle(wait: { readonly clock: Clock; readonly ms: number }): Promise<void> {
    if (this.#isIdle()) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#idle.delete(done)
        giveUp()
        resolve()
      }
      const giveUp = wait.clock.wakeAt(wait.clock.now() + wait.ms, done)
      this.#idle.add(done)
    })
  }

  tellIdle(): void {
    if (this.#idle.size > 0 && this.#isIdle()) for (const done of this.#idle) done()
  }

  #isIdle(): boolean {
    for (const live of this.#live.values()) if (!live.isIdle) return false
    return true
  }
}
