/**
 * ionflux flow: the types of the file.
 *
 * Generated from schemas/flow.json by scripts/types.ts; edit that.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

/**
 * A flow in the language flux/1: steps that run one after another, durably, with blocks for choice,
 * repetition, parallelism and failure.
 */
export interface Flow {
  /** The version of the language this file is written in. */
  readonly dsl: 'flux/1'
  /** The name of the flow, unique in the repository. It stays when the file moves. */
  readonly id: string
  /** What the flow does, for people. */
  readonly description?: string
  /** Which events start a run. A flow without triggers is started by hand or by another flow. */
  readonly on?: Triggers
  /** JSON Schema (2020-12) of the inputs: an object. A $ref may name a relative file. */
  readonly inputs?: JsonObject
  /** The ceiling of what the steps may do. What is not listed is refused. */
  readonly permissions?: FlowPermissions
  /** How many runs of the flow may be under way at once, and what happens to one too many. */
  readonly concurrency?: Concurrency
  /**
   * How many runs of the flow may begin within a span of time, and what happens to one too many.
   */
  readonly rate_limit?: RateLimit
  /**
   * A run begins only when no other has come for a while; of those that come sooner, the last one
   * begins.
   */
  readonly debounce?: Debounce
  /** How long a run may take in all, waits included: 90s, 5m, 1h30m, 4d. */
  readonly timeout?: string
  /** The steps, one after another. */
  readonly steps: readonly Step[]
  /**
   * The steps that run when the run has failed and what it did is undone; expressions see the
   * failure as error.
   */
  readonly on_failure?: readonly Step[]
  /**
   * JSON Schema (2020-12) of what the run returns, by outputs or by return; callers of the flow are
   * typed by it. A $ref may name a relative file.
   */
  readonly returns?: JsonObject
  /** What the run returns. Without it: the output of the last step. */
  readonly outputs?: Json
}

export interface FlowPermissions {
  /**
   * Hosts that steps may reach: api.example.com, *.example.com, host:8443, http://localhost:8080,
   * GET,HEAD host.
   */
  readonly net?: readonly string[]
  /** Names of the secrets that steps may be given. */
  readonly secrets?: readonly string[]
  /**
   * What steps may do with the repository: read it at the run's commit, write:ionflux/* for commits
   * to these branches, tag:v* for these tags.
   */
  readonly git?: readonly string[]
  /** What steps may do with what the flow remembers from run to run. */
  readonly state?: readonly ('read' | 'write')[]
  /**
   * Files steps may use: read:docs/** of the repository at the run's commit, write:reports/* of the
   * files that the run leaves behind.
   */
  readonly files?: readonly string[]
  /** What steps may do with large data that is passed on by its digest. */
  readonly blob?: readonly ('read' | 'write')[]
  /**
   * What a run, with the runs that it calls, may spend on models in all. Once it is used up, no
   * model is asked any more.
   */
  readonly budget?: Budget
  /** Classes of models steps may use. */
  readonly model?: readonly string[]
}

export interface Budget {
  /** What the models may cost: 0.20. */
  readonly usd?: number
  /** How many tokens may be read and written. */
  readonly tokens?: number
  /** How often models may be asked. */
  readonly turns?: number
}

export interface Triggers {
  /** A person starts the run. */
  readonly manual?: readonly ManualTrigger[] | ManualTrigger
  /** A clock starts the run. */
  readonly schedule?: readonly ScheduleTrigger[] | ScheduleTrigger
  /** A verified HTTP request starts the run. */
  readonly webhook?: readonly WebhookTrigger[] | WebhookTrigger
  /** A message on the event bus starts the run. */
  readonly event?: readonly EventTrigger[] | EventTrigger
  /** A push or a tag starts the run. */
  readonly git?: readonly GitTrigger[] | GitTrigger
  /** The end of another flow's run starts the run. */
  readonly flow?: readonly FlowTrigger[] | FlowTrigger
}

export interface ManualTrigger {
  /** The name of the trigger; required where a kind has several. */
  readonly id?: string
  /** How the event becomes the inputs of the run: ${{ event.body.invoice }}. */
  readonly inputs?: Readonly<Record<string, Json>>
}

