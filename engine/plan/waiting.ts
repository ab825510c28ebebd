/**
 * The steps of a plan that wait for people or events, tell them something, or remember. Part of
 * `plan.ts`.
 */
import type { JsonObject } from '#engine/core/json.ts'
import type { Template } from '#engine/dsl/template.ts'

import type { Block, StepBase } from './plan.ts'

/** Waits for what others say: a signal to this run, or an event to whoever listens. */
export interface AwaitStep extends StepBase {
  readonly kind: 'await'
  readonly on: 'signal' | 'event'
  /** The name of the signal, or the subject of the event with its wildcards, once evaluated. */
  readonly topic: Template
  /** A map, once evaluated: what the data must hold. Compared as data, so that routing needs no run. */
  readonly match?: Template
  /** A condition over `event`, asked of what `match` lets through. */
  readonly where?: Template
  /** `all` takes what comes until the time is up. */
  readonly count: number | 'all'
  /** A duration, once evaluated; absent waits for ever. */
  readonly within?: Template
  /** What runs when the time is up; absent means that the step fails. */
  readonly onTimeout?: Block
  /** What each of the taken ones gives; absent means it as it is. */
  readonly output?: Template
}

/** Asks people, and goes on with their answer. */
export interface ApproveStep extends StepBase {
  readonly kind: 'approve'
  /** The question. */
  readonly ask: Template
  /** What people see beside it: the very values that are used afterwards. */
  readonly show?: Template
  /** JSON Schema of what people fill in. */
  readonly form?: JsonObject
  /** A list of `user:…`, `team:…` and `anyone`, once evaluated. */
  readonly by: Template
  /** How many must approve; one who denies ends it. */
  readonly quorum: number
  /** A duration, once evaluated; absent waits for ever. */
  readonly within?: Template
  readonly onTimeout: 'fail' | 'approve' | 'deny' | Block
  /** Who may answer as well once so much time has passed. */
  readonly escalate?: { readonly after: Template; readonly to: Template }
}

/** Reads or writes what the flow remembers from run to run. */
export interface StateStep extends StepBase {
  readonly kind: 'state'
  readonly does: 'get' | 'set' | 'delete'
  readonly key: Template
  /** What is written; of a `get`, what stands for a key that is not there. */
  readonly value?: Template
  /** The version that must be there, 0 for no key at all. */
  readonly expected?: Template
}

/** Tells whoever waits for it. */
export interface EmitStep extends StepBase {
  readonly kind: 'emit'
  /** The subject, once evaluated. */
  readonly event: Template
  readonly data?: Template
  /** What keeps events of one thing in their order where they go far. */
  readonly key?: Template
}
