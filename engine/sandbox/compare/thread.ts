/**
 * Compares values with schemas that guests made up, on a thread of its own: the near side
 * of `worker.ts`.
 *
 * Both are as large as a guest wants them, and compiling a schema can take seconds; here
 * that holds up no run and no timer. A call has so much time for all its comparisons, after
 * which its comparison is ended with the thread. The others of the queue go on with a new
 * one, so a guest costs its neighbours a wait and nothing else.
 */
import { Worker } from 'node:worker_threads'

import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Violation } from '#engine/core/schema.ts'

import type { Answer, Question } from './worker.ts'

/** What one call has left for comparing. */
export interface Allowance extends AsyncDisposable {
  leftMs: number
}

export function allowance(): Allowance {
  return { leftMs: limits.schemaCheckMsMax, [Symbol.asyncDispose]: async () => {} }
}

interface Asked {
  readonly question: Question
  readonly allowed: Allowance
  readonly signal: AbortSignal
  readonly resolve: (violation: Violation | undefined) => void
  readonly reject: (error: Error) => void
}

interface Running {
  readonly asked: Asked
  readonly sinceMs: number
  readonly timer: NodeJS.Timeout
}

const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './compare-worker.js',
  import.meta.url,
)

export class Comparer {
  readonly #queue: Asked[] = []
  #worker: Worker | undefined
  #isReady = false
  #running: Running | undefined

  /** The first violation; throws `DSL_SCHEMA_MALFORMED`, and `SANDBOX_TIME_EXCEEDED` past the allowance. */
  async compare(
    question: Question,
    allowed: Allowance,
    signal: AbortSignal,
  ): Promise<Violation | undefined> {
    return await new Promise((resolve, reject) => {
      this.#queue.push({ question, allowed, signal, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    if (this.#running !== undefined) return
    const worker = (this.#worker ??= this.#start())
    if (!this.#isReady) return worker.ref()
    const asked = this.#take()
    if (asked === undefined) return worker.unref()
    worker.ref()
    const timer = setTimeout(() => this.#stop(tooLong()), Math.ceil(asked.allowed.leftMs))
    this.#running = { asked, sinceMs: performance.now(), timer }
    worker.postMessage(asked.question)
  }

  /** The next one that somebody waits for and that has time left. */
  #take(): Asked | undefined {
    for (let asked = this.#queue.shift(); asked !== undefined; asked = this.#queue.shift()) {
      if (asked.signal.aborted) asked.reject(new Error('Nobody waits for it any more.'))
      else if (asked.allowed.leftMs <= 0) asked.reject(tooLong())
      else return asked
    }
    return undefined
  }

  #start(): Worker {
    this.#isReady = false
    const resourceLimits = { maxOldGenerationSizeMb: limits.schemaThreadMemoryMibMax }
    const worker = new Worker(workerUrl, { resourceLimits, execArgv: [], env: {} })
    const ends = (): void => {
      if (this.#worker === worker) this.#stop(tooMuch())
    }
    worker.on('message', (answer: Answer) => this.#hear(answer))
    worker.on('error', ends)
    worker.on('exit', ends)
    return worker
  }

  #hear(answer: Answer): void {
    if (answer.kind === 'ready') {
      this.#isReady = true
      return this.#next()
    }
    const asked = this.#settle()
    if (answer.kind === 'compared') asked?.resolve(answer.violation)
    else {
      const { code, message, data = {} } = answer.failure
      asked?.reject(new IonError(code as Code, message, { data: data as JsonObject }))
    }
    this.#next()
  }

  /** Ends the thread, whose question comes to `error`; another one goes on with the rest. */
  #stop(error: IonError): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    const asked = this.#settle() ?? (this.#isReady ? undefined : this.#queue.shift())
    asked?.reject(error)
    if (this.#queue.length > 0) this.#next()
  }

  #settle(): Asked | undefined {
    if (this.#running === undefined) return undefined
    const { asked, sinceMs, timer } = this.#running
    this.#running = undefined
    clearTimeout(timer)
    asked.allowed.leftMs -= performance.now() - sinceMs
    return asked
  }
}

function tooLong(): IonError {
  const seconds = limits.schemaCheckMsMax / 1000
  const message = `The schemas that the call compares with take longer than ${seconds} s.`
  return new IonError('SANDBOX_TIME_EXCEEDED', message)
}

function tooMuch(): IonError {
  return new IonError(
    'SANDBOX_MEMORY_EXCEEDED',
    'The schema takes too much memory to compare with.',
  )
}
