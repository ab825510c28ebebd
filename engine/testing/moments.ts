/**
 * What happens to a run from outside, and when: so long after its start, after the end of a
 * step, or as soon as the step that it answers waits for it. A moment that never comes is a failure, because then the case shows nothing.
 */
import type { Instant } from '#engine/core/clock.ts'
import { pointer } from '#engine/core/json.ts'
import type { RunId } from '#engine/core/id.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import type { Engine } from '#engine/runtime/engine.ts'
import type { StepView } from '#engine/runtime/view.ts'

import type { Stop } from './caller.ts'
import type { VirtualClock } from './clock.ts'
import type { Moment, SentAnswer, SentEvent, SentSignal } from './file.ts'

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
  /** Those that wait for a step: for its end, or for its question. */
  readonly #waiting = new Set<number>()

  constructor(parts: MomentsParts) {
    this.#parts = parts
    this.#open = new Map(parts.moments.entries())
    for (const [index, moment] of this.#open) {
      if (moment.after !== undefined || askedBy(moment) !== undefined) this.#waiting.add(index)
    }
  }

  /** Whether some moment waits for a step. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Sets the moments that are counted from the start of the run. */
  arm(start: Instant): void {
    for (const [index, { at }] of this.#open) {
      const isFree = !this.#waiting.has(index)
      if (isFree) this.#arm(index, start + (parseDuration(at ?? '0s') ?? 0))
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

  /** The step at `path` waits for somebody. */
  waits(path: string): void {
    for (const index of this.#waiting) {
      const step = askedBy(this.#open.get(index) ?? {})
      if (step === path || step === this.#parts.idOf(path))
        this.#arm(index, this.#parts.clock.now())
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
    const [index, moment] = first
    const { at, after } = moment
    const step = askedBy(moment)
    const message =
      step !== undefined
        ? `The step "${step}" never waited for this.`
        : after === undefined
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

/** The step that a moment without a time of its own answers. */
function askedBy({ at, after, approve, reject, settle }: Moment): string | undefined {
  if (at !== undefined || after !== undefined) return undefined
  const told = approve ?? reject ?? settle
  return typeof told === 'string' ? told : told?.step
}

/** What a moment is done to. */
export interface Happening {
  readonly engine: Engine
  readonly run: RunId
  /** Steps as they are now. */
  readonly steps: readonly StepView[]
  idOf(path: string): string
}

/** Does to a run what a moment says. Throws what the engine says against it. */
export async function happen(at: Happening, moment: Moment): Promise<void> {
  const { engine, run } = at
  const { cancel, signal, event, approve, reject, settle } = moment
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
  if (approve !== undefined) await answer(at, 'approve', approve)
  if (reject !== undefined) await answer(at, 'reject', reject)
  if (settle !== undefined) {
    const { path } = stepOf(at, settle.step)
    const { as: how, output } = settle
    const id = `settle ${path}`
    await engine.settle(run, output === undefined ? { path, how, id } : { path, how, id, output })
  }
}

/** Answers as somebody who is asked, where the moment does not say who it is. */
async function answer(
  at: Happening,
  decision: 'approve' | 'reject',
  given: string | SentAnswer,
): Promise<void> {
  const { step, by, of, form, reason }: SentAnswer =
    typeof given === 'string' ? { step: given } : given
  const { path, asked } = stepOf(at, step)
  const person = by ?? asked.find((one) => one.startsWith('user:')) ?? 'user:tester'
  const teams = of ?? (by === undefined ? asked.filter((one) => one.startsWith('team:')) : [])
  await at.engine.answer(at.run, {
    path,
    decision,
    by: person,
    of: teams,
    ...(form === undefined ? {} : { form }),
    ...(reason === undefined ? {} : { reason }),
  })
}

/** The step that is meant: of its turns the one that waits now. */
function stepOf(
  { steps, idOf }: Happening,
  name: string,
): { readonly path: string; readonly asked: readonly string[] } {
  const named = steps.filter(({ path }) => path === name || idOf(path) === name)
  const found = named.findLast(({ status }) => status !== 'done') ?? named.at(-1)
  return { path: found?.path ?? name, asked: found?.asks?.by ?? [] }
}