export interface ScheduleTrigger {
  /** The name of the trigger; required where a kind has several. */
  readonly id?: string
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string
  /** An IANA time zone such as Europe/Lisbon. Without it: UTC. */
  readonly timezone?: string
  /** What happens with times that passed while nothing ran: none of them, the last one, or all. */
  readonly catchup?: 'none' | 'last' | 'all'
  /** How the event becomes the inputs of the run: ${{ event.body.invoice }}. */
  readonly inputs?: Readonly<Record<string, Json>>
}

export interface WebhookTrigger {
  /** The name of the trigger; required where a kind has several. */
  readonly id?: string
  /** How the request proves who sent it. */
  readonly scheme: 'standard' | 'github' | 'stripe' | 'hmac'
  /** Name of the secret that the sender signs with. */
  readonly secret: string
  /** How the event becomes the inputs of the run: ${{ event.body.invoice }}. */
  readonly inputs?: Readonly<Record<string, Json>>
}

export interface EventTrigger {
  /** The name of the trigger; required where a kind has several. */
  readonly id?: string
  /** The subject to listen on; * stands for one part, > for the rest: orders.*.paid. */
  readonly subject: string
  /** How the event becomes the inputs of the run: ${{ event.body.invoice }}. */
  readonly inputs?: Readonly<Record<string, Json>>
}

export interface GitTrigger {
  /** The name of the trigger; required where a kind has several. */
  readonly id?: string
  /** Branches (globs) whose push starts the run. */
  readonly push?: readonly string[]
  /** Tags (globs) that start the run when they appear. */
  readonly tag?: readonly string[]
  /** How the event becomes the inputs of the run: ${{ event.body.invoice }}. */
  readonly inputs?: Readonly<Record<string, Json>>
}

export interface FlowTrigger {
  /** The name of the trigger; required where a kind has several. */
  readonly id?: string
  /** The id of the other flow. */
  readonly flow: string
  /** Which ends start the run. Without it: done. */
  readonly status?: readonly ('done' | 'failed' | 'cancelled')[]
  /** How the event becomes the inputs of the run: ${{ event.body.invoice }}. */
  readonly inputs?: Readonly<Record<string, Json>>
}

export interface Concurrency {
  /**
   * Runs are counted for each value of its own: ${{ inputs.invoice.id }}. Without it: all runs of
   * the flow.
   */
  readonly key?: string
  /** How many may be under way at once. Without it: 1. */
  readonly limit?: number
  /**
   * One too many waits its turn (queue), takes the place of those before it (cancel_old), is
   * cancelled (skip) or fails (reject). Without it: queue.
   */
  readonly on_conflict?: 'queue' | 'cancel_old' | 'skip' | 'reject'
}

export interface RateLimit {
  /** How many runs may begin within the time. */
  readonly limit: number
  /** The time, wherever it is laid: 1m, 1h. */
  readonly per: string
  /**
   * Runs are counted for each value of its own: ${{ inputs.customer }}. Without it: all runs of the
   * flow.
   */
  readonly key?: string
  /**
   * One too many begins as soon as it may (queue), is cancelled (skip) or fails (reject). Without
   * it: queue.
   */
  readonly on_exceed?: 'queue' | 'skip' | 'reject'
}

export interface Debounce {
  /** How long no other run may have come: 5m. */
  readonly wait: string
  /**
   * Runs replace each other for each value of its own: ${{ inputs.branch }}. Without it: all runs
   * of the flow.
   */
  readonly key?: string
  /**
   * Once the first of them has waited so long, the latest begins although others come: 1h. Without
   * it: never.
   */
  readonly max_wait?: string
}

/**
 * The call that undoes this step when the run fails or is cancelled later. Its inputs are evaluated
 * as soon as the step is done and see its output.
 */
