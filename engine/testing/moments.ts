/**
 * What happens to a run from outside, and when: so long after its start, or after the end of
 * a step. A moment that never comes is a failure, because then the case shows nothing.
 */
import type { Instant } from '#engine/core/clock.ts'
import { pointer } from '#engine/core/json.ts'
import type { RunId } from '#engine/core/id.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import type { Engine } from '#engine/runtime/engine.ts'

import type { Stop } from './caller.ts'
import type { VirtualClock } from './clock.ts'
import type { Moment, SentEvent, SentSignal } from './file.ts'

export interface MomentsParts {
  readonly moments: readonly Moment[]
  /** JSON Pointer of the list. */
  readonly at: string
  readonly clock: VirtualClock
  idOf(path: string): string
}

export class Moments {
  readonly #parts: MomentsParts
  /** By index; taken out when they have come. */
  readonly #open: Map<number, Moment>
  readonly #due: number[] = []
  /** Those that wait for the end of a step. */
  readonly #waiting = new Set<number>()

  constructor(parts: MomentsParts) {
    this.#parts = parts
    this.#open = new Map(parts.moments.entries())
    for (const [index, { after }] of this.#open) {
      if (after !== undefined) this.#waiting.add(index)
    }
  }

  /** Whether some moment waits for the end of a step. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Sets the moments that are counted from the start of the run. */
  arm(start: Instant): void {
    for (const [index, { at, after }] of this.#open) {
      if (after === undefined) this.#arm(index, start + (parseDuration(at ?? '0s') ?? 0))
    }
  }

  /** The step at `path` has ended. */
  ended(path: string): void {
    for (const index of this.#waiting) {
      const { after, delay } = this.#open.get(index) ?? {}
      if (after !== path && after !== this.#parts.idOf(path)) continue
      const wait = delay === undefined ? 0 : (parseDuration(delay) ?? 0)
      this.#arm(index, this.#parts.clock.now() + wait)
    }
  }

  /** The next moment that has come, once, with its place in the file. */
  take(): { readonly moment: Moment; readonly at: string } | undefined {
    const index = this.#due.shift()
    const moment = index === undefined ? undefined : this.#open.get(index)
    if (index === undefined || moment === undefined) return undefined
    this.#open.delete(index)
    return { moment, at: this.#parts.at + pointer(index) }
  }

  /** The first moment that did not come. */
  left(): Stop | undefined {
    const first = this.#open.entries().next().value
    if (first === undefined) return undefined
    const [index, { at, after }] = first
    const message =
      after === undefined
        ? `The run was over before "${at}", when this was to happen.`
        : `The step "${after}" has not ended, after which this was to happen.`
    return { at: this.#parts.at + pointer(index), message }
  }

  #arm(index: number, due: Instant): void {
    const { clock } = this.#parts
    this.#waiting.delete(index)
    if (due <= clock.now()) this.#due.push(index)
    else clock.wakeAt(due, () => this.#due.push(index))
  }
}

/** Does to `run` what a moment says. Throws what the engine says against it. */
export async function happen(engine: Engine, run: RunId, moment: Moment): Promise<void> {
  const { cancel, signal, event } = moment
  if (cancel !== undefined) await engine.cancel(run, cancel)
  if (signal !== undefined) {
    const {
      name,
      data = null,
      by,
    }: SentSignal = typeof signal === 'string' ? { name: signal } : signal
    await engine.signal(run, by === undefined ? { name, data } : { name, data, by })
  }
  if (event !== undefined) {
    const {
      subject,
      data = null,
      key,
    }: SentEvent = typeof event === 'string' ? { subject: event } : event
    await engine.publish(key === undefined ? { subject, data } : { subject, data, key })
  }
}
