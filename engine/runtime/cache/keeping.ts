/**
 * A caller that remembers: a pure step that was executed before, with the same code and the
 * same input, is not executed again.
 *
 * It answers only with outputs into which nothing else went: a call that looked at the clock,
 * at chance or at its run, that asked the host for something or wrote a line, is never kept.
 * Small steps are cheaper to run than to look up, so only what took `cacheCpuMsMin` of
 * processor time is kept, and code of which nothing is kept is not looked up at all.
 */
import type { Clock } from '#engine/core/clock.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { PlanAction } from '#engine/plan/plan.ts'
import { openPayloads, type Payloads } from '#engine/runtime/payload.ts'
import type { Caller, CallResult, Store } from '#engine/runtime/ports.ts'

import type { CacheQuestion, Kept, StepCache } from './port.ts'

export interface Keeping {
  readonly cache: StepCache
  readonly store: Store
  readonly clock: Pick<Clock, 'now'>
  /** Of what executes code: another one might give something else. */
  readonly release: string
}

/** `inner`, but for pure steps whose output is known. */
export function keepingCaller(inner: Caller, { release, ...ports }: Keeping): Caller {
  const payloads = openPayloads(ports.store)
  const codes = new WeakMap<PlanAction, string>()
  const codeOf = (action: PlanAction): string => {
    const known = codes.get(action) ?? `${action.unit} ${action.export} ${release}`
    codes.set(action, known)
    return known
  }
  return {
    call(request) {
      const { action, isFresh } = request
      if (action.effects !== 'pure') return inner.call(request)
      const code = codeOf(action)
      if (isFresh !== true && ports.cache.hasAny(code)) {
        const known = answerOf({ ...ports, payloads }, questionOf(code, request.input))
        if (known !== undefined) return known
      }
      const result = inner.call(request)
      const note = (done: CallResult): CallResult => {
        if (isWorthKeeping(done)) {
          const at = ports.clock.now()
          const output = payloads.hold(done.output)
          const question = questionOf(code, request.input)
          if (question !== undefined) ports.cache.keep(question, { output, run: request.run, at })
        }
        return done
      }
      return result instanceof Promise ? result.then(note) : note(result)
    },
  }
}

function isWorthKeeping(result: CallResult): result is CallResult & { readonly ok: true } {
  return (
    result.ok && result.isOfInput === true && (result.usage?.cpuMs ?? 0) >= limits.cacheCpuMsMin
  )
}

/** Undefined for an input that is too deep to be printed. */
function questionOf(code: string, input: Json): CacheQuestion | undefined {
  try {
    return { code, input: JSON.stringify(input) }
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

/** What is kept, where its bytes are still there. */
function answerOf(
  { cache, store, payloads }: Pick<Keeping, 'cache' | 'store'> & { readonly payloads: Payloads },
  question: CacheQuestion | undefined,
): CallResult | undefined {
  const kept: Kept | undefined = question === undefined ? undefined : cache.find(question)
  if (kept === undefined) return undefined
  const { output, run, at } = kept
  if ('ref' in output && !store.has(output.ref)) return undefined
  return { ok: true, output: payloads.value(output), cached: { run, at } }
}
