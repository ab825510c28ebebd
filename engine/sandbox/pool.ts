/**
 * The worker threads of this process: starts them when there is work, hands out calls,
 * replaces those that had to be ended.
 *
 * Calls of code whose calls end soon do not wait for the others: where all threads are
 * taken they have one more, a lane, which nobody else gets. Code that nobody knows, or that
 * was stopped, takes the threads that there is one of per core.
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
import { Line } from './threads/line.ts'

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
export type End = Exclude<Ended, { readonly outcome: 'lost' | 'back' }>

export class Pool {
  readonly #size: number
  readonly #all = new Set<Thread>()
  readonly #lanes = new Set<Thread>()
  /** Calls that lost their thread: they have waited already. */
  readonly #again: Waiting[] = []
  readonly #queue = new Line<Waiting>()
  /** The short ones, which may take a lane. */
  readonly #short = new Line<Waiting>()
  #look: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(workers: number = availableParallelism()) {
    this.#size = Math.min(Math.max(1, workers), limits.sandboxWorkersMax)
  }

  /** Runs `task` when a thread is free. */
  run(task: Task, answer: Answer): void {
    if (this.#isClosed || task.signal.aborted) return answer.settle({ outcome: cancelled })
    if (this.#queue.length + this.#short.length >= limits.sandboxQueueMax) {
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
    const line = task.isShort ? this.#short : this.#queue
    line.push(waiting)
    this.#serve()
  }

  /** Ends all threads; calls that run or wait come back as called off. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#look)
    const waiting = [this.#again.splice(0), this.#short.takeAll(), this.#queue.takeAll()].flat()
    for (const one of waiting) finish(one, { outcome: cancelled })
    const threads = [...this.#all, ...this.#lanes]
    await Promise.all(threads.map(async (thread) => await thread.stop()))
    this.#all.clear()
    this.#lanes.clear()
  }

  #serve(): void {
    if (this.#isClosed) return
    while (this.#again.length > 0 && this.#start(this.#again[0] as Waiting)) this.#again.shift()
    for (const line of [this.#short, this.#queue]) {
      while (line.first !== undefined && this.#start(line.first)) line.shift()
    }
    if (this.#short.length > 0) this.#lookLater()
  }

  /** A short call may wait for one that is not short after all: it is then given to another thread. */
  #lookLater(): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined
      for (const thread of [...this.#all, ...this.#lanes]) if (thread.isStuck) thread.giveBack()
      if ([...this.#all, ...this.#lanes].some(({ ahead }) => ahead > 1)) this.#lookLater()
      this.#serve()
    }, limits.sandboxLaneStuckMs).unref()
  }

  /** False when there is no thread for it yet. */
  #start(waiting: Waiting): boolean {
    if (waiting.isOver) return true
    const thread = this.#findThread(waiting.task)
    if (thread !== undefined) this.#runOn(thread, waiting)
    return thread !== undefined
  }

  #runOn(thread: Thread, waiting: Waiting): void {
    waiting.thread = thread
    waiting.call = thread.run(waiting.task, (ended) => {
      if (ended.outcome === 'lost') this.#runAgain(waiting)
      else if (ended.outcome === 'back') this.#goBack(waiting)
      else finish(waiting, ended)
    })
    if (thread.ahead > 1) this.#lookLater()
  }

  #runAgain(waiting: Waiting): void {
    const { conversation } = waiting.task
    if (conversation.obstacle !== undefined) {
      const reason = `The thread ended under the call, which cannot be begun again: ${conversation.obstacle}.`
      return finish(waiting, { outcome: crashed(reason) })
    }
    conversation.restart()
    this.#goBack(waiting)
  }

  #goBack(waiting: Waiting): void {
    waiting.thread = undefined
    this.#again.push(waiting)
    this.#serve()
  }

  /** A short call takes a lane only while other ones hold a thread that it could have had. */
  #findThread(task: Task): Thread | undefined {
    if (!task.isShort || this.#all.size < this.#size) return this.#findShared(task)
    for (const thread of this.#all) if (thread.isMoving) return this.#findShared(task)
    return freeOf(this.#lanes) ?? this.#findShared(task) ?? this.#findLane(task)
  }

  /** A free thread, or a new one while there may be more, or one that is quick for a quick task. */
  #findShared(task: Task): Thread | undefined {
    const free = freeOf(this.#all)
    if (free !== undefined) return free
    if (this.#all.size >= this.#size) return task.isQuick ? quickOf(this.#all) : undefined
    return this.#open(this.#all, limits.sandboxWarmBytesMax / this.#size)
  }

  /** No lane is free: a new one where there is none, or where all are stuck. */
  #findLane(task: Task): Thread | undefined {
    const quick = task.isQuick ? quickOf(this.#lanes) : undefined
    if (quick !== undefined || this.#lanes.size >= limits.sandboxLanesMax) return quick
    for (const lane of this.#lanes) if (!lane.isStuck) return undefined
    return this.#open(this.#lanes, limits.sandboxLaneWarmBytesMax)
  }

  #open(threads: Set<Thread>, warmBytesMax: number): Thread {
    const thread = new Thread(takeBorn(), warmBytesMax, () => this.#serve())
    threads.add(thread)
    return thread
  }
}

/** The free one that has least under way; takes the dead ones out. */
function freeOf(threads: Set<Thread>): Thread | undefined {
  let free: Thread | undefined
  for (const thread of threads) {
    if (thread.isDead) threads.delete(thread)
    else if (thread.isFree && (free === undefined || thread.load < free.load)) free = thread
  }
  return free
}

/** The one that quick calls may be sent to although something runs there. */
function quickOf(threads: ReadonlySet<Thread>): Thread | undefined {
  let quick: Thread | undefined
  for (const thread of threads) {
    if (!thread.isQuick || thread.isStuck) continue
    if (thread.ahead < (quick?.ahead ?? Infinity)) quick = thread
  }
  return quick
}

function finish(waiting: Waiting, end: End): void {
  if (waiting.isOver) return
  waiting.isOver = true
  waiting.task.signal.removeEventListener('abort', waiting.onAbort)
  waiting.answer.settle(end)
}
