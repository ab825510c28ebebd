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
import type { SecretBook } from '#engine/connection/secret.ts'
import { openEngine, type Engine } from '#engine/runtime/engine.ts'
import type { Caller, CallRequest, Store } from '#engine/runtime/ports.ts'
import type { SandboxCaller } from '#engine/sandbox/caller.ts'

import { checkInput } from './inputs.ts'
import { openOperations, type OpenOperations } from './operations.ts'

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
  const { caller, underWay } = counting(sandbox)
  const engine = openEngine({
    journal: durable.journal,
    store: durable.store,
    logs: durable.logs,
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

/** The sandbox, loaded with the first call. */
function openSandbox({
  store,
  clock,
  operations,
  secrets,
}: {
  readonly store: Store
  readonly clock: ReturnType<typeof systemClock>
  readonly operations: OpenOperations
  readonly secrets: () => Promise<SecretBook>
}): Caller & { close(): Promise<void> } {
  let opened: Promise<Caller> | undefined
  let ready: Caller | undefined
  let sandbox: SandboxCaller | undefined
  const open = async (): Promise<Caller> => {
    const { SandboxCaller } = await import('#engine/sandbox/caller.ts')
    const { redacting } = await import('#engine/sandbox/capability/redacting.ts')
    sandbox = new SandboxCaller({ store, clock, operations })
    ready = redacting(sandbox, async (names) => (await secrets()).redactorFor(names))
    return ready
  }
  return {
    call: (request: CallRequest) => {
      if (ready !== undefined) return ready.call(request)
      opened ??= open()
      return opened.then(async (caller) => await caller.call(request))
    },
    close: async () => {
      await opened
      await sandbox?.close()
    },
  }
}

/** The secrets of a data directory, opened with their first use. */
function openSecrets(directory: string): () => Promise<SecretBook> {
  let book: Promise<SecretBook> | undefined
  const open = async (): Promise<SecretBook> => {
    const { openSecretBook } = await import('./secrets.ts')
    return openSecretBook(directory, process.env)
  }
  return async () => await (book ??= open())
}
