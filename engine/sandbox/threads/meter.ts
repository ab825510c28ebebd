/**
 * What turns of guest code take of the processor.
 *
 * Asking the system costs as much as a small call, so a turn that is over at once is
 * taken at the clock's word: a thread that runs guest code waits for nothing. Longer
 * turns are asked for, less what passed since the last time that the system was asked.
 */
export interface Meter {
  /** The time at which a turn begins. */
  start(): number
  /** What the turn that began at `start` took. */
  stop(start: number): { readonly wallMs: number; readonly cpuMs: number }
}

/** A turn shorter than this is not asked for, and an older answer is asked for anew. */
const exactMs = 1

export function meterOf(asked: { clockMs(): number; cpuMs(): number }): Meter {
  let atMs = Number.NEGATIVE_INFINITY
  let atCpuMs = 0
  const ask = (nowMs: number): void => {
    atMs = nowMs
    atCpuMs = asked.cpuMs()
  }
  return {
    start: () => {
      const now = asked.clockMs()
      if (now - atMs > exactMs) ask(now)
      return now
    },
    stop: (start) => {
      const now = asked.clockMs()
      const wallMs = now - start
      if (wallMs < exactMs) return { wallMs, cpuMs: wallMs }
      const before = atCpuMs + (start - atMs)
      ask(now)
      return { wallMs, cpuMs: Math.min(wallMs, Math.max(0, atCpuMs - before)) }
    },
  }
}
