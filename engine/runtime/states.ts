/**
 * What a flow remembers from run to run: values by key, each with a version.
 *
 * A write may name the version that it was decided on, and is refused when another came
 * first. It becomes durable together with the batch that carries it, so a step's record
 * and what it wrote are kept both or not at all. `durable/states.ts` has the rules that
 * every host shares; one suite of contract tests runs on each.
 */
import type { Json } from '#engine/core/json.ts'
import type { RunSource } from '#engine/runtime/record.ts'

export interface StateEntry {
  readonly key: string
  readonly value: Json
  /** From 1, one more with every write; a key that comes back never has an earlier one again. */
  readonly version: number
}

export interface StateChange {
  /** What the state is kept under: `homeOf`. */
  readonly flow: string
  readonly key: string
  /** Absent takes the key out. */
  readonly value?: Json
  /** The version that must be there, 0 for no key at all. Absent means whatever is there. */
  readonly expected?: number
}

export interface ListStates {
  readonly prefix: string
  readonly limit: number
  /** Only keys after this one; for paging. */
  readonly after?: string
}

/**
 * Reading is synchronous and sees what is queued, too: whoever tells somebody outside
 * waits for `settled` first.
 */
export interface States {
  find(flow: string, key: string): StateEntry | undefined
  /** In the order of the keys' UTF-8 bytes. */
  list(flow: string, query: ListStates): readonly StateEntry[]
  /**
   * What `changes` would leave at their keys, each seeing those before it; nothing is
   * changed. Throws `RUN_STATE_CONFLICT`, `RUN_LIMIT_EXCEEDED`, or `RUN_INPUT_REFUSED` for
   * what is no key. In one turn of the event loop, a batch with the same changes is taken.
   */
  preview(changes: readonly StateChange[]): readonly (StateEntry | undefined)[]
  /** Changes all or nothing, outside of any run's batch; resolves once it is durable. */
  change(changes: readonly StateChange[]): Promise<readonly (StateEntry | undefined)[]>
  /** Resolves once everything that can be read here is durable. */
  settled(): Promise<void>
}

/** The half that needs no writer: what is committed. */
export type StatesReader = Pick<States, 'find' | 'list'>

/**
 * What the state, the places and the instants of a flow are kept under. Repositories choose the
 * ids of their flows themselves, so those of mirrors are told apart by the mirror.
 */
export function homeOf(flow: string, { mirror }: RunSource): string {
  return mirror === undefined ? flow : `${mirror}/${flow}`
}
