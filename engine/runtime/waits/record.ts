/**
 * The records of steps that wait for others: people, events, signals. Part of `record.ts`.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { JsonObject } from '#engine/core/json.ts'
import type { At, OnPath, Payload } from '#engine/runtime/record.ts'

/** An `await` waits from here on: for what, and until when. */
export interface AwaitOpened extends OnPath {
  readonly kind: 'await.opened'
  readonly topic: string
  /** What the data must hold to be taken. */
  readonly match?: JsonObject
  /** When the wait ends by itself. */
  readonly due?: Instant
}
/** What came for the `await` at the path was looked at: it is what was waited for, or is not. */
export interface AwaitTaken extends OnPath {
  readonly kind: 'await.taken'
  /** Of the signal or the event. */
  readonly id: string
  readonly takes: boolean
  /** Absent where it is taken as it came. */
  readonly output?: Payload
}
/** An `approve` asks from here on. */
export interface ApprovalOpened extends OnPath {
  readonly kind: 'approval.opened'
  readonly ask: string
  readonly show?: Payload
  /** Who may answer. */
  readonly by: readonly string[]
  readonly quorum: number
  /** Over the run, the path and all that is shown and asked; an answer names it. */
  readonly digest: Digest
  /** When the time to answer is up. */
  readonly due?: Instant
  /** When more people may answer, and who. */
  readonly escalation?: { readonly due: Instant; readonly to: readonly string[] }
}
/** Somebody answered. */
export interface ApprovalDecided extends OnPath {
  readonly kind: 'approval.decided'
  /** Two answers with one id are one. */
  readonly id: string
  readonly by: string
  /** The team that lets the person answer, where it is a team. */
  readonly of?: string
  readonly decision: 'approve' | 'reject'
  readonly reason?: string
  readonly form?: Payload
  /** Of what was asked. */
  readonly digest: Digest
}
/** Somebody told the run something. It stays until an `await` takes it. */
export interface SignalReceived extends At {
  readonly kind: 'signal.received'
  readonly name: string
  /** Two signals with one id are one. */
  readonly id: string
  readonly data: Payload
  /** Who sent it, where that is known. */
  readonly by?: string
}
/** An event reached the run, for the steps at `paths`. */
export interface EventReceived extends At {
  readonly kind: 'event.received'
  readonly subject: string
  /** Two events with one id are one. */
  readonly id: string
  readonly data: Payload
  readonly key?: string
  readonly paths: readonly string[]
}
/** A step said something to whoever waits for it; committed together with its way there. */
export interface EventEmitted extends OnPath {
  readonly kind: 'event.emitted'
  readonly subject: string
  readonly id: string
  readonly data: Payload
  readonly key?: string
}
/** Somebody has the run begin nothing new; what is under way ends. */
export interface RunPaused extends At {
  readonly kind: 'run.paused'
  readonly by?: string
}
/** The run goes on. */
export interface RunResumed extends At {
  readonly kind: 'run.resumed'
  readonly by?: string
}
