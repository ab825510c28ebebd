/** A plugin of the standard library with its real powers, for tests that have real servers. */
import { join } from 'node:path'

import { HttpDoor } from '#engine/connection/http.ts'
import { SecretBook } from '#engine/connection/secret.ts'
import type { Failure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

import { Bench } from '#test/unit/sandbox/bench.ts'

export interface StdSetup {
  readonly permissions: Permissions
  /** Values by name; a step hands over all of them. */
  readonly secrets?: Readonly<Record<string, string>>
  /** In place of the operation behind `ctx.http`. */
  readonly operations?: (book: SecretBook) => HostOperations
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
  { permissions, secrets = {}, operations }: StdSetup,
): Promise<Std> {
  const folder = openPlugin(join(import.meta.dirname, '../../../../plugins/std', name))
  const { built, problems } = await buildFolder(folder)
  if (built === undefined) throw new Error(JSON.stringify(problems))
  const door = new HttpDoor()
  const book = new SecretBook([{ find: async (asked) => secrets[asked] }])
  const http = httpOperations({ door: async () => door, secrets: () => book })
  const bench = new Bench({ operations: operations?.(book) ?? http, workers: 1 })
  const unit = bench.keep(built)
  const names = Object.keys(secrets)
  const granted = { secrets: names, ...permissions }
  const call = async (
    action: string,
    input: Json,
    rest: Partial<CallRequest> = {},
  ): ReturnType<Bench['call']> =>
    await bench.call(unit, input, {
      export: action,
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
      await door[Symbol.asyncDispose]()
    },
  }
}
