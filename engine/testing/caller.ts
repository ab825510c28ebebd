/**
 * The calls of one case: answered by its mocks, or really made where that touches nothing.
 *
 * Deny by default: an action that reads or changes the world and has no mock stops the case
 * with a sentence that says how to write one. Mocks are held to the schemas of the action, so
 * that a test cannot pass with an answer that the world would never give.
 */
import type { Instant } from '#engine/core/clock.ts'
import { toFailure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { withDefaults } from '#engine/core/schema/defaults.ts'
import type { Scope } from '#engine/dsl/template.ts'
import type { Caller, CallRequest, CallResult } from '#engine/runtime/ports.ts'

import type { VirtualClock } from './clock.ts'
import { findMock, isMeant, placeOf, type CallPlace, type Mock, type Mocks } from './mock.ts'
import type { Suite } from './suite.ts'

/** A call that was made, as expectations see it. */
export interface Call extends CallPlace {
  readonly attempt: number
  readonly input: Json
  readonly at: Instant
  readonly isMocked: boolean
}

/** Why a case cannot go on. */
export interface Stop {
  /** JSON Pointer into the test file. */
  readonly at: string
  readonly message: string
  readonly help?: string
}

export interface CaseCaller extends Caller {
  readonly calls: readonly Call[]
}

export interface CallerParts {
  readonly suite: Suite
  readonly clock: VirtualClock
  /** Those of the case, then those of the file. */
  readonly books: readonly Mocks[]
  readonly allow: readonly string[]
  readonly inputs: Json
  /** Where the case stands in the file. */
  readonly at: string
  /** The id of the step at a path of the flow under test. */
  idOf(path: string): string
  /** The path of the step that started a run; empty for the run under test. */
  prefixOf(run: CallRequest['run']): string
  /** Waits for something outside of the test's time. */
  outside<T>(work: Promise<T>): Promise<T>
  stop(why: Stop): void
}

export function openCaller(parts: CallerParts): CaseCaller {
  const calls: Call[] = []
  const counts = new Map<Mock, number>()
  return {
    calls,
    call(request) {
      const where = { path: request.path, action: request.action.name }
      const place = placeOf({ ...where, prefix: parts.prefixOf(request.run) }, parts.idOf)
      const mock = findMock(parts.books, place)
      const { attempt } = request
      const input = withDefaults(parts.suite.schemasOf(request.action).defaults, request.input)
      const isMocked = mock !== undefined
      calls.push({ ...place, attempt, input, at: parts.clock.now(), isMocked })
      if (calls.length > limits.testCallsMax) {
        return halt(parts, `The run makes more than ${limits.testCallsMax} calls.`)
      }
      if (mock === undefined) return really(parts, place, request)
      const count = (counts.get(mock) ?? 0) + 1
      counts.set(mock, count)
      return answer(parts, { mock, count, place, request, input })
    },
  }
}

/** Ends the case; the call gets no answer any more. */
function halt(parts: CallerParts, message: string, more: Partial<Stop> = {}): Promise<CallResult> {
  parts.stop({ at: parts.at, message, ...more })
  return new Promise(() => undefined)
}

function really(
  parts: CallerParts,
  place: CallPlace,
  request: CallRequest,
): CallResult | Promise<CallResult> {
  const { effects, name } = request.action
  const isAllowed = effects === 'pure' || parts.allow.some((one) => isMeant(one, place))
  if (!isAllowed) {
    const key = place.id ?? place.path
    const what = effects === 'read' ? 'reads the world' : 'changes the world'
    return halt(
      parts,
      `The step "${place.path}" calls "${name}", which ${what}, and has no mock.`,
      {
        help: `Say what it gives: mocks: { ${keyText(key)}: { output: … } }. To really call it: allow: [${key}].`,
      },
    )
  }
  const result = parts.suite.real.call(request)
  return result instanceof Promise ? parts.outside(result) : result
}

function keyText(key: string): string {
  return /^[a-z_]\w*$/.test(key) ? key : `'${key}'`
}

interface Asked {
  readonly mock: Mock
  /** Which call of this mock it is, from 1. */
  readonly count: number
  readonly place: CallPlace
  readonly request: CallRequest
  readonly input: Json
}

function answer(parts: CallerParts, asked: Asked): CallResult | Promise<CallResult> {
  const { mock, count, request, input } = asked
  const ready = mock.answers[mock.isList ? count - 1 : 0]
  if (ready === undefined) {
    const had = mock.answers.length === 1 ? 'one answer' : `${mock.answers.length} answers`
    const message = `The mock "${mock.key}" has ${had}, and "${asked.place.path}" makes call ${count} of it.`
    return halt(parts, message, { at: mock.at })
  }
  const wrong = parts.suite.schemasOf(request.action).input?.(input)
  if (wrong !== undefined) {
    const where = wrong.at === '' ? '' : ` at "${wrong.at}"`
    const message = `The input of "${request.action.name}"${where} ${wrong.message}`
    return { ok: false, error: { code: 'RUN_INPUT_REFUSED', message, data: { at: wrong.at } } }
  }
  let result: CallResult
  try {
    const spent = ready.spent === undefined ? {} : { spent: ready.spent }
    if (ready.error !== undefined) result = { ok: false, error: ready.error, ...spent }
    else result = { ok: true, output: ready.output?.(scopeOf(parts, asked)) ?? null, ...spent }
  } catch (thrown) {
    const { message } = toFailure(thrown, 'RUN_EXPRESSION_FAILED')
    return halt(parts, `The mock "${mock.key}" cannot answer. ${message}`, { at: ready.at })
  }
  if (result.ok) {
    const unfit = parts.suite.schemasOf(request.action).output?.(result.output)
    if (unfit !== undefined) {
      const where = unfit.at === '' ? '' : ` at "${unfit.at}"`
      const message = `"${request.action.name}" never gives what the mock "${mock.key}" says: its output${where} ${unfit.message}`
      return halt(parts, message, { at: `${ready.at}/output` })
    }
  }
  return ready.delayMs === 0 ? result : later(parts, ready.delayMs, result)
}

/** The world is not told that nobody waits any more: what it does, it does. */
function later({ clock }: CallerParts, delayMs: number, result: CallResult): Promise<CallResult> {
  const { promise, resolve } = Promise.withResolvers<CallResult>()
  clock.wakeAt(clock.now() + delayMs, () => resolve(result))
  return promise
}

function scopeOf(parts: CallerParts, { place, count, request, input }: Asked): Scope {
  const names = { input, attempt: request.attempt, call: count, path: place.path }
  return { inputs: parts.inputs, steps: {}, run: {}, names }
}
