/**
 * The sandbox with the powers of this host, loaded with its first call: the `Caller` of runs,
 * and of tests where they call for real.
 */
import { readFileSync, statSync } from 'node:fs'

import type { SecretBook } from '#engine/connection/secret.ts'
import type { Clock } from '#engine/core/clock.ts'
import { limits } from '#engine/core/limits.ts'
import type { Caller, CallRequest, Store } from '#engine/runtime/ports.ts'
import type { SandboxCaller } from '#engine/sandbox/caller.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

export interface SandboxWish {
  readonly store: Pick<Store, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly operations: HostOperations
  readonly secrets: () => Promise<SecretBook>
}

export interface OpenSandbox extends Caller {
  close(): Promise<void>
}

/** Opens the sandbox; its threads start with the first call. */
export function openSandbox({ store, clock, operations, secrets }: SandboxWish): OpenSandbox {
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
export function openSecrets(directory: string): () => Promise<SecretBook> {
  let book: Promise<SecretBook> | undefined
  const open = async (): Promise<SecretBook> => {
    const { openSecretBook } = await import('#engine/host/secrets.ts')
    return openSecretBook(directory, process.env)
  }
  return async () => await (book ??= open())
}

/** A step that calls code, as it is usually written. */
const calling = /^[\s{-]*(?:use|transform)\s*:|[{,]\s*(?:use|transform)\s*:/m

/**
 * Starts a thread for whoever will run the flow with this text, before it is known whether
 * the flow is sound: a thread takes about as long to start as a flow to compile. A wrong
 * guess costs a thread that nobody takes, or a first call that waits. Never throws.
 */
export async function startAhead(text: string | undefined): Promise<void> {
  if (text !== undefined && calling.test(text)) await threadAhead()
}

/**
 * Starts a thread for `ionflux run` with these arguments, before the rest of the program is
 * loaded: the flow is looked for where it mostly is. Never throws.
 */
export async function startForRun(args: readonly string[]): Promise<void> {
  const named = args.filter((arg) => !arg.startsWith('-')).slice(0, limits.flowScansMax)
  const paths = named.flatMap((name) => [name, `flows/${name}.flow.yaml`])
  for (const path of paths.filter((one) => /\.ya?ml$/.test(one))) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isFile() !== true || found.size > limits.flowScanBytesMax) continue
    return await startAhead(readFileSync(path, 'utf8'))
  }
}

/** Starts a thread for whoever is sure to call code, while that is built. Never throws. */
export async function threadAhead(): Promise<void> {
  try {
    const { keepSpare } = await import('#engine/sandbox/threads/born.ts')
    keepSpare()
  } catch {
    // The first call starts a thread of its own, and says what is wrong.
  }
}