export interface Compensate {
  /** The action and the versions that will do: namespace/name[/action][@range]. */
  readonly use: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /** The key the callee removes duplicates by. Without it: the engine's own. */
  readonly idempotency?: string
  /** How often the step is tried: a number of attempts, or a policy with max, backoff and on. */
  readonly retry?: number | Retry
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

export interface Retry {
  /** Attempts in all, the first included. */
  readonly max: number
  /** How long to wait between attempts. */
  readonly backoff?: Backoff
  /** Only failures with these codes are tried again. Without it: every transient one. */
  readonly on?: readonly string[]
}

export interface Backoff {
  /** The wait after the first attempt: 1s. */
  readonly first?: string
  /** Each wait is this many times the one before. */
  readonly factor?: number
  /** No wait is longer than this: 1m. */
  readonly max?: string
  /** Spreads the waits, so that many runs do not come back at once. */
  readonly jitter?: boolean
}

/** One step: an id and exactly one of the kind keys. */
export type Step =
  | UseStep
  | TransformStep
  | FlowStep
  | AgentStep
  | ComponentStep
  | IfStep
  | SwitchStep
  | EachStep
  | WhileStep
  | ParallelStep
  | RaceStep
  | SleepStep
  | UntilStep
  | TryStep
  | LetStep
  | ReturnStep
  | FailStep
  | AssertStep
  | AwaitStep
  | EmitStep
  | ApproveStep
  | StateStep

/** Calls an action of a plugin; its output is the step's. */
export interface UseStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The action and the versions that will do: namespace/name[/action][@range]. */
  readonly use: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /**
   * The key the callee removes duplicates by: ${{ inputs.invoice.id }}. Without it: the engine's
   * own.
   */
  readonly idempotency?: string
  /** How often the step is tried: a number of attempts, or a policy with max, backoff and on. */
  readonly retry?: number | Retry
  /**
   * The call that undoes this step when the run fails or is cancelled later. Its inputs are
   * evaluated as soon as the step is done and see its output.
   */
  readonly compensate?: Compensate
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/** Runs sandboxed code without any capability: JSON in, JSON out. */
export interface TransformStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /**
   * An ES module with `export default (input) => output`, or the relative path of a .ts, .js or
   * .mjs file.
   */
  readonly transform: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /** How often the step is tried: a number of attempts, or a policy with max, backoff and on. */
  readonly retry?: number | Retry
  /**
   * The call that undoes this step when the run fails or is cancelled later. Its inputs are
   * evaluated as soon as the step is done and see its output.
   */
  readonly compensate?: Compensate
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/**
 * Runs another flow and waits for it; its outputs are the step's output. Detached, it only starts
 * it, and yields { run }.
 */
export interface FlowStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The id of the flow to run. */
  readonly flow: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /**
   * The other run is started once and goes on by itself: nobody waits for it, it is not cancelled
   * with this one, and the step yields { run }, its id.
   */
  readonly detach?: boolean
  /** How often the step is tried: a number of attempts, or a policy with max, backoff and on. */
  readonly retry?: number | Retry
  /**
   * The call that undoes this step when the run fails or is cancelled later. Its inputs are
   * evaluated as soon as the step is done and see its output.
   */
  readonly compensate?: Compensate
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/**
 * Runs the agent of a file and waits for its answer. Running one needs a model; until one is there,
 * an agent can be checked, planned, drawn and mocked in tests.
 */
export interface AgentStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The file of the agent, relative to this one: ./extractor.agent.yaml. */
  readonly agent: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /** What this call may use, at most what the agent's file says. */
  readonly limits?: AgentLimits
  /** How often the step is tried: a number of attempts, or a policy with max, backoff and on. */
  readonly retry?: number | Retry
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

export interface AgentLimits {
  /** How often the model may be asked. */
  readonly turns?: number
  /** How many tokens may be read and written in all. */
  readonly tokens?: number
  /** How long it may take in all: 2m. */
  readonly time?: string
}

/** Runs the steps of a component's file; they see only what is passed to them. */
export interface ComponentStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The file of the component, relative to this one: ./notify.component.yaml. */
  readonly component: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/** Runs `then` when the condition holds, otherwise `else`. */
export interface IfStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** An expression that is true or false: ${{ inputs.count > 3 }}. */
  readonly if: string | boolean
  /** The steps when the condition holds. */
  readonly then: readonly Step[]
  /** The steps when it does not. */
  readonly else?: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/** Runs the case whose name equals the value, otherwise `default`. */
export interface SwitchStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The value that chooses: ${{ inputs.kind }}. */
  readonly switch: Json
  /** Steps by value. */
  readonly cases: Readonly<Record<string, readonly Step[]>>
  /** The steps when no case fits; may be []. */
  readonly default: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/**
 * Runs the steps for every item of a list; yields the list of their outputs, in the order of the
 * items.
 */
export interface EachStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The list, and how its items are gone through. */
  readonly each: EachPages | Each
  /** The steps for one item. */
  readonly steps: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

export interface Each {
  /** The list to go through: ${{ steps.tree.output }}. */
  readonly in: string | readonly Json[]
  /** The name of the item in expressions. Without it: item. */
  readonly as?: string
  /** How many items may be under way at once. Without it: 16. */
  readonly concurrency?: number
  /** A failed item fails the step, is left out, or leaves its error in its place. */
  readonly on_error?: 'fail' | 'skip' | 'collect'
}

export interface EachPages {
  /**
   * The call that gives a page of items, and how it goes on: one page is fetched after the other.
   */
  readonly pages: Pages
  /** The name of the item in expressions. Without it: item. */
  readonly as?: string
  /** How many items of a page may be under way at once. Without it: 16. */
  readonly concurrency?: number
  /** A failed item fails the step, is left out, or leaves its error in its place. */
  readonly on_error?: 'fail' | 'skip' | 'collect'
}

export interface Pages {
  /** The action that gives a page: namespace/name[/action][@range]. */
  readonly use: string
  /** The inputs of the step by name. */
  readonly with?: Readonly<Record<string, Json>>
  /** The items of a page: ${{ page.issues }}. */
  readonly items: string
  /**
   * What the next page is asked with, seen there as cursor; null, false or an empty text ends: ${{
   * page.next }}.
   */
  readonly next: Json
  /** More pages than this are an error. Without it: 1000. */
  readonly max?: number
  /** How often the step is tried: a number of attempts, or a policy with max, backoff and on. */
  readonly retry?: number | Retry
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/**
 * Runs the steps as long as the condition holds, at most `max` times; yields the last turn's
 * output.
 */
export interface WhileStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** An expression that is true or false: ${{ inputs.count > 3 }}. */
  readonly while: string | boolean
  /** More turns than this are an error. */
  readonly max: number
  /** The steps of one turn. */
  readonly steps: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

/** Runs named branches at the same time; yields a map of their outputs. */
export interface ParallelStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** Branches by name: a list of steps, or a mapping with needs, steps and output. */
  readonly parallel: Readonly<Record<string, readonly Step[] | Branch>>
  /** When the step is done: all branches, any one, or this many. */
  readonly join?: number | 'all' | 'any'
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

export interface Branch {
  /** Branches that must be done before this one starts; seen as branches.<name>.output. */
  readonly needs?: readonly string[]
  /** The steps of the branch. */
  readonly steps: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
}

/**
 * Runs named branches at the same time; the first to end well wins, the others are stopped and
 * undone. Yields { winner, output }.
 */
export interface RaceStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** Branches by name: a list of steps, or a mapping with steps and output. */
  readonly race: Readonly<Record<string, readonly Step[] | Racer>>
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

export interface Racer {
  /** The steps of the branch. */
  readonly steps: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
}

/** Waits for a duration; costs nothing while it waits. */
export interface SleepStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** How long: 90s, 5m, 4d, or an expression. */
  readonly sleep: string
}

/** Waits until an instant; goes on at once when it has passed. */
export interface UntilStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** An RFC 3339 instant such as 2026-01-01T00:00:00Z, or an expression. */
  readonly until: string
}

