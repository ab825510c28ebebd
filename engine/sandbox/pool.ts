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
import { compileQuickJs } from './wasm.ts'

interface Waiting {
  readonly task: Task
  readonly settle: (end: End) => void
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
  #wasm: WebAssembly.Module | undefined
  #compiling: Promise<void> | undefined
  #isClosed = false

  constructor(workers: number = availableParallelism()) {
    this.#size = Math.min(Math.max(1, workers), limits.sandboxWorkersMax)
  }

  /** Runs `task` when a thread is free; rejects only when QuickJS itself cannot be found. */
  async run(task: Task): Promise<End> {
    if (this.#wasm === undefined) await (this.#compiling ??= this.#compile())
    if (this.#isClosed) return { outcome: cancelled }
    if (this.#queue.length - this.#next >= limits.sandboxQueueMax) {
      throw new IonError('RUN_LIMIT_EXCEEDED', 'Too many calls wait for the sandbox.')
    }
    return await new Promise((resolve) => {
      const onAbort = (): void => resolve({ outcome: cancelled })
      const settle = (end: End): void => {
        task.signal.removeEventListener('abort', onAbort)
        resolve(end)
      }
      task.signal.addEventListener('abort', onAbort, { once: true })
      this.#queue.push({ task, settle })
      this.#serve()
    })
  }

  /** Ends all threads; calls that run or wait come back as called off. */
  async close(): Promise<void> {
    this.#isClosed = true
    const waiting = [...this.#again.splice(0), ...this.#queue.slice(this.#next)]
    this.#queue = []
    this.#next = 0
    for (const { settle } of waiting) settle({ outcome: cancelled })
    await Promise.all([...this.#all].map(async (thread) => await thread.stop()))
    this.#all.clear()
  }

  async #compile(): Promise<void> {
    this.#wasm = await compileQuickJs()
  }

  #serve(): void {
    while (this.#again.length > 0 || this.#next < this.#queue.length) {
      const first = this.#again[0] ?? (this.#queue[this.#next] as Waiting)
      const thread = this.#findThread(first.task)
      if (thread === undefined) return
      const waiting = this.#again.shift() ?? this.#shift()
      if (waiting.task.signal.aborted) waiting.settle({ outcome: cancelled })
      else void this.#runOn(thread, waiting)
    }
  }

  async #runOn(thread: Thread, waiting: Waiting): Promise<void> {
    const ended = await thread.run(waiting.task)
    if (ended.outcome !== 'lost') return waiting.settle(ended)
    const { conversation } = waiting.task
    if (conversation.obstacle !== undefined) {
      const reason = `The thread ended under the call, which cannot be begun again: ${conversation.obstacle}.`
      return waiting.settle({ outcome: crashed(reason) })
    }
    conversation.restart()
    this.#again.push(waiting)
    this.#serve()
  }

  /** A free thread, or a new one while there may be more, or one that is quick for a quick task. */
  #findThread(task: Task): Thread | undefined {
    if (this.#isClosed || this.#wasm === undefined) return undefined
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
    const thread = new Thread({ wasm: this.#wasm, warmBytesMax }, () => this.#serve())
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
