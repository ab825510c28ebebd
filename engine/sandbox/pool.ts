/**
 * The worker threads of this process: starts them when there is work, hands out calls,
 * replaces those that had to be ended.
 *
 * A call that waits for the host does not hold its thread. A call whose thread ended
 * under it through no fault of its own is run again, unseen. Idle threads do not keep
 * the process alive.
 */
import { availableParallelism } from 'node:os'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { cancelled, crashed, Thread, type Ended, type Task } from './thread.ts'
import { takeBorn } from './threads/born.ts'

/** A call, and where it is. */
interface Waiting {
  readonly task: Task
  readonly answer: Answer
  readonly onAbort: () => void
  isOver: boolean
  /** The thread it was given to, and its number there. */
  thread: Thread | undefined
  call: number
}

/** Who hears of the end of a call: one of them, once. */
export interface Answer {
  settle(end: End): void
  /** The sandbox itself has no means to run it. */
  fail(error: unknown): void
}

/** How a call came to its end. */
export type End = Exclude<Ended, { readonly outcome: 'lost' }>

export class Pool {
  readonly #size: number
  readonly #all = new Set<Thread>()
  /** Calls that lost their thread: they have waited already. */
  readonly #again: Waiting[] = []
  #queue: Waiting[] = []
  #next = 0
  #isClosed = false

  constructor(workers: number = availableParallelism()) {
    this.#size = Math.min(Math.max(1, workers), limits.sandboxWorkersMax)
  }

  /** Runs `task` when a thread is free. */
  run(task: Task, answer: Answer): void {
    if (this.#isClosed || task.signal.aborted) return answer.settle({ outcome: cancelled })
    if (this.#queue.length - this.#next >= limits.sandboxQueueMax) {
      const message = 'Too many calls wait for the sandbox.'
      return answer.fail(new IonError('RUN_LIMIT_EXCEEDED', message))
    }
    const waiting: Waiting = {
      task,
      answer,
      onAbort: () => {
        if (waiting.thread === undefined) finish(waiting, { outcome: cancelled })
        else waiting.thread.callOff(waiting.call)
      },
      isOver: false,
      thread: undefined,
      call: 0,
    }
    task.signal.addEventListener('abort', waiting.onAbort, { once: true })
    this.#queue.push(waiting)
    this.#serve()
  }

  /** Ends all threads; calls that run or wait come back as called off. */
  async close(): Promise<void> {
    this.#isClosed = true
    const waiting = [...this.#again.splice(0), ...this.#queue.slice(this.#next)]
    this.#queue = []
    this.#next = 0
    for (const one of waiting) finish(one, { outcome: cancelled })
    await Promise.all([...this.#all].map(async (thread) => await thread.stop()))
    this.#all.clear()
  }

  #serve(): void {
    while (this.#again.length > 0 || this.#next < this.#queue.length) {
      const first = this.#again[0] ?? (this.#queue[this.#next] as Waiting)
      const thread = first.isOver ? undefined : this.#findThread(first.task)
      if (thread === undefined && !first.isOver) return
      const waiting = this.#again.shift() ?? this.#shift()
      if (thread !== undefined) this.#runOn(thread, waiting)
    }
  }

  #runOn(thread: Thread, waiting: Waiting): void {
    waiting.thread = thread
    waiting.call = thread.run(waiting.task, (ended) => {
      if (ended.outcome !== 'lost') finish(waiting, ended)
      else this.#runAgain(waiting)
    })
  }

  #runAgain(waiting: Waiting): void {
    waiting.thread = undefined
    const { conversation } = waiting.task
    if (conversation.obstacle !== undefined) {
      const reason = `The thread ended under the call, which cannot be begun again: ${conversation.obstacle}.`
      return finish(waiting, { outcome: crashed(reason) })
    }
    conversation.restart()
    this.#again.push(waiting)
    this.#serve()
  }

  /** A free thread, or a new one while there may be more, or one that is quick for a quick task. */
  #findThread(task: Task): Thread | undefined {
    if (this.#isClosed) return undefined
    let free: Thread | undefined
    let quick: Thread | undefined
    for (const thread of this.#all) {
      if (thread.isDead) this.#all.delete(thread)
      else if (thread.isFree && (free === undefined || thread.load < free.load)) free = thread
      else if (task.isQuick && thread.isQuick && thread.ahead < (quick?.ahead ?? Infinity))
        quick = thread
    }
    if (free !== undefined) return free
    if (this.#all.size >= this.#size) return quick
    const warmBytesMax = limits.sandboxWarmBytesMax / this.#size
    const thread = new Thread(takeBorn(), warmBytesMax, () => this.#serve())
    this.#all.add(thread)
    return thread
  }

  /** Takes the first of the queue; the array is cut only now and then, which keeps it linear. */
  #shift(): Waiting {
    const first = this.#queue[this.#next++] as Waiting
    if (this.#next > 1_024 && this.#next * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#next)
      this.#next = 0
    }
    return first
  }
}

function finish(waiting: Waiting, end: End): void {
  if (waiting.isOver) return
  waiting.isOver = true
  waiting.task.signal.removeEventListener('abort', waiting.onAbort)
  waiting.answer.settle(end)
}
