/**
 * ionflux test: the types of the file.
 *
 * Generated from schemas/test.json by scripts/types.ts; edit that.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

/**
 * Tests of a flow: cases with inputs, answers in place of the world, and what must come of them.
 */
export interface TestFile {
  /** The version of the language this file is written in. */
  readonly dsl: 'test/1'
  /**
   * The flow file, relative to this one. Without it: the flow beside it, x.flow.yaml for
   * x.test.yaml.
   */
  readonly flow?: string
  /** What the file tests, for people. */
  readonly description?: string
  /** The time at which the run starts. Without it: 2026-01-01T00:00:00Z. */
  readonly start?: string
  /**
   * Answers in place of the world, by step (id, or path of one turn) or by action (std/git/log).
   * The case goes before the file; in each a path before an id, and an id before an action.
   */
  readonly mocks?: Readonly<Record<string, readonly Answer[] | Answer>>
  /** Steps or actions that may really be called. Without it only pure code is. */
  readonly allow?: readonly string[]
  /** The cases, each a run of its own. */
  readonly cases: readonly Case[]
}

export interface Case {
  /** What the case shows, as a sentence; unique in the file. */
  readonly name: string
  /** The inputs of the run. */
  readonly inputs?: JsonObject
  /** The event that started the run. */
  readonly event?: Json
  /** The time at which the run starts. Without it: 2026-01-01T00:00:00Z. */
  readonly start?: string
  /** What the flow remembers from earlier runs, by key; each has the version 1. */
  readonly state?: JsonObject
  /**
   * Answers in place of the world, by step (id, or path of one turn) or by action (std/git/log).
   * The case goes before the file; in each a path before an id, and an id before an action.
   */
  readonly mocks?: Readonly<Record<string, readonly Answer[] | Answer>>
  /** Steps or actions that may really be called. Without it only pure code is. */
  readonly allow?: readonly string[]
  /** What happens to the run from outside, and when. */
  readonly when?: readonly Moment[]
  /** What must come of the run. Without it: that it is done. */
  readonly expect?: Expect
  /** Compares the whole run with the file beside this one; `ionflux test --update` writes it. */
  readonly snapshot?: boolean
}

export interface Answer {
  /**
   * What the call gives. Text in it may hold ${{ … }}, which sees input, inputs, attempt, call and
   * path.
   */
  readonly output?: Json
  /** The code with which the call fails, or a mapping with code, message and data. */
  readonly error?: string | MockFailure
  /** What the call spends on models. */
  readonly usage?: Spending
  /** How long the call takes, in the time of the test: 3s, 2h. Without it: no time. */
  readonly delay?: string
}

export interface Spending {
  /** What it costs. */
  readonly usd?: number
  /** How many are read and written. */
  readonly tokens?: number
  /** How often models are asked. */
  readonly turns?: number
}

export interface MockFailure {
  /** An error code (RUN_STEP_TIMEOUT) or a word that a plugin chose (rate_limited). */
  readonly code: string
  /** What the failure says. */
  readonly message?: string
  /** What the failure carries. */
  readonly data?: Json
}

export interface Moment {
  /** How long after the start of the run: 3d. */
  readonly at?: string
  /** Once this step has ended. */
  readonly after?: string
  /** How long after that step: 2h. */
  readonly delay?: string
  /** Cancels the run, for this reason. */
  readonly cancel?: string
  /** Sends the run a signal: its name, or a mapping with name, data and by. */
  readonly signal?: string | SentSignal
  /** Publishes an event: its subject, or a mapping with subject, data and key. */
  readonly event?: string | SentEvent
  /**
   * Somebody approves what this step asks: its name, or a mapping with step, by, of, form and
   * reason.
   */
  readonly approve?: string | SentAnswer
  /** Somebody denies what this step asks. */
  readonly reject?: string | SentAnswer
  /** Somebody says what became of a step whose outcome a crash left unknown. */
  readonly settle?: SentSettlement
  /** Ends the process without a word; another one carries the run on. */
  readonly crash?: boolean
}

export interface SentAnswer {
  /** The id of a step, or the path of one turn of it: scan[3]/check. */
  readonly step: string
  /** The person: user:ann. Without it: somebody whom the step asks. */
  readonly by?: string
  /** The teams of the person: [team:finance]. */
  readonly of?: readonly string[]
  /** What the person fills in. */
  readonly form?: Json
  /** What the person adds. */
  readonly reason?: string
}

export interface SentSettlement {
  /** The id of a step, or the path of one turn of it: scan[3]/check. */
  readonly step: string
  /** What became of it. */
  readonly as: 'happened' | 'did-not-happen' | 'retry'
  /** What the step yields, where it happened. */
  readonly output?: Json
}

export interface SentSignal {
  /** The name that the `await` waits for. */
  readonly name: string
  /** What it says. */
  readonly data?: Json
  /** Who sends it. */
  readonly by?: string
}

export interface SentEvent {
  /** The subject, without wildcards: orders.created. */
  readonly subject: string
  /** What it says. */
  readonly data?: Json
  /** What keeps events in order. */
  readonly key?: string
}

export interface Expect {
  /**
   * How the run ends; parked when it waits for something that does not come, uncertain when a crash
   * left the outcome of a step unknown. Without it: done, or failed where an error is expected.
   */
  readonly status?: 'done' | 'failed' | 'cancelled' | 'parked' | 'uncertain'
  /**
   * The steps that ran, all of them, in the order in which they first began; or a mapping with
   * includes and excludes.
   */
  readonly path?: readonly string[] | PartOfPath
  /** The whole output of the run. */
  readonly output?: Json
  /** Part of the output: mappings may have more keys. */
  readonly part?: Json
  /** The code with which the run fails, or a mapping with code, message and step. */
  readonly error?: string | ExpectedError
  /** The calls of a step or an action: how many, or what each was given. */
  readonly calls?: Readonly<Record<string, number | readonly Json[]>>
  /** What the run may use at most. */
  readonly budget?: Budget
}

export interface PartOfPath {
  /** Steps that must run, in this order. */
  readonly includes?: readonly string[]
  /** Steps that must not run. */
  readonly excludes?: readonly string[]
}

export interface ExpectedError {
  /** An error code (RUN_STEP_TIMEOUT) or a word that a plugin chose (rate_limited). */
  readonly code?: string
  /** Words that the message must hold. */
  readonly message?: string
  /** The step that failed. */
  readonly step?: string
}

export interface Budget {
  /** From the start of the run to its end, in the time of the test. */
  readonly time?: string
  /** Calls of actions, every attempt counted. */
  readonly calls?: number
  /** Steps that begin, every turn of a loop counted. */
  readonly steps?: number
  /** What models cost, by what mocks say of their usage. */
  readonly usd?: number
  /** Tokens that models read and write. */
  readonly tokens?: number
  /** How often models are asked. */
  readonly turns?: number
}
