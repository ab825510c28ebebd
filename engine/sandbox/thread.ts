/**
 * One worker thread as the main thread sees it: several calls, of which one at a time
 * runs while the others wait for the host.
 *
 * The guest's own deadline is checked inside; some built-ins never look at it. So the
 * main side waits `sandboxKillGraceMs` longer and then ends the whole thread, which is
 * what makes the time limit a promise. Only the call that ran is to blame; the others
 * are `lost`, and whoever gave them may give them again.
 *
 * The thread does turns in the order in which they were sent: the start of a call, or a
 * reply. Each is answered once, so the first turn not yet answered is the one that runs.
 */
import { Worker } from 'node:worker_threads'

import { limits } from '#engine/core/limits.ts'

import type { Conversation } from './conversation.ts'
import type { FromWorker, Job, Outcome, Spent, ToWorker, WorkerData } from './protocol.ts'
import { workerUrl } from './wasm.ts'

/** One call, and who is to be told and asked while it runs. */
export interface Task {
  readonly job: Job
  readonly code: string | Uint8Array
  readonly signal: AbortSignal
  readonly conversation: Conversation
  /** The last call of this code took next to no time. */
  readonly isQuick: boolean
}

/** What became of a task; `lost` when its thread ended without its fault. */
export type Ended =
  | { readonly outcome: Outcome; readonly spent?: Spent }
  | { readonly outcome: 'lost' }

interface Running {
  readonly call: number
  readonly task: Task
  readonly settle: (ended: Ended) => void
  readonly onAbort: () => void
  leftMs: number
}

interface Turn {
  readonly call: number
  /** Of a start that has to load the code, which may take as long as a start may. */
  readonly isFirst: boolean
}

const workerLimits = { stackSizeMb: 16, maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 }

export class Thread {
  readonly #worker: Worker
  readonly #onFree: () => void
  /** Code the thread has been given. */
  readonly #known = new Set<string>()
  readonly #running = new Map<number, Running>()
  readonly #turns: Turn[] = []
  #calls = 0
  #isReady = false
  #isDead = false
  #watch: NodeJS.Timeout | undefined

  /** `onFree` hears that the thread can take a call, or has died. */
  constructor(workerData: WorkerData, onFree: () => void) {
    this.#onFree = onFree
    this.#worker = new Worker(workerUrl, {
      workerData,
      resourceLimits: workerLimits,
      execArgv: [],
      env: {},
      stdin: false,
    })
    this.#worker.unref()
    this.#worker.on('message', (message: FromWorker) => this.#take(message))
    this.#worker.on('error', (error: Error) => this.#kill(crashed(error.message)))
    this.#worker.on('exit', () => this.#kill(crashed('The thread ended.')))
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
    return !this.#isDead && this.#turns.length === 0 && this.load < sandboxCallsPerThreadMax
  }

  /** How many turns it has been sent and has not answered. */
  get ahead(): number {
    return this.#turns.length
  }

  /**
   * Whether a quick call may be sent behind what runs, so that the thread need not wait
   * for this one: only where all that is before it has been quick, too.
   */
  get isQuick(): boolean {
    if (this.#isDead || this.ahead >= limits.sandboxCallsAheadMax) return false
    if (this.load >= limits.sandboxCallsPerThreadMax) return false
    return this.#turns.every(({ call }) => this.#running.get(call)?.task.isQuick === true)
  }

  /** Runs `task`; the thread must be free, or quick like the task. Never rejects. */
  async run(task: Task): Promise<Ended> {
    const call = ++this.#calls
    return await new Promise((settle) => {
      const onAbort = (): void => this.#callOff(call)
      task.signal.addEventListener('abort', onAbort, { once: true })
      const running = { call, task, settle, onAbort, leftMs: task.job.timeMsMax }
      this.#running.set(call, running)
      if (this.load === 1) this.#worker.ref()
      this.#start(running, !this.#known.has(task.job.instance))
    })
  }

  #start({ call, task: { job, code } }: Running, isNew: boolean): void {
    this.#known.add(job.instance)
    this.#push({ call, isFirst: isNew || !this.#isReady })
    this.#say({ kind: 'call', call, job, ...(isNew ? { code } : {}) })
  }

  async stop(): Promise<void> {
    for (const { call } of this.#running.values()) this.#end(call, { outcome: cancelled })
    this.#kill(cancelled)
    await this.#worker.terminate()
  }

  #take(message: FromWorker): void {
    if (message.kind === 'ready') {
      this.#isReady = true
      return
    }
    const running = this.#running.get(message.call)
    if (message.kind === 'log') return running?.task.conversation.log(message.level, message.text)
    if (message.kind === 'host') return this.#ask(running, message)
    if (message.kind === 'started') return this.#watchFor(running?.leftMs ?? 0)
    this.#turns.shift()
    if (message.kind === 'ended') {
      this.#end(message.call, { outcome: message.outcome, spent: message.spent })
    } else if (running !== undefined) {
      if (message.kind === 'unknown') this.#start(running, true)
      else running.leftMs = message.leftMs
    }
    this.#watchHead()
    if (!this.#isDead) this.#onFree()
  }

  #ask(running: Running | undefined, asked: { id: number; op: string; args: string }): void {
    if (running === undefined) return
    const { call, task } = running
    const goesOn = task.conversation.ask(asked.id, asked, (reply) => {
      if (this.#running.get(call) !== running) return
      this.#push({ call, isFirst: false })
      this.#say({ kind: 'reply', call, id: asked.id, reply })
    })
    if (goesOn) return
    const reason = task.conversation.obstacle ?? ''
    this.#leave(call, { outcome: crashed(`The call was begun again, and ${reason}.`) })
  }

  #push(turn: Turn): void {
    this.#turns.push(turn)
    if (this.#turns.length === 1) this.#watchHead()
  }

  /** Watches the turn that runs; one whose call has gone has no time left. */
  #watchHead(): void {
    const [head] = this.#turns
    if (head === undefined) return clearTimeout(this.#watch)
    const leftMs = this.#running.get(head.call)?.leftMs ?? 0
    this.#watchFor(head.isFirst ? limits.sandboxStartMsMax : leftMs)
  }

  #watchFor(ms: number): void {
    clearTimeout(this.#watch)
    const [head] = this.#turns
    // A module has no clock inside that would be asked first.
    const isModule = this.#running.get(head?.call ?? 0)?.task.job.format === 'wasm'
    this.#watch = setTimeout(
      () => {
        // When this thread was the late one, the answer is already here: take it first.
        setImmediate(() => {
          if (head !== undefined && this.#turns[0] === head) this.#kill(late)
        })
      },
      ms + (isModule ? 0 : limits.sandboxKillGraceMs),
    )
  }

  #callOff(call: number): void {
    if (this.#turns[0]?.call === call) this.#kill(cancelled)
    else this.#leave(call, { outcome: cancelled })
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
    running.task.signal.removeEventListener('abort', running.onAbort)
    running.settle(ended)
  }

  /** Ends the thread, the call that ran with `outcome`. */
  #kill(outcome: Outcome): void {
    if (this.#isDead) return
    this.#isDead = true
    clearTimeout(this.#watch)
    void this.#worker.terminate()
    const [head] = this.#turns.splice(0)
    if (head !== undefined) this.#end(head.call, { outcome })
    for (const { call } of this.#running.values()) this.#end(call, { outcome: 'lost' })
    this.#onFree()
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message)
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