/** Waits for a signal to the run, or for an event; costs nothing while it waits. */
export interface AwaitStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** What is waited for: a signal or an event, and which. */
  readonly await: Awaited
  /** What is taken of each event: ${{ event.data.amount }}. Without it: all of it. */
  readonly output?: Json
}

export interface Awaited {
  /** The name of the signal that somebody sends to this run: ionflux runs signal RUN NAME. */
  readonly signal?: string
  /** The subject of the event; * stands for one part, > for the rest: orders.*.paid. */
  readonly event?: string
  /** What the data must hold: { order_id: ${{ inputs.id }} }. Compared as it is, entry by entry. */
  readonly match?: Readonly<Record<string, Json>>
  /** A condition over event, asked of what match lets through: ${{ event.data.amount > 0 }}. */
  readonly where?: string | boolean
  /** How many are waited for: a number, or all that come until the timeout. Without it: 1. */
  readonly count?: number | 'all'
  /** How long is waited: 90s, 5m, 4d, or an expression. Without it: for ever. */
  readonly timeout?: string
  /** fail, or the steps that run then; the last one's output is the step's. Without it: fail. */
  readonly on_timeout?: readonly Step[] | 'fail'
}

/** Tells an event to whoever waits for it; its output is the event's id. */
export interface EmitStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The event: its subject and its data. */
  readonly emit: Emitted
}

