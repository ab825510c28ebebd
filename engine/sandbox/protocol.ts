/**
 * What the main thread and a sandbox worker say to each other.
 *
 * Guest data crosses as JSON text, never as objects, so that nothing a guest made
 * is ever shared, and so that one parse on each side is all a call costs.
 * Everything that began in the guest is checked again by the main side.
 */
import type { Code } from '#engine/core/codes.ts'
import type { Json } from '#engine/core/json.ts'

/** The variable in which bundled code leaves its exports. */
export const unitName = '__unit'

/** The export that is an action. @example exportOf('read-file') // 'readFile' */
export function exportOf(action: string): string {
  return action.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** What a worker is born with. */
export interface WorkerData {
  /** Where it shows which turn it is at (`threads/pulse.ts`). */
  readonly pulse: SharedArrayBuffer
}

/** One call as a worker gets it. */
export interface Job {
  /** Key of the code among the worker's instances. */
  readonly instance: string
  /** The action's name among the exports of the code. */
  readonly action: string
  readonly input: string
  /** Facts the guest may see, as JSON text of a `GuestFacts`. */
  readonly facts: string
  readonly memoryBytesMax: number
  readonly timeMsMax: number
  /** Of code that is a WebAssembly module; absent means a script. */
  readonly format?: 'wasm'
}

/** The part of a request that a guest sees. */
export interface GuestFacts {
  /** What `Date.now()` answers during the whole call. */
  readonly now: number
  /** What `Math.random()` is seeded with. */
  readonly seed: string
  /** Whether there is a global `fetch`: its manifest asks for hosts. */
  readonly hasNet?: true
  /** Absent for a transform, which gets no `ctx`. */
  readonly run?: {
    readonly id: string
    readonly path: string
    readonly attempt: number
    readonly key: string
  }
}

export interface HostReply {
  readonly isOk: boolean
  /** JSON text of the answer, or the message of the failure. */
  readonly text: string
  /** Of a failure. */
  readonly code?: string
}

/** A call to begin; the first of some code carries it. */
export interface StartMessage {
  readonly kind: 'call'
  readonly call: number
  readonly job: Job
  readonly code?: string | Uint8Array
}

/** Goes in lists: all that one turn of the event loop has to say. */
export type ToWorker =
  /** How much memory its warm realms may hold: none until it is told. */
  | { readonly kind: 'room'; readonly warmBytesMax: number }
  | StartMessage
  | {
      readonly kind: 'reply'
      readonly call: number
      readonly id: number
      readonly reply: HostReply
    }
  /** Nobody waits for this call any more. */
  | { readonly kind: 'drop'; readonly call: number }

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * What a worker tells, in lists. Every `call` and every `reply` is a turn, which it answers
 * with exactly one of `unknown`, `waiting` and `ended`, in the order of the turns.
 */
export type FromWorker =
  | { readonly kind: 'ready' }
  /** The code has been forgotten, and must come again with the call. */
  | { readonly kind: 'unknown'; readonly call: number }
  | { readonly kind: 'started'; readonly call: number }
  | { readonly kind: 'log'; readonly call: number; readonly level: LogLevel; readonly text: string }
  | {
      readonly kind: 'host'
      readonly call: number
      readonly id: number
      readonly op: string
      readonly args: string
    }
  /** The call has nothing to do until a reply comes. */
  | { readonly kind: 'waiting'; readonly call: number; readonly leftMs: number }
  | {
      readonly kind: 'ended'
      readonly call: number
      readonly outcome: Outcome
      readonly spent: Spent
    }

/** What a call took of the machine. */
export interface Spent {
  /** Processor time of the thread in guest code. */
  readonly cpuMs: number
  /** The most that the call's heap has held. */
  readonly peakBytes: number
}

export type Outcome =
  | {
      readonly kind: 'done'
      readonly text: string
      /** It looked at something that is not its input: time, chance, or the run it works for. */
      readonly sawRun: boolean
    }
  | { readonly kind: 'threw'; readonly thrown: Thrown }
  | {
      readonly kind: 'stopped'
      readonly code: Code
      readonly message: string
      readonly data?: { readonly [key: string]: Json }
    }

/** What a guest threw, as text: nothing in it is trusted. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** JSON text. */
  readonly data?: string
  readonly stack?: string
}
