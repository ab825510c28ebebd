/**
 * Runs plugin actions and transforms in the sandbox: the `Caller` of the runtime.
 *
 * It promises that guest code gets its input as JSON, the powers that both its manifest
 * and the flow name, and at most its time and memory; and that whatever it does comes
 * back as a result with a code. Which thread and engine run it is the pool's concern.
 */
import type { Clock } from '#engine/core/clock.ts'
import type { Code } from '#engine/core/codes.ts'
import type { Failure } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { withDefaults } from '#engine/core/schema/defaults.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { Unit } from '#engine/plan/plan.ts'
import type { Caller, CallRequest, CallResult, CallUsage, Store } from '#engine/runtime/ports.ts'

import { Conversation, type Listener } from './conversation.ts'
import { factsOf } from './facts.ts'
import { mapTrace } from './module/trace.ts'
import { HostSession, type HostOperations } from './operations.ts'
import { Pool, type End } from './pool.ts'
import type { Outcome, Thrown } from './protocol.ts'
import { mapStack } from './source-map.ts'
import { Units, type Checks, type LoadedUnit } from './units.ts'

export interface SandboxOptions {
  readonly store: Pick<Store, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly operations: HostOperations
  /** Threads at most; absent means one per core. */
  readonly workers?: number
}

/** What a plugin may call its own failures; upper case is ours. */
const guestCode = /^[a-z][a-z0-9_]{0,62}$/
/** A lone surrogate as `JSON.stringify` writes it. */
const loneSurrogate = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/

export class SandboxCaller implements Caller {
  readonly #units: Units
  readonly #clock: Pick<Clock, 'now'>
  readonly #operations: HostOperations
  readonly #pool: Pool

  constructor({ store, clock, operations, workers }: SandboxOptions) {
    this.#units = new Units(store)
    this.#clock = clock
    this.#operations = operations
    this.#pool = new Pool(workers)
  }

  call(request: CallRequest): CallResult | Promise<CallResult> {
    const { name, unit: digest, export: actionName } = request.action
    const unit = this.#units.get(digest)
    if (unit.unit.kind === 'agent') {
      const message = `"${name}" needs a model, and this ionflux cannot reach one yet.`
      return failed('AGENT_RUNTIME_MISSING', message)
    }
    const checks = unit.checksOf(actionName)
    if (checks === undefined) {
      return failed('SANDBOX_CODE_REFUSED', `"${name}" has no action "${actionName}".`)
    }
    if (!(checks instanceof Promise)) return this.#check(request, unit, checks)
    return checks.then(async (ready) => await this.#check(request, unit, ready))
  }

  #check(request: CallRequest, unit: LoadedUnit, checks: Checks): CallResult | Promise<CallResult> {
    const { name } = request.action
    const given = withDefaults(unit.unit.actions[request.action.export]?.input, request.input)
    const wrong = checks.input?.(given)
    if (wrong !== undefined) {
      const message = `The input of "${name}"${atOf(wrong)} ${wrong.message}`
      return failed('RUN_INPUT_REFUSED', message, { at: wrong.at, action: name })
    }
    const input = print(given)
    if (input === undefined) {
      const message = `The input of "${name}" is too deep for the sandbox.`
      return failed('SANDBOX_SIZE_EXCEEDED', message)
    }
    const { inputBytesMax } = unit
    if (isLarger(input, inputBytesMax)) return tooLarge('input', name, unit)
    return this.#run({ request, unit, checks, input })
  }

