/**
 * What a worker shows while it cannot speak: how many turns it has begun, and when the
 * last of them began.
 *
 * Sixteen bytes that both threads see. The worker writes them before each turn, so the
 * main thread knows whom to blame even when guest code never comes back. No guest can
 * reach them: its memory is another.
 */
export const pulseBytes = 16

export class Pulse {
  readonly #begun: Int32Array
  readonly #sinceMs: Float64Array

  constructor(shared: SharedArrayBuffer) {
    this.#begun = new Int32Array(shared, 0, 1)
    this.#sinceMs = new Float64Array(shared, 8, 1)
  }

  /** The worker begins its next turn. */
  beat(): void {
    this.#sinceMs[0] = monotonicMs()
    Atomics.add(this.#begun, 0, 1)
  }

  /** Counts all turns of the thread's life, and starts again below zero after two milliards. */
  get begun(): number {
    return Atomics.load(this.#begun, 0)
  }

  get sinceMs(): number {
    return this.#sinceMs[0] ?? 0
  }
}

/** Milliseconds of a clock that all threads share and nobody sets. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1_000 + nanoseconds / 1_000_000
}
