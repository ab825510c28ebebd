/**
 * What a case waits for that is not of its own time: code in the sandbox, modules that load.
 * As long as something is under way the clock of the test stands still.
 */
export interface Outside {
  readonly isBusy: boolean
  /** Waits for `work`, and counts it as long as it takes. */
  wait<T>(work: Promise<T>): Promise<T>
  /** Resolves when something that was under way is over, or at `until` (`performance.now()`). */
  next(until: number): Promise<void>
  /** Lets everything happen that waits for nothing but a turn of the event loop. */
  turn(): Promise<void>
}

export function outsideOf(): Outside {
  let count = 0
  let wake = (): void => undefined
  return {
    get isBusy() {
      return count > 0
    },
    async wait(work) {
      count += 1
      try {
        return await work
      } finally {
        count -= 1
        wake()
      }
    },
    async next(until) {
      if (count === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = setTimeout(resolve, Math.max(0, until - performance.now()))
      await promise
      clearTimeout(timer)
    },
    turn: async () => await new Promise((resolve) => setImmediate(resolve)),
  }
}