  /** Ends all threads. Calls under way come back as `RUN_CANCELLED`. */
  async close(): Promise<void> {
    await this.#pool.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #run(call: ReadyCall): Promise<CallResult> {
    const { request, unit, input } = call
    const asker = { name: request.action.name, capabilities: powersOf(unit.unit, request) }
    const session = new HostSession(this.#operations, request, asker)
    const { replies: told = [] } = request
    for (const { error } of told) if (error !== undefined) session.recall(error)
    const listener: Listener = {
      log: (level, text) => request.log({ at: this.#clock.now(), level, text }),
      answer: (op, args) => session.answer(op, args),
    }
    const conversation = new Conversation(listener, told)
    const { instance, memoryBytesMax, timeMsMax } = unit
    const job = {
      instance,
      memoryBytesMax,
      timeMsMax,
      action: request.action.export,
      input,
      facts: JSON.stringify(factsOf(request, unit.unit)),
      ...(unit.unit.format === undefined ? {} : { format: unit.unit.format }),
    }
    const { signal } = request
    const { isQuick, isShort } = unit.habit
    const task = { job, code: unit.code, signal, conversation, isQuick, isShort }
    const start = performance.now()
    return new Promise((resolve, reject) => {
      const settle = (end: End): void => {
        unit.habit.note({ ...end.spent, isStopped: end.outcome.kind === 'stopped' })
        session.end()
        try {
          resolve(settled({ call, conversation, session, end, start }))
        } catch (thrown) {
          reject(thrown)
        }
      }
      this.#pool.run(task, { settle, fail: reject })
    })
  }
}

/** Whether nothing but code and input went into it, and nothing but the output came of it. */
function isOfInput(outcome: Outcome, { hostCalls, lines }: Conversation): boolean {
  return outcome.kind === 'done' && !outcome.sawRun && hostCalls === 0 && lines === 0
}

interface ReadyCall {
  readonly request: CallRequest
  readonly unit: LoadedUnit
  readonly checks: Checks
  readonly input: string
}

function usageOf({ call, conversation, end, start }: Used): CallUsage {
  const { outcome, spent } = end
  const output = outcome.kind === 'done' ? Buffer.byteLength(outcome.text) : 0
  return {
    wallMs: performance.now() - start,
    ...spent,
    hostCalls: conversation.hostCalls,
    bytesIn: Buffer.byteLength(call.input) + conversation.bytesIn,
    bytesOut: output + conversation.bytesOut,
  }
}

interface Used {
  readonly call: ReadyCall
  readonly conversation: Conversation
  readonly end: End
  readonly start: number
}

/** All that is known of a call that has ended. */
function settled(used: Used & { readonly session: HostSession }): CallResult {
  const { call, conversation, session, end } = used
  const usage = usageOf(used)
  const result = {
    ...resultOf(end.outcome, call, session),
    usage,
    ...(isOfInput(end.outcome, conversation) ? { isOfInput: true as const } : {}),
  }
  const replies = usage.hostCalls === 0 ? undefined : conversation.transcript()
  return replies === undefined ? result : { ...result, replies }
}

/** The input as text; undefined when it is too deep to be printed. */
function print(input: Json): string | undefined {
  try {
    return JSON.stringify(input)
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

function resultOf(outcome: Outcome, call: ReadyCall, session: HostSession): CallResult {
  const { name } = call.request.action
  if (outcome.kind === 'stopped') {
    return failed(outcome.code, `"${name}": ${outcome.message}`, { action: name, ...outcome.data })
  }
  if (outcome.kind === 'threw') {
    return { ok: false, error: failureOf(outcome.thrown, call, session) }
  }
  const { outputBytesMax } = call.unit
  if (isLarger(outcome.text, outputBytesMax)) return tooLarge('output', name, call.unit)
  if (hasLoneSurrogate(outcome.text)) {
    return failed(
      'SANDBOX_OUTPUT_REFUSED',
      `The output of "${name}" has a text that is no valid Unicode.`,
      { at: '' },
    )
  }
  const output = parse(outcome.text)
  if (output === undefined) {
    return failed('SANDBOX_OUTPUT_REFUSED', `The output of "${name}" is not JSON.`, { at: '' })
  }
  if (isDeeper(output, limits.dataDepthMax)) {
    const message = `The output of "${name}" nests deeper than ${limits.dataDepthMax}.`
    return failed('SANDBOX_OUTPUT_REFUSED', message, { at: '', action: name })
  }
  const wrong = call.checks.output?.(output)
  if (wrong === undefined) return { ok: true, output }
  const message = `The output of "${name}"${atOf(wrong)} ${wrong.message}`
  return failed('SANDBOX_OUTPUT_REFUSED', message, { at: wrong.at, action: name })
}

function hasLoneSurrogate(text: string): boolean {
  return text.includes('\\ud') && loneSurrogate.test(text)
}

/** A script prints its output with the engine's own means; a module may print anything. */
function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** What comes after would go through it level by level on its own stack. */
function isDeeper(value: Json, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depthMax === 0) return true
  for (const item of Object.values(value)) if (isDeeper(item as Json, depthMax - 1)) return true
  return false
}

function atOf({ at }: { readonly at: string }): string {
  return at === '' ? '' : ` at "${at}"`
}

function failureOf(thrown: Thrown, { unit }: ReadyCall, session: HostSession): Failure {
  const { code = '' } = thrown
  const message = thrown.message.slice(0, limits.failureMessageCharsMax).toWellFormed()
  const ofHost = session.findFailure(code, thrown.message)
  if (ofHost !== undefined) return ofHost
  if (guestCode.test(code)) {
    if (thrown.data === undefined) return { code, message }
    const data = dataOf(thrown.data)
    if (data !== undefined) return { code, message, data }
    return { code, message: `${message} (its data is nothing that can be kept)` }
  }
  const stack = framesOf(thrown.stack ?? '', unit.code)
  const name = thrown.name.slice(0, 100).toWellFormed()
  const data = { name, ...(stack.length === 0 ? {} : { stack }) }
  return { code: 'SANDBOX_GUEST_THREW', message: `${name}: ${message}`, data }
}

/** Held to what an output is held to, because a flow can take it for one. */
function dataOf(text: string): Json | undefined {
  const data = hasLoneSurrogate(text) ? undefined : parse(text)
  return data === undefined || isDeeper(data, limits.dataDepthMax) ? undefined : data
}

function framesOf(stack: string, code: string | Uint8Array): readonly string[] {
  return typeof code === 'string'
    ? mapStack(stack, code, limits.sandboxFramesShownMax)
    : mapTrace(stack, code, limits.sandboxFramesShownMax)
}

/** Counts bytes only where the number of characters does not tell. */
function isLarger(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax
}

function tooLarge(what: 'input' | 'output', name: string, unit: LoadedUnit): CallResult {
  const limit = what === 'input' ? unit.inputBytesMax : unit.outputBytesMax
  // A transform has no manifest, and all that a manifest could ask for.
  const rest =
    unit.unit.kind === 'transform'
      ? 'Pass fewer fields or one page at a time, or let a plugin hold the data.'
      : `Pass less at a time, or raise "limits: { ${what} }" in the manifest of its plugin.`
  const message = `The ${what} of "${name}" is larger than ${limit / 1024 / 1024} MB. ${rest}`
  return failed('SANDBOX_SIZE_EXCEEDED', message, { limit, action: name })
}

function failed(code: Code, message: string, data?: JsonObject): CallResult {
  return { ok: false, error: { code, message, ...(data === undefined ? {} : { data }) } }
}

/** The plugin's powers that the action says it needs. */
function powersOf({ capabilities, actions }: Unit, { action }: CallRequest): Permissions {
  const needs = actions[action.export]?.needs
  return needs === undefined ? capabilities : permissionsIn(capabilities, needs)
}
