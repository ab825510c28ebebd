/**
 * The turns that a worker was sent and has not answered, in order, and the watch over the
 * one that runs.
 *
 * A worker does its turns in the order in which they were sent and answers each once, but
 * may hold answers back for a moment; so which of them runs is read from its pulse. One
 * timer serves all turns of a thread: it looks, and sleeps on until the time that is due.
 */
import { limits } from '#engine/core/limits.ts'

import { monotonicMs, type Pulse } from './pulse.ts'

export interface Turn {
  readonly call: number
  /** Of a start that has to load the code, which may take as long as a start may. */
  isFirst: boolean
  /** Of a call whose code took next to no time when it was called last. */
  readonly isQuick: boolean
  /** Of a call of code whose calls end soon. */
  readonly isShort: boolean
  /** When it was sent, or its code was there to be loaded. */
  sinceMs: number
}

export interface TurnsHost {
  /** What the call has left of its time; 0 for one that has gone. */
  leftMsOf(call: number): number
  /** The turn that runs has taken too long, and `grace` more. */
  late(): void
}

export class Turns {
  readonly #pulse: Pulse
  readonly #host: TurnsHost
  readonly #list: Turn[] = []
  #answered = 0
  #slow = 0
  #long = 0
  #timer: NodeJS.Timeout | undefined
  #timerMs = 0

  constructor(pulse: Pulse, host: TurnsHost) {
    this.#pulse = pulse
    this.#host = host
  }

  get count(): number {
    return this.#list.length
  }

  /** Whether all of them are of quick calls. */
  get areQuick(): boolean {
    return this.#slow === 0
  }

  /** Whether all of them are of short calls. */
  get areShort(): boolean {
    return this.#long === 0
  }

  /** The one that the worker is at; the next one while it is at none. */
  get running(): Turn | undefined {
    return this.#list[Math.max(0, this.#position)] ?? this.#list.at(-1)
  }

  /** How long the running turn has taken up to now. */
  get runningMs(): number {
    const { running } = this
    if (running === undefined || this.#position < 0) return 0
    return monotonicMs() - Math.max(running.sinceMs, this.#pulse.sinceMs)
  }

  /** Those that the worker has not come to. */
  get behind(): readonly Turn[] {
    return this.#list.slice(Math.max(0, this.#position) + 1)
  }

  push(turn: Turn): void {
    this.#list.push(turn)
    if (!turn.isQuick) this.#slow++
    if (!turn.isShort) this.#long++
    this.#wakeBy(turn.sinceMs + this.#allowedMs(turn))
  }

  /** The first one is answered. */
  shift(): void {
    const turn = this.#list.shift()
    if (turn?.isQuick === false) this.#slow--
    if (turn?.isShort === false) this.#long--
    this.#answered = (this.#answered + 1) | 0
  }

  /** The running turn has its code, and the guest's own time begins. */
  started(): void {
    const turn = this.running
    if (turn === undefined) return
    turn.isFirst = false
    turn.sinceMs = monotonicMs()
    this.#wakeBy(turn.sinceMs + this.#allowedMs(turn))
  }

  clear(): void {
    this.#list.length = 0
    this.#slow = 0
    this.#long = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Of the running turn in the list; below 0 while the worker is at none of them. */
  get #position(): number {
    return ((this.#pulse.begun - this.#answered) | 0) - 1
  }

  #allowedMs({ call, isFirst }: Turn): number {
    const ms = isFirst ? limits.sandboxStartMsMax : this.#host.leftMsOf(call)
    return ms + limits.sandboxKillGraceMs
  }

  /** When the running turn is to be ended; undefined when there is none. */
  get #dueMs(): number | undefined {
    const turn = this.running
    if (turn === undefined) return undefined
    // Sent, but not begun: the worker starts, or does what is no guest's.
    if (this.#position < 0) return turn.sinceMs + limits.sandboxStartMsMax
    return Math.max(turn.sinceMs, this.#pulse.sinceMs) + this.#allowedMs(turn)
  }

  #wakeBy(ms: number): void {
    if (this.#timer !== undefined && this.#timerMs <= ms) return
    clearTimeout(this.#timer)
    this.#timerMs = ms
    const inMs = Math.max(1, Math.ceil(ms - monotonicMs()))
    this.#timer = setTimeout(() => this.#wake(), inMs).unref()
  }

  #wake(): void {
    this.#timer = undefined
    const due = this.#dueMs
    if (due === undefined) return
    if (due > monotonicMs()) return this.#wakeBy(due)
    const { begun } = this.#pulse
    // When this thread was the late one, the answer is already here: take it first.
    setImmediate(() => {
      const now = this.#dueMs
      if (now === undefined) return
      if (begun === this.#pulse.begun && now <= monotonicMs()) this.#host.late()
      else this.#wakeBy(now)
    })
  }
}
