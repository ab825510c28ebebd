/**
 * Time as a port: the pure half of ionflux never asks the machine what time it is.
 *
 * A simulation gives a clock of its own and so runs a month in a millisecond.
 */

/** Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. */
export type Instant = number

export interface Clock {
  now(): Instant
  /**
   * Calls `wake` once, at or after `at`, never before it and never in the call itself.
   * Returns what takes the order back.
   */
  wakeAt(at: Instant, wake: () => void): () => void
}
