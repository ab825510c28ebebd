/**
 * What a guest may ask of the host during one call, and whether it may.
 *
 * The decision is made on the host's side, from the unit's manifest and the flow's
 * permissions (`capability/demand.ts`), never from what the guest says; `log` needs no
 * grant. What an operation does is given from outside (`HostOperations`).
 */
import type { Code } from '#engine/core/codes.ts'
import { IonError, type Failure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Effects } from '#engine/dsl/template.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'

import { demand } from './capability/demand.ts'
import { CallScope } from './capability/scope.ts'
import type { HostReply } from './protocol.ts'

/** The call that asks. */
export interface CallContext extends Pick<
  CallRequest,
  'run' | 'flow' | 'path' | 'attempt' | 'key' | 'source' | 'log' | 'secrets'
> {
  /** What the plugin asks for. */
  readonly asker: Asker
  /** What the flow allows. */
  readonly granted: Permissions
  /** What the action says it does to the world. */
  readonly effects: Effects
  /** What the call holds until it ends. */
  readonly scope: CallScope
  /** Aborts when the call has ended or the operation has taken too long. */
  readonly signal: AbortSignal
}

/** The host's side of `ctx.git.log(…)` and its like: `op` is `git.log`. */
export interface HostOperations {
  /** Throws an `IonError` for a failure of the world; the guest sees its code and message. */
  call(op: string, args: Json, context: CallContext): Promise<Json>
}

/** What a unit asks for in its manifest. */
export interface Asker {
  readonly name: string
  readonly capabilities: Permissions
}

/** The host calls of one call of an action. */
export class HostSession {
  readonly #operations: HostOperations
  readonly #request: CallRequest
  readonly #asker: Asker
  readonly #waiting: (() => void)[] = []
  readonly #failures: Failure[] = []
  /** Made with the first host call: most calls make none, and it is not cheap. */
  #calledOff: AbortController | undefined
  #scope: CallScope | undefined
  #isEnded = false
  #inFlight = 0

  constructor(operations: HostOperations, request: CallRequest, asker: Asker) {
    this.#operations = operations
    this.#request = request
    this.#asker = asker
  }

  /** Answers one host call; never throws. */
  async answer(op: string, args: string): Promise<HostReply> {
    while (this.#inFlight >= limits.hostCallsInFlightMax && !this.#isEnded) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    if (this.#isEnded) return { isOk: false, text: '' }
    this.#inFlight++
    try {
      return { isOk: true, text: await this.#perform(op, args) }
    } catch (thrown) {
      const failure = failureOf(op, thrown)
      this.#failures.push(failure)
      return { isOk: false, text: failure.message, code: failure.code }
    } finally {
      this.#inFlight--
      this.#waiting.shift()?.()
    }
  }

  /** The host's own failure behind an error that the guest passed on; a guest cannot make one up. */
  findFailure(code: string, message: string): Failure | undefined {
    return this.#failures.findLast((f) => f.code === code && f.message === message)
  }

  /** A failure of a recorded call, which may come up again. */
  recall(failure: Failure): void {
    this.#failures.push(failure)
  }

  /** Calls off what is under way and lets go of what waits. */
  end(): void {
    this.#isEnded = true
    this.#calledOff?.abort()
    void this.#scope?.end()
    for (const go of this.#waiting.splice(0)) go()
  }

  async #perform(op: string, args: string): Promise<string> {
    const { run, flow, path, attempt, key, source, secrets = [], action } = this.#request
    const powers = {
      asker: this.#asker,
      granted: this.#request.permissions,
      effects: action.effects,
      secrets,
    }
    const given = JSON.parse(args) as Json
    demand(op, given, powers)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), limits.hostCallMsMax)
    this.#calledOff ??= new AbortController()
    const signal = AbortSignal.any([this.#calledOff.signal, late.signal])
    const log: CallRequest['log'] = (line) => this.#request.log(line)
    try {
      const scope = (this.#scope ??= new CallScope())
      const context = { run, flow, path, attempt, key, source, signal, scope, log, ...powers }
      const work = this.#operations.call(op, given, context)
      const answer = await Promise.race([work, abortOf(signal, op)])
      const text = JSON.stringify(answer)
      if (text.length <= limits.hostAnswerCharsMax) return text
      throw new IonError(
        'SANDBOX_SIZE_EXCEEDED',
        `The answer of "${op}" is too large. Ask for less at a time.`,
      )
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * What the guest is told. A failure that has no code of ours may name things of this
 * machine, so it is kept back; a long message is cut, because the guest cuts it, too.
 */
function failureOf(op: string, thrown: unknown): Failure {
  if (!(thrown instanceof IonError)) {
    return { code: 'RUN_STEP_FAILED', message: `The host could not do "${op}".` }
  }
  const failure = thrown.toFailure()
  // The border would end the text at a zero, and the guest would know it as another one.
  const message = failure.message.replaceAll('\0', '\ufffd')
  return { ...failure, message: message.slice(0, limits.failureMessageCharsMax) }
}

async function abortOf(signal: AbortSignal, op: string): Promise<never> {
  return await new Promise((_, reject) => {
    const code: Code = 'RUN_STEP_TIMEOUT'
    const stop = (): void => reject(new IonError(code, `"${op}" did not answer in time.`))
    signal.addEventListener('abort', stop, { once: true })
  })
}
