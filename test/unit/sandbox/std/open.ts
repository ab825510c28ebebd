/** A plugin of the standard library with its real powers, for tests that have real servers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { SecretBook } from '#engine/connection/secret.ts'
import type { Failure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { openOperations } from '#engine/host/operations.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

import { Bench } from '#test/unit/sandbox/bench.ts'

export interface StdSetup {
  readonly permissions: Permissions
  /** Values by name; a step hands over all of them. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Puts something in the place of what the host really does. */
  readonly wrap?: (real: HostOperations, book: SecretBook) => HostOperations
}

export interface Std extends AsyncDisposable {
  /** What the action gives; throws an `Error` with the code and message of a failure. */
  call<Output = Json>(action: string, input: Json, rest?: Partial<CallRequest>): Promise<Output>
  /** The failure of an action that has to fail. */
  failure(action: string, input: Json, rest?: Partial<CallRequest>): Promise<Failure>
}

/** Builds and opens `plugins/std/NAME`. */
export async function openStd(
  name: string,
  { permissions, secrets = {}, wrap }: StdSetup,
): Promise<Std> {
  const folder = openPlugin(join(import.meta.dirname, '../../../../plugins/std', name))
  const { built, problems } = await buildFolder(folder)
  if (built === undefined) throw new Error(JSON.stringify(problems))
  const directory = mkdtempSync(join(tmpdir(), 'ionflux-std-'))
  const book = new SecretBook([{ find: async (asked) => secrets[asked] }])
  const operations = openOperations({
    secrets: async () => book,
    states: openMemory().states,
    directory,
    withoutRepository: 'There is no repository.',
  })
  const bench = new Bench({ operations: wrap?.(operations, book) ?? operations, workers: 1 })
  const unit = bench.keep(built)
  const names = Object.keys(secrets)
  const granted = { secrets: names, ...permissions }
  const call = async (
    action: string,
    input: Json,
    rest: Partial<CallRequest> = {},
  ): ReturnType<Bench['call']> =>
    await bench.call(unit, input, {
      action: {
        name: `std/${name}/${action}`,
        unit,
        export: action,
        effects: built.unit.actions[action]?.effects ?? 'pure',
      },
      permissions: granted,
      secrets: names,
      ...rest,
    })
  return {
    call: async <Output>(action: string, input: Json, rest?: Partial<CallRequest>) => {
      const result = await call(action, input, rest)
      if (result.ok) return result.output as Output
      throw new Error(`${result.error.code}: ${result.error.message}`)
    },
    failure: async (action, input, rest) => {
      const result = await call(action, input, rest)
      if (!result.ok) return result.error
      throw new Error(`it gave ${JSON.stringify(result.output)}`)
    },
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]()
      await operations.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
