/**
 * What an attempt took, spent and was told, as its record keeps it. Part of `record.ts`.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'

/** What an attempt took, where code was run for it. It may differ from attempt to attempt. */
export interface StepUsage {
  /** From the call to its result, waiting included. */
  readonly wallMs: number
  /** Processor time in the action's own code. Absent when its thread had to be ended. */
  readonly cpuMs?: number
  /** The most memory its heap has held. Absent when its thread had to be ended. */
  readonly peakBytes?: number
  readonly hostCalls: number
  /** The input, and what the host answered. */
  readonly bytesIn: number
  /** The output, what it asked the host for, and what it logged. */
  readonly bytesOut: number
}
/**
 * What the host told an attempt, in the order in which it was told: with these, the
 * attempt can be executed again to the same bytes. Values of secrets are not in it.
 */
export interface HostAnswer {
  /** The number of the question. */
  readonly id: number
  readonly op: string
  readonly args: Json
  readonly reply?: Json
  /** In place of `reply`. */
  readonly error?: { readonly code: string; readonly message: string }
}
/** Where an output comes from that no code was run for. */
export interface CachedFrom {
  /** The run that executed the same code with the same input. */
  readonly run: RunId
  readonly at: Instant
}
/** What was spent on models; in whole numbers, so that sums are exact. */
export interface Spent {
  /** Millionths of a US dollar. */
  readonly usdMicros?: number
  readonly tokens?: number
  /** How often models were asked. */
  readonly turns?: number
}
