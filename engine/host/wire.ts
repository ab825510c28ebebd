/**
 * Builds the engine of one data directory from its parts: the only file that joins the
 * journal, the sandbox, Git and the runtime.
 *
 * What is heavy (threads, schema checks, Git) is loaded with its first use, so that a
 * short run of expressions starts at once.
 */
import { systemClock, systemIds } from '#engine/durable/system.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'
import type { Durable } from '#engine/durable/durable.ts'
import { keepingCaller } from '#engine/runtime/cache/keeping.ts'
import { openEngine, type Engine } from '#engine/runtime/engine.ts'
import type { Caller, CallRequest } from '#engine/runtime/ports.ts'

import { openSandbox, openSecrets } from '#engine/host/plugin/sandbox.ts'

import { checkInput } from './inputs.ts'
import { version } from './installation.ts'
import { openOperations } from './operations.ts'

/** A running engine with everything under it. */
export interface Wired {
  readonly engine: Engine
  readonly durable: Durable
  /** Takes on nothing new and lets what is under way end, at most `ms`. */
  drain(ms: number): Promise<void>
  /** How many calls of actions are under way. */
  callsUnderWay(): number
  /** Closes everything; what is still under way is carried on by the next owner. */
  close(): Promise<void>
}

/** Wires the engine of `directory`. Whoever calls holds its lease. */
export function wire(directory: string): Wired {
  const durable = openSqlite(directory)
  const clock = systemClock()
  const secrets = openSecrets(directory)
  const operations = openOperations({
    secrets,
    states: durable.states,
    directory,
    withoutRepository:
      'This run belongs to no repository. Start it in one, or name one with --repo.',
  })
  const sandbox = openSandbox({ store: durable.store, clock, operations, secrets })
  const release = version()
  const keeping = { cache: durable.cache, store: durable.store, clock, release }
  const { caller, underWay } = counting(keepingCaller(sandbox, keeping))
  const engine = openEngine({
    journal: durable.journal,
    store: durable.store,
    logs: durable.logs,
    states: durable.states,
    caller,
    clock,
    ids: systemIds(),
    checkInput,
  })
  return {
    engine,
    durable,
    drain: async (ms) => await engine.drain(ms),
    callsUnderWay: underWay,
    close: async () => {
      engine.close()
      await sandbox.close()
      await operations.close()
      await durable.close()
    },
  }
}

/** Counts the calls that were not answered at once. */
function counting(inner: Caller): { readonly caller: Caller; underWay(): number } {
  let count = 0
  const call = (request: CallRequest): ReturnType<Caller['call']> => {
    const result = inner.call(request)
    if (!(result instanceof Promise)) return result
    count += 1
    return result.finally(() => (count -= 1))
  }
  return { caller: { call }, underWay: () => count }
}
