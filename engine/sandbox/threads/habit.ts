/**
 * What the calls of some code have been like, from which the pool guesses how the next one
 * will be.
 *
 * One short call is enough to be taken for short. Code that was stopped has to prove itself
 * for longer, so that it cannot take a place of the quick ones again and again.
 */
import { limits } from '#engine/core/limits.ts'

export class Habit {
  #isQuick = false
  #proofsWanted = 1

  /** The last call took next to no time: others may be sent behind the next one. */
  get isQuick(): boolean {
    return this.#isQuick && this.isShort
  }

  /** Its calls end soon: nobody has to be kept from waiting for them. */
  get isShort(): boolean {
    return this.#proofsWanted === 0
  }

  /** A call has ended; `cpuMs` is absent for one whose thread had to be ended. */
  note({ cpuMs, isStopped }: { readonly cpuMs?: number; readonly isStopped: boolean }): void {
    const ms = cpuMs ?? Number.POSITIVE_INFINITY
    this.#isQuick = ms < limits.sandboxQuickMs
    if (isStopped) this.#proofsWanted = limits.sandboxShortProofs
    else if (ms >= limits.sandboxShortMs) this.#proofsWanted = Math.max(1, this.#proofsWanted)
    else if (this.#proofsWanted > 0) this.#proofsWanted--
  }
}
