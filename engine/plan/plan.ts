/**
 * The plan: a flow compiled to plain data, printable, hashable, and all a run needs.
 *
 * Nothing is executed that was not first a plan. It names code by digest and holds
 * no path of a machine and no time, so the same text gives the same `execDigest`
 * everywhere. How a step is called is not known here (`runtime`).
 */
import type { Digest } from '#engine/core/digest.ts'
import type { JsonObject } from '#engine/core/json.ts'
import type { Effects, Template } from '#engine/dsl/template.ts'
import type { Permissions } from '#engine/dsl/world.ts'

import type { ApproveStep, AwaitStep, EmitStep, StateStep } from './waiting.ts'

export interface Plan {
  readonly $type: 'ionflux.plan/v1'
  /** The `id:` of the flow. */
  readonly flow: string
  readonly body: Block
  /** JSON Schema (2020-12) of the inputs; absent when the flow declares none. */
  readonly inputs?: JsonObject
  /** JSON Schema (2020-12) of what the run returns; absent when the flow declares none. */
  readonly returns?: JsonObject
  /** Evaluated when the body has ended; absent means the output of the last step. */
  readonly outputs?: Template
  readonly timeoutMs?: number
  readonly permissions: Permissions
  /** A run begins only once no other has come for a while. */
  readonly debounce?: Debounce
  /** How many runs may begin within a span of time. */
  readonly rateLimit?: RateLimit
  /** How many runs may be under way at once. */
  readonly concurrency?: Concurrency
  /** Runs when the run has failed and what it did is undone. */
  readonly onFailure?: Block
}

export interface Debounce {
  /** Runs replace each other for each value of its own; absent means for the whole flow. */
  readonly key?: Template
  readonly waitMs: number
  /** From the first of a series on. */
  readonly maxWaitMs?: number
}

export interface RateLimit {
  /** Counted for each value of its own; absent means for the whole flow. */
  readonly key?: Template
  readonly limit: number
  readonly perMs: number
  readonly onExceed: 'queue' | 'skip' | 'reject'
}

export interface Concurrency {
  /** Counted for each value of its own; absent means for the whole flow. */
  readonly key?: Template
  readonly limit: number
  readonly onConflict: 'queue' | 'cancel_old' | 'skip' | 'reject'
}

export interface Block {
  readonly steps: readonly PlanStep[]
  /** Absent means the output of the last step that ran. */
  readonly output?: Template
}

export interface StepBase {
  readonly id: string
  readonly retry?: RetryPolicy
  /** Milliseconds from the start of the first attempt to the end of the last. */
  readonly timeoutMs?: number
}

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly max: number
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
  /** Spreads the wait over 50 to 100 % of it, by a hash of run and path: no two replays differ. */
  readonly jitter: boolean
  /** Codes that are tried again; absent means every transient one. */
  readonly on?: readonly string[]
}

/** One action of one unit of code, by digest. */
export interface PlanAction {
  /** As the author wrote it, without the range: `std/git/log`, or `transform`. */
  readonly name: string
  /** The unit (manifest and code) in the content store. */
  readonly unit: Digest
  /** The name the unit exports it by. */
  readonly export: string
  readonly effects: Effects
  /** It may ask models, which costs; absent where it cannot. */
  readonly spends?: true
}