export interface Emitted {
  /** The subject of the event, without wildcards: orders.created. */
  readonly event: string
  /** What the event says: any value. */
  readonly data?: Json
  /** Names the thing that the event is about; those of one thing keep their order. */
  readonly key?: string
}

/** Asks people and goes on with their answer; who denies makes the step fail. */
export interface ApproveStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** What is asked, whom, and for how long. */
  readonly approve: Asked
}

export interface Asked {
  /** What people answer: Post ${{ inputs.total }} EUR? */
  readonly ask: string
  /**
   * What people see beside the question: the very values that the steps after it use, as
   * steps.<id>.output.show.
   */
  readonly show?: Json
  /** JSON Schema of what people fill in; their answers are steps.<id>.output.form. */
  readonly form?: JsonObject
  /** Who may answer: [user:ann, team:finance], or an expression. Without it: anyone. */
  readonly by?: readonly string[] | string
  /** How many must approve; one who denies ends it. Without it: 1. */
  readonly quorum?: number
  /** How long people have: 3d, or an expression. Without it: for ever. */
  readonly timeout?: string
  /** fail, approve, deny, or the steps that run then. Without it: fail. */
  readonly on_timeout?: readonly Step[] | 'fail' | 'approve' | 'deny'
  /** Who may answer as well once some time has passed. */
  readonly escalate?: Escalation
}

export interface Escalation {
  /** How long the first ones have it to themselves: 1d. */
  readonly after: string
  /** Who may answer then as well: [team:leads]. */
  readonly to: readonly string[] | string
}

/**
 * Reads or writes what the flow remembers from run to run; a write and its step are kept both or
 * not at all.
 */
export interface StateStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** What is done: get, set or delete of a key. */
  readonly state: Remembered
}

export interface Remembered {
  /** The key to read; gives { value, version }. */
  readonly get?: string
  /** The key to write; gives { value, version, before }. */
  readonly set?: string
  /** The key to take out; gives { before }. */
  readonly delete?: string
  /** What is written. */
  readonly value?: Json
  /** What get gives for a key that is not there. Without it: null. */
  readonly default?: Json
  /**
   * The version that must be there, as get gave it; 0 for no such key. Else the step fails with
   * RUN_STATE_CONFLICT.
   */
  readonly expected?: number | string
}

/** Runs steps; `catch` handles their failure, `finally` runs in every case. */
export interface TryStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** The steps that may fail. */
  readonly try: readonly Step[]
  /**
   * What to do about a failure: steps for every code, or a list of { on, steps }; the first that
   * fits is taken.
   */
  readonly catch?: readonly Step[] | readonly CatchClause[]
  /** The steps that run in every case. */
  readonly finally?: readonly Step[]
  /** What the block yields. Without it: the output of the last step that ran in it. */
  readonly output?: Json
  /** How long the step may take in all, retries included: 90s, 5m, 1h30m. */
  readonly timeout?: string
}

export interface CatchClause {
  /** The codes this clause takes. Without it: every one. */
  readonly on?: readonly string[]
  /** The steps; expressions see the failure as error. */
  readonly steps: readonly Step[]
}

/** Names a value; its output is the value. */
export interface LetStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** Any value; text in it may hold expressions. */
  readonly let: Json
}

/** Ends the run with this value as its output. */
export interface ReturnStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** What the run returns. */
  readonly return: Json
}

/** Ends the run with an error, or the try around it. */
export interface FailStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** A message, or a mapping with code, message and data. */
  readonly fail: string | FailValue
}

export interface FailValue {
  /** An error code (RUN_STEP_TIMEOUT) or a word that a plugin chose (rate_limited). */
  readonly code?: string
  /** What went wrong, for people. */
  readonly message: string
  /** What a catch may need to know. */
  readonly data?: Json
}

/** Ends the run with RUN_ASSERTION_FAILED unless the condition holds. */
export interface AssertStep {
  /** The name of the step, unique in the flow. Expressions say steps.<id>.output. */
  readonly id: string
  /** What the step does, for people. */
  readonly description?: string
  /** An expression that is true or false: ${{ inputs.count > 3 }}. */
  readonly assert: string | boolean
  /** What to say when the condition does not hold. */
  readonly message?: string
}
