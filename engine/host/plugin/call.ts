/**
 * One call of an action by hand: nothing is granted but what the caller names, and the
 * powers are the real ones.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Failure } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { SecretBook, type SecretSource } from '#engine/connection/secret.ts'
import { parseHostPattern } from '#engine/dsl/host-pattern.ts'
import { powerKinds, type PowerKind } from '#engine/dsl/power/kinds.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { systemIds } from '#engine/durable/system.ts'
import { openOperations } from '#engine/host/operations.ts'
import type { LogLine } from '#engine/runtime/ports.ts'
import type { BuiltUnit } from '#engine/sandbox/unit.ts'

import { Bench, type BenchResult } from './bench.ts'

export interface CallWish {
  readonly action: string
  readonly input: Json
  /** The repository that the action may read; absent means there is none. */
  readonly repository?: string
  readonly grants: readonly Grant[]
  /** Values by the names of the secrets. */
  readonly secrets: ReadonlyMap<string, string>
  readonly log: (line: LogLine) => void
}

export interface Grant {
  readonly power: Exclude<PowerKind, 'secrets'>
  readonly value: string
}

const words: Readonly<Record<Grant['power'], RegExp>> = {
  net: /^/,
  git: /^(?:read|(?:write|tag)(?::.+)?)$/,
  state: /^(?:read|write)$/,
  files: /^(?:read|write)(?::.+)?$/,
  blob: /^(?:read|write)$/,
  model: /^[a-z][a-z0-9-]*$/,
}

/** `git:read`, `net:api.example.com`; undefined for what is no power. */
export function readGrant(text: string): Grant | undefined {
  const [, kind = '', value = ''] = /^([a-z]+):(.+)$/.exec(text) ?? []
  const power = powerKinds.find((one) => one === kind)
  if (power === undefined || power === 'secrets' || !words[power].test(value)) return undefined
  if (power === 'net' && parseHostPattern(value) === undefined) return undefined
  return { power, value }
}

/** Calls an action of `built` once. */
export async function callOnce(built: BuiltUnit, wish: CallWish): Promise<BenchResult> {
  const { repository, secrets } = wish
  const source: SecretSource = { find: async (name) => secrets.get(name) }
  const book = new SecretBook([source])
  const directory = mkdtempSync(join(tmpdir(), 'ionflux-call-'))
  const operations = openOperations({
    secrets: async () => book,
    states: openMemory().states,
    directory,
    withoutRepository: 'There is no repository here. Name one with --repo.',
  })
  try {
    await using bench = new Bench(built, async (names) => await book.redactorFor(names))
    const result = await bench.call({
      action: wish.action,
      input: wish.input,
      permissions: permissionsOf(wish),
      operations,
      secrets: [...secrets.keys()],
      source: repository === undefined ? {} : { repository },
      run: systemIds().runId(),
      log: wish.log,
    })
    return result.ok ? result : { ...result, error: named(result.error) }
  } finally {
    await operations.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function permissionsOf({ grants, secrets }: CallWish): Permissions {
  const named = Map.groupBy(grants, ({ power }) => power)
  return {
    ...Object.fromEntries([...named].map(([kind, all]) => [kind, all.map(({ value }) => value)])),
    ...(secrets.size === 0 ? {} : { secrets: [...secrets.keys()] }),
  }
}

/** Where a flow would have to allow something, this call would: says how. */
function named(failure: Failure): Failure {
  const { code, data } = failure
  if (code !== 'CAP_NOT_GRANTED' || !isObject(data) || data['by'] !== 'flow') return failure
  const { capability, unit } = data
  if (typeof capability !== 'string' || typeof unit !== 'string') return failure
  const [, power, value] = /^(\w+): (.*)$/.exec(capability) ?? []
  if (power === undefined || value === undefined) return failure
  const flag = power === 'secrets' ? `--secret ${value}=ENVVAR` : `--grant ${power}:${value}`
  const message = `"${unit}" needs "${capability}", which this call does not grant. Add ${flag}.`
  return { code, message, data: { ...data, grant: flag } }
}