export interface CallStep extends StepBase {
  readonly kind: 'call'
  readonly action: PlanAction
  readonly with?: Template
  /** The author's own idempotency key; absent means the engine's. */
  readonly idempotency?: Template
  /** Of an agent: how much this call may use. */
  readonly limits?: { readonly turns?: number; readonly tokens?: number; readonly timeMs?: number }
  /** The call that undoes it; evaluated as soon as the step is done, and sees its output. */
  readonly compensate?: CallStep
}
export interface FlowStep extends StepBase {
  readonly kind: 'flow'
  readonly flow: string
  /** The execDigest of the plan that is called. */
  readonly plan: Digest
  readonly with?: Template
  /** Nobody waits for the run: the step yields its id once it has begun for good. */
  readonly detach?: true
  /** The call that undoes it; evaluated as soon as the step is done, and sees its output. */
  readonly compensate?: CallStep
}
export interface IfStep extends StepBase {
  readonly kind: 'if'
  readonly when: Template
  readonly then: Block
  readonly else?: Block
}
export interface SwitchStep extends StepBase {
  readonly kind: 'switch'
  readonly value: Template
  /** In the order of the file; a value equals a case when both print alike. */
  readonly cases: readonly { readonly when: string; readonly block: Block }[]
  readonly default: Block
}
export interface EachStep extends StepBase {
  readonly kind: 'each'
  readonly in: Template
  readonly as: string
  readonly concurrency: number
  readonly onError: 'fail' | 'skip' | 'collect'
  readonly body: Block
}
export interface WhileStep extends StepBase {
  readonly kind: 'while'
  readonly when: Template
  readonly max: number
  /**
   * Yields the items of all turns as one list instead of the last turn's output, and hands
   * `turn.previous` the output of the step `carry`: how pages are gone through.
   */
  readonly gather?: { readonly carry: string }
  readonly body: Block
}
export interface ParallelStep extends StepBase {
  readonly kind: 'parallel'
  readonly branches: readonly {
    readonly name: string
    readonly needs: readonly string[]
    readonly block: Block
  }[]
  readonly join: 'all' | 'any' | number
  /** Sees `branches.<name>.output`; absent means the map of these. */
  readonly output?: Template
}
/** The first branch to end well wins; the others are stopped and undone. */
export interface RaceStep extends StepBase {
  readonly kind: 'race'
  readonly branches: readonly { readonly name: string; readonly block: Block }[]
}
export interface TryStep extends StepBase {
  readonly kind: 'try'
  readonly body: Block
  /** The first whose `on` names the code, or that has no `on`, takes the error. */
  readonly catches: readonly { readonly on?: readonly string[]; readonly block: Block }[]
  readonly finally?: Block
}
/** A block with parameters of its own: its steps see nothing of what is around it. */
export interface ComponentStep extends StepBase {
  readonly kind: 'component'
  /** The `id:` of its file. */
  readonly component: string
  readonly with?: Template
  /** JSON Schema (2020-12) of the parameters; their defaults are filled in. */
  readonly inputs?: JsonObject
  readonly body: Block
}
export interface SleepStep extends StepBase {
  readonly kind: 'sleep'
  /** A duration (`90s`, `1h30m`, ISO 8601) or a number of milliseconds, once evaluated. */
  readonly for: Template
}
export interface UntilStep extends StepBase {
  readonly kind: 'until'
  /** An RFC 3339 instant, once evaluated. */
  readonly at: Template
}
export interface LetStep extends StepBase {
  readonly kind: 'let'
  readonly value: Template
}
export interface ReturnStep extends StepBase {
  readonly kind: 'return'
  readonly value: Template
}
export interface FailStep extends StepBase {
  readonly kind: 'fail'
  readonly code: string
  readonly message: Template
  readonly data?: Template
}
export interface AssertStep extends StepBase {
  readonly kind: 'assert'
  readonly when: Template
  readonly message?: Template
}

export type PlanStep =
  | CallStep
  | FlowStep
  | IfStep
  | SwitchStep
  | EachStep
  | WhileStep
  | ParallelStep
  | RaceStep
  | TryStep
  | ComponentStep
  | SleepStep
  | UntilStep
  | LetStep
  | ReturnStep
  | FailStep
  | AssertStep
  | AwaitStep
  | EmitStep
  | ApproveStep
  | StateStep

/**
 * A unit of code as the content store holds it: what its digest is over.
 * The bundle is found by its own digest, `code`.
 */
export interface Unit {
  readonly $type: 'ionflux.unit/v1'
  readonly name: string
  readonly kind: 'plugin' | 'transform' | 'agent'
  /** What the code is: a WebAssembly module; absent means one classic script, made by the pinned bundler. */
  readonly format?: 'wasm'
  /** Digest of the code. */
  readonly code: Digest
  readonly actions: Readonly<Record<string, UnitAction>>
  readonly capabilities: Permissions
  readonly memoryBytesMax?: number
  /** Of the input and the output as JSON. */
  readonly inputBytesMax?: number
  readonly outputBytesMax?: number
  readonly timeMsMax?: number
}

export interface UnitAction {
  readonly effects: Effects
  /** Which of the unit's powers it may use, `net` or `git:read`; absent means all. */
  readonly needs?: readonly string[]
  /** JSON Schemas (2020-12), checked by the caller on every call. */
  readonly input?: JsonObject
  readonly output?: JsonObject
}
