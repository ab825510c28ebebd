/**
 * One worker thread as the main thread sees it: several calls, of which one at a time
 * runs while the others wait for the host.
 *
 * The guest's own deadline is checked inside; some built-ins never look at it. So the
 * main side waits `sandboxKillGraceMs` longer and then ends the whole thread, which is
 * what makes the time limit a promise. Only the call that ran is to blame; the others
 * are `lost`, and whoever gave them may give them again.
 *
 * What is said in one turn of the event loop goes in one message, and the answers of quick
 * calls come back together. Which call runs meanwhile is read from the thread's pulse.
 */
import type { Worker } from 'node:worker_threads'

import { limits } from '#engine/core/limits.ts'

import type { Conversation } from './conversation.ts'
import type { FromWorker, Job, Outcome, Spent, ToWorker } from './protocol.ts'
import type { Born } from './threads/born.ts'
import { monotonicMs, Pulse } from './threads/pulse.ts'
import { Turns } from './threads/turns.ts'

/** One call, and who is to be told and asked while it runs. */
export interface Task {
  readonly job: Job
  readonly code: string | Uint8Array
  readonly signal: AbortSignal
  readonly conversation: Conversation
  /** The last call of this code took next to no time. */
  readonly isQuick: boolean
  /** Calls of this code have ended soon (`threads/habit.ts`). */
  readonly isShort: boolean
}

/**
 * What became of a task; `lost` when its thread ended without its fault, `back` when it had
 * not begun there.
 */
export type Ended =
  | { readonly outcome: Outcome; readonly spent?: Spent }
  | { readonly outcome: 'lost' }
  | { readonly outcome: 'back' }

interface Running {
  readonly call: number
  readonly task: Task
  readonly settle: (ended: Ended) => void
  leftMs: number
  /** The call has begun, and asked the host for something. */
  hasAsked: boolean
}

export class Thread {
  readonly #worker: Worker
  readonly #onFree: () => void
  /** Code the thread has been given. */
  readonly #known = new Set<string>()
  readonly #running = new Map<number, Running>()
  readonly #turns: Turns
  #outbox: ToWorker[] = []
  #calls = 0
  #isReady = false
  #isDead = false

