/**
 * What a host keeps beside the journals so that runs find each other: which steps wait for
 * people or events, and which events are still to be delivered.
 *
 * Both change with the batch that carries their records, so a crash loses neither. Looking
 * up who waits wakes no run. `durable/` implements it as part of the Journal.
 */
import type { RunId } from '#engine/core/id.ts'
import type { JsonObject } from '#engine/core/json.ts'
import type { Payload } from '#engine/runtime/record.ts'

/** What a step that waits is found by. */
export type Wait =
  | { readonly kind: 'approval' }
  /** A run under way or in the queue, where its flow limits how many are; its path is empty. */
  | { readonly kind: 'slot'; readonly key: string; readonly isHeld: boolean }
  /** A run that waits for others of its key to come; its path is empty. */
  | { readonly kind: 'debounce'; readonly key: string }
  | {
      readonly kind: 'event'
      /** `topicKey` and `matchKey` of what it waits for (`route.ts`). */
      readonly topic: string
      readonly key: string
      readonly wanted: Wanted
    }

/** What an event must be to reach the step. */
export interface Wanted {
  /** With its wildcards. */
  readonly subject: string
  readonly match?: JsonObject
}

export interface WaitChange {
  readonly path: string
  /** Absent: it does not wait any more. */
  readonly wait?: Wait
}

export interface Waiting {
  readonly run: RunId
  readonly path: string
  /** Of an `await`. */
  readonly wanted?: Wanted
  /** Of a slot, and of a run that waits for others. */
  readonly key?: string
}

export type FindWaiting = (
  | { readonly kind: 'approval' }
  /** Without `key`, those of all. */
  | { readonly kind: 'slot'; readonly isHeld: boolean; readonly key?: string }
  | { readonly kind: 'debounce'; readonly key?: string }
  | {
      readonly kind: 'event'
      readonly topics: readonly string[]
      readonly keys: readonly string[]
    }
) & {
  readonly limit: number
  /** Only those after this one; for paging. */
  readonly after?: Pick<Waiting, 'run' | 'path'>
}

/** An event on its way to whoever waits for it. */
export interface Outgoing {
  /** Two events with one id are one. */
  readonly id: string
  readonly subject: string
  readonly data: Payload
  readonly key?: string
}

export interface Waits {
  /** Steps that wait, the oldest runs first. */
  waiting(query: FindWaiting): readonly Waiting[]
  /** Events that are not delivered yet, oldest first. */
  outbox(limit: number): readonly Outgoing[]
  /** Takes in an event that no run emits; resolves once it is durable. An id that is there is known. */
  publish(event: Outgoing): Promise<void>
  /** The event has reached everybody. Should this be lost, it is delivered once more. */
  delivered(id: string): Promise<void>
}
