/**
 * Calls the actions of one built plugin without a flow and without a journal, through the
 * same sandbox and the same checks as a run does.
 *
 * Calls take turns, so that what the host is asked belongs to the call that asked.
 */
import { performance } from 'node:perf_hooks'

import { canonical } from '#engine/core/canonical.ts'
import { digestOfText, type Digest } from '#engine/core/digest.ts'
import { IonError, type Failure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { systemClock } from '#engine/durable/system.ts'
import type { Caller, CallResult, LogLine } from '#engine/runtime/ports.ts'
import type { RunSource } from '#engine/runtime/record.ts'
import { redacting, type FindRedactor } from '#engine/sandbox/capability/redacting.ts'
import { SandboxCaller } from '#engine/sandbox/caller.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import type { BuiltUnit } from '#engine/sandbox/unit.ts'

export interface BenchCall {
  readonly action: string
  readonly input: Json
  /** What a flow would allow. */
  readonly permissions: Permissions
  readonly operations: HostOperations
  readonly source?: RunSource
  /** Absent means one that is always the same, and with it time and chance. */
  readonly run?: RunId
  readonly log?: (line: LogLine) => void
  /** Names of secrets that the caller hands over. */
  readonly secrets?: readonly string[]
}

/** What one call took. Times are of the host's clock. */
export interface Usage {
  readonly wallMs: number
  /** Of the processor in the code itself; 0 for a call that never began. */
  readonly cpuMs: number
  /** The most that its memory held. */
  readonly peakBytes: number
  readonly hostCalls: number
  readonly inputBytes: number
  readonly outputBytes: number
  readonly logLines: number
}

export type BenchResult = (
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error: Failure }
) & { readonly usage: Usage }

/** Code that does nothing: what it takes to start a thread is no part of what a call takes. */
const idle = 'var __unit = { default: () => null }'

/** What is the same in every call, so that time and chance are, too. */
const plain = {
  run: '01JCX0000000000000000000RN' as RunId,
  flow: 'call',
  path: 'call',
  attempt: 1,
  key: digestOfText('key'),
  signal: new AbortController().signal,
  log: () => undefined,
} as const

export class Bench implements AsyncDisposable {
  readonly #built: BuiltUnit
  readonly #sandbox: SandboxCaller
  readonly #caller: Caller
  readonly #idle: Digest
  #isWarm = false
  #operations: HostOperations | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** `findRedactor` knows the secrets that calls may use. */
  constructor(built: BuiltUnit, findRedactor: FindRedactor = async () => undefined) {
    const idleUnit = canonical({
      $type: 'ionflux.unit/v1',
      name: 'idle',
      kind: 'transform',
      code: digestOfText(idle),
      capabilities: {},
      actions: { default: { effects: 'pure' } },
    })
    const bytes = new Map<Digest, Uint8Array>([
      [built.digest, built.unitBytes],
      [built.unit.code, built.code],
      [digestOfText(idleUnit), new TextEncoder().encode(idleUnit)],
      [digestOfText(idle), new TextEncoder().encode(idle)],
    ])
    this.#idle = digestOfText(idleUnit)
    const get = (digest: Digest): Uint8Array => {
      const found = bytes.get(digest)
      if (found !== undefined) return found
      throw new IonError('JOURNAL_PAYLOAD_MISSING', `"${digest}" is not here.`)
    }
    this.#built = built
    this.#sandbox = new SandboxCaller({
      store: { get },
      clock: systemClock(),
      operations: {
        call: async (op, args, context) => {
          if (this.#operations !== undefined) return await this.#operations.call(op, args, context)
          throw new IonError('RUN_CANCELLED', `"${op}" came after the end of its call.`)
        },
      },
      workers: 1,
    })
    this.#caller = redacting(this.#sandbox, findRedactor)
  }

  /** Calls an action once the calls before have ended. */
  async call(call: BenchCall): Promise<BenchResult> {
    const mine = this.#last.then(async () => await this.#run(call))
    this.#last = mine.catch(() => undefined)
    return await mine
  }

  async #run({ action, input, permissions, operations, ...rest }: BenchCall): Promise<BenchResult> {
    const { unit, digest } = this.#built
    let hostCalls = 0
    let logLines = 0
    this.#operations = {
      call: async (op, args, context) => {
        hostCalls++
        return await operations.call(op, args, context)
      },
    }
    await this.#warm()
    const began = performance.now()
    const result: CallResult = await this.#caller.call({
      ...plain,
      ...(rest.run === undefined ? {} : { run: rest.run }),
      action: {
        name: action === 'default' ? unit.name : `${unit.name}/${action}`,
        unit: digest,
        export: action,
        effects: unit.actions[action]?.effects ?? 'pure',
      },
      input,
      source: rest.source ?? {},
      permissions,
      ...(rest.secrets === undefined ? {} : { secrets: rest.secrets }),
      log: (line) => {
        logLines++
        rest.log?.(line)
      },
    })
    const wallMs = hundredths(performance.now() - began)
    this.#operations = undefined
    const outputBytes = result.ok ? bytesOf(result.output) : 0
    const { cpuMs = 0, peakBytes = 0 } = result.usage ?? {}
    const spent = { cpuMs: hundredths(cpuMs), peakBytes }
    const crossed = { hostCalls, inputBytes: bytesOf(input), outputBytes, logLines }
    const usage = { wallMs, ...spent, ...crossed }
    return result.ok
      ? { ok: true, output: result.output, usage }
      : { ok: false, error: result.error, usage }
  }

  async #warm(): Promise<void> {
    if (this.#isWarm) return
    this.#isWarm = true
    const action = { name: 'idle', unit: this.#idle, export: 'default', effects: 'pure' } as const
    await this.#sandbox.call({ ...plain, action, input: null, source: {}, permissions: {} })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandbox.close()
  }
}

function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}