  /** `onFree` hears that the thread can take a call, or has died. */
  constructor({ worker, pulse }: Born, warmBytesMax: number, onFree: () => void) {
    this.#onFree = onFree
    this.#turns = new Turns(new Pulse(pulse), {
      leftMsOf: (call) => this.#running.get(call)?.leftMs ?? 0,
      late: () => this.#kill(late),
    })
    this.#worker = worker
    this.#worker.on('message', (messages: readonly FromWorker[]) => this.#takeAll(messages))
    this.#worker.on('error', (error: Error) => this.#kill(crashed(error.message)))
    this.#worker.on('exit', () => this.#kill(crashed('The thread ended.')))
    this.#say({ kind: 'room', warmBytesMax })
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Calls under way, running or waiting. */
  get load(): number {
    return this.#running.size
  }

  /** Nothing runs, and there is room for one more that may wait. */
  get isFree(): boolean {
    const { sandboxCallsPerThreadMax } = limits
    return !this.#isDead && this.#turns.count === 0 && this.load < sandboxCallsPerThreadMax
  }

  /** How many turns it has been sent and has not answered. */
  get ahead(): number {
    return this.#turns.count
  }

  /** Whether it is at calls that end soon, and at none that has lasted all the same. */
  get isMoving(): boolean {
    return this.#turns.areShort && !this.isStuck
  }

  /** Whether the turn that runs has taken longer than a short one does. */
  get isStuck(): boolean {
    return this.#turns.runningMs > limits.sandboxLaneStuckMs
  }

  /**
   * Whether a quick call may be sent behind what runs, so that the thread need not wait
   * for this one: only where all that is before it has been quick, too.
   */
  get isQuick(): boolean {
    if (this.#isDead || this.ahead >= limits.sandboxCallsAheadMax) return false
    if (this.load - this.ahead >= limits.sandboxCallsPerThreadMax) return false
    return this.#turns.areQuick
  }

  /** Runs `task`; the thread must be free, or quick like the task. Answers once, through `settle`. */
  run(task: Task, settle: (ended: Ended) => void): number {
    const call = ++this.#calls
    const running = { call, task, settle, leftMs: task.job.timeMsMax, hasAsked: false }
    this.#running.set(call, running)
    if (this.load === 1) this.#worker.ref()
    this.#start(running, !this.#known.has(task.job.instance))
    return call
  }

  /** Nobody waits for the call any more: it comes back as called off. */
  callOff(call: number): void {
    if (this.#turns.running?.call === call) this.#kill(cancelled)
    else this.#leave(call, { outcome: cancelled })
  }

  /** Gives back the calls that were sent behind the one that runs and have not begun. */
  giveBack(): void {
    for (const { call } of this.#turns.behind) {
      if (this.#running.get(call)?.hasAsked === false) this.#leave(call, { outcome: 'back' })
    }
  }

  async stop(): Promise<void> {
    for (const call of this.#running.keys()) this.#end(call, { outcome: cancelled })
    this.#kill(cancelled)
    await this.#worker.terminate()
  }

  #start(running: Running, isNew: boolean): void {
    const { call, task } = running
    const { job, code } = task
    this.#known.add(job.instance)
    this.#push(running, isNew || !this.#isReady)
    this.#say({ kind: 'call', call, job, ...(isNew ? { code } : {}) })
  }

  #push({ call, task: { isQuick, isShort } }: Running, isFirst: boolean): void {
    this.#turns.push({ call, isFirst, isQuick, isShort, sinceMs: monotonicMs() })
  }

  #takeAll(messages: readonly FromWorker[]): void {
    for (const message of messages) this.#take(message)
    if (!this.#isDead) this.#onFree()
  }

  #take(message: FromWorker): void {
    if (message.kind === 'ready') {
      this.#isReady = true
      return
    }
    const running = this.#running.get(message.call)
    if (message.kind === 'log') return running?.task.conversation.log(message.level, message.text)
    if (message.kind === 'host') return this.#ask(running, message)
    if (message.kind === 'started') return this.#turns.started()
    this.#turns.shift()
    if (message.kind === 'ended') {
      this.#end(message.call, { outcome: message.outcome, spent: message.spent })
    } else if (running !== undefined) {
      if (message.kind === 'unknown') this.#start(running, true)
      else running.leftMs = message.leftMs
    }
  }

  #ask(running: Running | undefined, asked: { id: number; op: string; args: string }): void {
    if (running === undefined) return
    running.hasAsked = true
    const { call, task } = running
    const goesOn = task.conversation.ask(asked.id, asked, (reply) => {
      if (this.#running.get(call) !== running) return
      this.#push(running, false)
      this.#say({ kind: 'reply', call, id: asked.id, reply })
    })
    if (goesOn) return
    const reason = task.conversation.obstacle ?? ''
    this.#leave(call, { outcome: crashed(`The call was begun again, and ${reason}.`) })
  }

  /** Ends a call that does not run at this moment; the thread lives on. */
  #leave(call: number, ended: Ended): void {
    this.#say({ kind: 'drop', call })
    this.#end(call, ended)
    if (this.isFree) this.#onFree()
  }

  #end(call: number, ended: Ended): void {
    const running = this.#running.get(call)
    if (running === undefined) return
    this.#running.delete(call)
    if (this.load === 0) this.#worker.unref()
    running.settle(ended)
  }

  /** Ends the thread, the call that ran with `outcome`. */
  #kill(outcome: Outcome): void {
    if (this.#isDead) return
    this.#isDead = true
    void this.#worker.terminate()
    const blamed = this.#turns.running
    this.#turns.clear()
    if (blamed !== undefined) this.#end(blamed.call, { outcome })
    for (const call of this.#running.keys()) this.#end(call, { outcome: 'lost' })
    this.#onFree()
  }

  /** All that one turn of the event loop has to say goes together, before the loop goes on. */
  #say(message: ToWorker): void {
    if (this.#outbox.push(message) > 1) return
    queueMicrotask(() => process.nextTick(() => this.#post()))
  }

  #post(): void {
    const messages = this.#outbox
    this.#outbox = []
    if (!this.#isDead) this.#worker.postMessage(messages)
  }
}

/** What a call that was called off comes to. */
export const cancelled: Outcome = {
  kind: 'stopped',
  code: 'RUN_CANCELLED',
  message: 'The call was called off.',
}

const late: Outcome = {
  kind: 'stopped',
  code: 'SANDBOX_TIME_EXCEEDED',
  message: 'The code ran out of time.',
}

/** A call that the sandbox itself could not bring to an end. */
export function crashed(reason: string): Outcome {
  return { kind: 'stopped', code: 'SANDBOX_CRASHED', message: `The sandbox broke: ${reason}` }
}
