/**
 * What the parts of the engine share: its ports, the runs in memory, the way to begin one.
 */
import type { Clock } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Ids, RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { Budget } from '#engine/dsl/world.ts'
import type { Payloads } from '#engine/runtime/payload.ts'
import type { Caller, InputCheck, Journal, Logs, Store } from '#engine/runtime/ports.ts'
import type { Programs } from '#engine/runtime/program.ts'
import type { States } from '#engine/runtime/states.ts'
import type { RunSource, RunStarted } from '#engine/runtime/record.ts'

import type { Courier } from './courier.ts'
import type { Residents } from './residents.ts'
import type { TurnHost } from './turn-host.ts'
import type { LiveRun } from './turn.ts'

export interface EnginePorts {
  readonly journal: Journal
  readonly store: Store
  readonly logs: Logs
  /** Absent where flows remember nothing: a `state` step fails then. */
  readonly states?: States
  readonly caller: Caller
  readonly clock: Clock
  readonly ids: Ids
  readonly checkInput: InputCheck
  /** Compiled plans to share with other engines; absent means its own. */
  readonly programs?: Programs
}

export interface StartRun {
  readonly plan: Digest
  readonly input: Json
  readonly event?: Json
  readonly source: RunSource
  /** A name given beforehand: starting it twice starts it once. */
  readonly run?: RunId
  readonly parent?: RunStarted['parent']
  /** Of a detached run: what it may spend on models. */
  readonly budget?: Budget
  /** Executes every step, whatever is known of earlier calls; so do the runs that it starts. */
  readonly isFresh?: boolean
}

/** The inside of the engine, as its own files see it. */
export interface Inside {
  readonly ports: EnginePorts
  readonly payloads: Payloads
  readonly programs: Programs
  readonly residents: Residents
  readonly courier: Courier
  readonly turns: TurnHost
  /** The run in memory; from the journal when it is not, and then carried on. */
  load(run: RunId): LiveRun
  /** The same; undefined when the run cannot be read, which is noted. */
  tryLoad(run: RunId): LiveRun | undefined
  adopt(live: LiveRun): void
  /** Throws what the host met; a journal that cannot be trusted takes nothing. */
  mustWork(): void
  /** Begins a run whose input is known to be good. */
  begin(start: StartRun & { readonly run: RunId }): void
  /** The input with defaults filled in. Throws `RUN_INPUT_REFUSED`. */
  checkInput(plan: Digest, input: Json): Promise<Json>
}
