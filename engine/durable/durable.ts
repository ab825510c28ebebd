/**
 * What a host of runs offers beyond the ports: everything that outlives a process,
 * opened and closed together, and the check of one run's hash chain.
 *
 * `memory.ts` and `sqlite/open.ts` implement it; one contract suite runs on both.
 */
import type { RunId } from '#engine/core/id.ts'
import type { StepCache } from '#engine/runtime/cache/port.ts'
import type { Journal, Logs, Store } from '#engine/runtime/ports.ts'
import type { States, StatesReader } from '#engine/runtime/states.ts'

/** The half of a journal that another process may use beside the living writer. */
export type JournalReader = Pick<
  Journal,
  | 'read'
  | 'readStored'
  | 'find'
  | 'list'
  | 'unfinished'
  | 'dueTimers'
  | 'nextDue'
  | 'waiting'
  | 'outbox'
>

/** What recomputing a chain says. `head` of a run that has ended is its receipt. */
export type ChainReport =
  | { readonly ok: true; readonly records: number; readonly head: string }
  | { readonly ok: false; readonly seq: number; readonly reason: string }

/** The readable half of a data directory. Reads see what is committed, nothing else. */
export interface DurableReader {
  readonly journal: JournalReader
  readonly store: Pick<Store, 'get' | 'has'>
  readonly states: StatesReader
  readonly logs: Pick<Logs, 'read'>
  /** Recomputes the chain of one run and compares it with its header. Throws `RUN_NOT_FOUND`. */
  verify(run: RunId): ChainReport
  close(): void
}

/** All of it. `close` commits what is queued; it rejects when that cannot be written. */
export interface Durable {
  readonly journal: Journal
  readonly store: Store
  readonly states: States
  readonly logs: Logs
  /** Outputs of pure steps, kept from run to run. */
  readonly cache: StepCache
  verify(run: RunId): ChainReport
  close(): Promise<void>
}
