/**
 * Fires timers when they are due: one order to the clock for all parked runs together.
 *
 * Timers live in the journal, committed with the records that set them, so a restart loses
 * none and a parked run needs no timer of the process. A timer that was fired stays in the
 * journal until its record is durable, and one of a broken run for good: both are passed over.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import { IonError, isTransient } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { DueTimer, Journal, TimerChange } from '#engine/runtime/ports.ts'

export interface SweepHost {
  readonly journal: Pick<Journal, 'dueTimers' | 'nextDue'>
  readonly clock: Clock
  /** Fires one timer; settles once that is durable, or never will be. */
  fire(timer: DueTimer, at: Instant): Promise<void>
  isBroken(timer: DueTimer): boolean
  /** The journal cannot be read any more. */
  faulted(error: unknown): void
}

export class Sweeper {
  readonly #host: SweepHost
  #armed: { readonly at: Instant; readonly cancel: () => void } | undefined
  /** Fired, and not durable yet. */
  readonly #firing = new Set<string>()
  #isStopped = false

  constructor(host: SweepHost) {
    this.#host = host
  }

  /** Looks up the next timer that is due. */
  arm(): void {
    if (this.#isStopped) return
    const due = this.#reading(() => this.#nextDue())
    if (due !== undefined) this.#armAt(due)
  }

  /** Durable now: timers that were set or taken back. */
  changed(changes: readonly TimerChange[]): void {
    for (const { due } of changes) if (due !== undefined) this.#armAt(due)
  }

  stop(): void {
    this.#isStopped = true
    this.#armed?.cancel()
    this.#armed = undefined
  }

  #armAt(due: Instant): void {
    if (this.#isStopped) return
    if (this.#armed !== undefined) {
      if (this.#armed.at <= due) return
      this.#armed.cancel()
    }
    const cancel = this.#host.clock.wakeAt(due, () => {
      this.#armed = undefined
      this.#sweep()
    })
    this.#armed = { at: due, cancel }
  }

  #sweep(): void {
    if (this.#isStopped) return
    const now = this.#host.clock.now()
    const due = this.#reading(() => this.#wanted(now, limits.timersPerSweepMax)) ?? []
    for (const timer of due) this.#fire(timer, now)
    this.arm()
  }

  #fire(timer: DueTimer, now: Instant): void {
    const key = keyOf(timer)
    this.#firing.add(key)
    const settled = (): void => {
      this.#firing.delete(key)
      this.arm()
    }
    this.#host.fire(timer, now).then(settled, settled)
  }

  #nextDue(): Instant | undefined {
    const next = this.#host.journal.nextDue()
    if (next === undefined || next > this.#host.clock.now()) return next
    return this.#wanted(Number.MAX_SAFE_INTEGER, 1)[0]?.due
  }

  /** The first timers due by `until` that are neither under way nor of a broken run. */
  #wanted(until: Instant, count: number): readonly DueTimer[] {
    for (let limit = count + this.#firing.size; ; limit *= 4) {
      const found = this.#host.journal.dueTimers(until, limit)
      const wanted = found.filter((timer) => !this.#isPassedOver(timer))
      if (wanted.length >= count || found.length < limit) return wanted.slice(0, count)
    }
  }

  #isPassedOver(timer: DueTimer): boolean {
    return this.#firing.has(keyOf(timer)) || this.#host.isBroken(timer)
  }

  /** A journal that is only busy is asked again soon; one that cannot be read is a fault. */
  #reading<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (thrown) {
      if (thrown instanceof IonError && isTransient(thrown.code)) {
        this.#armAt(this.#host.clock.now() + limits.sweepAgainMs)
      } else this.#host.faulted(thrown)
      return undefined
    }
  }
}

function keyOf({ run, timer, path }: DueTimer): string {
  return `${run} ${timer} ${path}`
}
