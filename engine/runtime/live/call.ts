/**
 * Calls one action through the `Caller` and turns what comes back into a record.
 *
 * The idempotency key is a function of run and path, never of the attempt, so a step that a
 * crash made run twice shows the callee the same key twice.
 */
import type { Instant } from '#engine/core/clock.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { type Failure, toFailure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { secretsOf } from '#engine/dsl/template.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { PlanAction } from '#engine/plan/plan.ts'
import { nextAttemptAt } from '#engine/runtime/retry.ts'
import { isCall } from '#engine/runtime/decider/state.ts'
import type { Caller, CallRequest, CallResult, LogLine, Logs } from '#engine/runtime/ports.ts'
import type { Payload, RunRecord, RunSource } from '#engine/runtime/record.ts'
import type { Spent, StepUsage } from '#engine/runtime/budget/usage.ts'

import type { StartStep } from './turn-host.ts'
import type { LiveRun } from './turn.ts'

interface CallPorts {
  readonly caller: Caller
  readonly clock: { now(): Instant }
  readonly logs: Logs
}

/** Starts a call. Its record comes back at once, or is posted to the run later. */
export function callStep(ports: CallPorts, live: LiveRun, start: StartStep): RunRecord | undefined {
  const since = ports.clock.now()
  const call = new Call(ports.logs, live, start)
  const settle = (result: CallResult): RunRecord =>
    settled(live, start, { result, since, at: ports.clock.now() })
  let result: CallResult | Promise<CallResult>
  try {
    result = ports.caller.call(call)
  } catch (thrown) {
    return settle(callerFailed(thrown))
  }
  if (!(result instanceof Promise)) return settle(result)
  live.calls.set(start.path, call.abort)
  void result.catch(callerFailed).then((late) => {
    // A step that was cut short in the meantime has nobody who waits for its result.
    if (live.calls.get(start.path) === call.abort) live.post(settle(late))
  })
  return undefined
}

function callerFailed(thrown: unknown): CallResult {
  return { ok: false, error: toFailure(thrown, 'RUN_STEP_FAILED') }
}

function settled(
  live: LiveRun,
  start: StartStep,
  end: { readonly result: CallResult; readonly since: Instant; readonly at: Instant },
): RunRecord {
  const { path, attempt } = start
  const { at } = end
  const since = start.step.action.effects === 'pure' ? { since: end.since } : {}
  const took = tookOf(live, end.result)
  if (end.result.ok) {
    try {
      const output = live.sight.payloads.hold(end.result.output)
      const { cached } = end.result
      const record = { kind: 'step.done', path, at, output, attempt, ...since, ...took } as const
      return cached === undefined ? record : { ...record, cached }
    } catch (thrown) {
      const error = toFailure(thrown, 'RUN_LIMIT_EXCEEDED')
      return { kind: 'step.failed', path, attempt, at, error, ...since, ...took }
    }
  }
  return failedRecord(live, { path, attempt, at, error: cut(end.result.error), ...since, ...took })
}

/** What a call took and was told, as its record keeps it. */
function tookOf(
  live: LiveRun,
  { usage, spent: sum, replies }: CallResult,
): { readonly usage?: StepUsage; readonly spent?: Spent; readonly replies?: Payload } {
  const spent = sum === undefined ? {} : { spent: sum }
  if (usage === undefined) return spent
  const { wallMs, cpuMs, ...counts } = usage
  const rounded = {
    wallMs: rounding(wallMs),
    ...(cpuMs === undefined ? {} : { cpuMs: rounding(cpuMs) }),
    ...counts,
  }
  if (replies === undefined) return { usage: rounded, ...spent }
  return { usage: rounded, ...spent, replies: live.sight.payloads.hold(replies as unknown as Json) }
}

/** To hundredths: what follows is noise, and would fill the journal. */
function rounding(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** The record of a failed attempt, with the time of the next one where there is one. */
export function failedRecord(
  live: LiveRun,
  failed: {
    readonly path: string
    readonly attempt: number
    readonly at: Instant
    readonly error: Failure
    readonly since?: Instant
    readonly usage?: StepUsage
    readonly spent?: Spent
    readonly replies?: Payload
  },
): RunRecord {
  const frame = live.state.frames.get(failed.path)
  const isHere = frame?.kind === 'step' && isCall(frame)
  const retryAt =
    isHere && frame.closing === undefined
      ? nextAttemptAt(frame.step.retry, {
          run: live.state.run,
          path: failed.path,
          attempt: failed.attempt - frame.spared,
          error: failed.error,
          at: failed.at,
        })
      : undefined
  const record = { kind: 'step.failed', ...failed } as const
  return retryAt === undefined ? record : { ...record, retryAt }
}

function cut(error: Failure): Failure {
  const { code, message, data } = error
  if (data !== undefined && JSON.stringify(data).length > limits.failureDataCharsMax) {
    return cut({ code, message: `${message} (its data was too large to keep)` })
  }
  if (error.message.length <= limits.failureMessageCharsMax) return error
  return { ...error, message: `${error.message.slice(0, limits.failureMessageCharsMax - 1)}…` }
}

/** The engine's own key of a step; `again` counts how often a retry dropped a call of it. */
export function keyOf(run: RunId, path: string, again: number | undefined): string {
  const name = `${run}\n${path}${again === undefined ? '' : `\n${again}`}`
  return digestOfText(name).slice('sha256:'.length)
}

/** One call, as the caller sees it. What costs something is made when it is asked for. */
class Call implements CallRequest {
  readonly #live: LiveRun
  readonly #start: StartStep
  readonly #logs: Logs
  #abort: AbortController | undefined
  #logged = 0

  constructor(logs: Logs, live: LiveRun, start: StartStep) {
    this.#logs = logs
    this.#live = live
    this.#start = start
  }

  get run(): RunId {
    return this.#live.state.run
  }
  get flow(): string {
    return this.#live.state.started.flow
  }
  get path(): string {
    return this.#start.path
  }
  get attempt(): number {
    return this.#start.attempt
  }
  get key(): string {
    const { run, repeats } = this.#live.state
    return this.#start.key ?? keyOf(run, this.path, repeats.get(this.path))
  }
  get action(): PlanAction {
    return this.#start.step.action
  }
  get input(): Json {
    return this.#start.input
  }
  get source(): RunSource {
    return this.#live.state.started.source
  }
  get permissions(): Permissions {
    return this.#live.state.plan.permissions
  }
  get secrets(): readonly string[] {
    const { with: input } = this.#start.step
    return input === undefined ? [] : secretsOf(input)
  }
  get isFresh(): boolean {
    return this.#live.state.started.isFresh === true
  }
  get abort(): AbortController {
    return (this.#abort ??= new AbortController())
  }
  get signal(): AbortSignal {
    return this.abort.signal
  }

  log(line: LogLine): void {
    this.#logged += 1
    if (this.#logged > limits.logsPerCallMax) return
    const isLast = this.#logged === limits.logsPerCallMax
    const text = isLast ? 'This step logs too much; the rest is left out.' : line.text
    this.#logs.write(this.run, this.path, { ...line, text: text.slice(0, limits.logCharsMax) })
  }
}
