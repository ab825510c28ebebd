/**
 * Threads with bounded memory that take packs in: a few, started when there is work, each
 * with one repository at a time, ended when they rest.
 *
 * What exhausts a thread's memory or time ends that thread and fails that job; the next
 * job gets a new one. The bound is on JavaScript objects; bytes are bounded by `pack/`.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import type { Code } from '#engine/core/codes.ts'
import { IonError, type Failure } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Absorb, AbsorbJob } from '#engine/mirror/sync/absorb.ts'
import type { Collected } from '#engine/mirror/sync/collect.ts'

import { threadEnvironment } from './environment.ts'
import type { JobAnswer } from './worker.ts'

interface Queued {
  readonly job: AbsorbJob
  readonly resolve: (value: Collected) => void
  readonly reject: (error: IonError) => void
}

interface Slot {
  readonly worker: Worker
  idle?: NodeJS.Timeout
}

/** What a thread makes is mostly gone after a repository: little room for it keeps memory low. */
const youngMib = 8

/** The bundle of the published package lies beside the one of this file. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './mirror-sync-worker.js',
  import.meta.url,
)

export class AbsorbPool implements AsyncDisposable {
  readonly #size: number
  readonly #queue: Queued[] = []
  readonly #resting: Slot[] = []
  readonly #all = new Set<Slot>()
  #isClosed = false

  constructor(size = Math.min(limits.mirrorWorkersMax, availableParallelism())) {
    this.#size = size
  }

  /** Throws what the job throws, and `MIRROR_READ_FAILED` when its thread ended. */
  readonly absorb: Absorb = (job) =>
    new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(ended('it was closed'))
      this.#queue.push({ job, resolve, reject })
      this.#next()
    })

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#queue.splice(0)) reject(ended('it was closed'))
    await Promise.all([...this.#all].map(({ worker }) => worker.terminate()))
  }

  #next(): void {
    if (this.#queue.length === 0) return
    const slot = this.#resting.pop() ?? (this.#all.size < this.#size ? this.#start() : undefined)
    const queued = slot === undefined ? undefined : this.#queue.shift()
    if (slot !== undefined && queued !== undefined) this.#give(slot, queued)
  }

  #start(): Slot {
    const worker = new Worker(workerUrl, {
      resourceLimits: {
        maxOldGenerationSizeMb: limits.gitThreadMemoryMibMax,
        maxYoungGenerationSizeMb: youngMib,
      },
      env: threadEnvironment(),
      execArgv: [],
    })
    const slot = { worker }
    this.#all.add(slot)
    worker.on('exit', () => {
      this.#all.delete(slot)
      const at = this.#resting.indexOf(slot)
      if (at >= 0) this.#resting.splice(at, 1)
      this.#next()
    })
    // Each job hears of it by itself; a thread that rests has nobody to tell.
    worker.on('error', () => {})
    return slot
  }

  #give(slot: Slot, { job, resolve, reject }: Queued): void {
    const { worker } = slot
    clearTimeout(slot.idle)
    worker.ref()
    const done = (): void => {
      clearTimeout(timer)
      worker.off('message', heard).off('error', failed).off('exit', gone)
    }
    const heard = (answer: JobAnswer): void => {
      done()
      this.#rest(slot)
      if ('value' in answer) resolve(answer.value)
      else reject(revive(answer.error))
    }
    const failed = (cause: Error): void => {
      done()
      reject(ended(cause.message, cause))
    }
    const gone = (): void => {
      done()
      reject(ended('its thread has ended'))
    }
    const timer = setTimeout(() => {
      done()
      reject(ended(`it took longer than ${limits.gitTimeMsMax / 1000} s`))
      void worker.terminate()
    }, limits.gitTimeMsMax)
    worker.on('message', heard).on('error', failed).on('exit', gone)
    worker.postMessage(job)
  }

  #rest(slot: Slot): void {
    slot.worker.unref()
    slot.idle = setTimeout(() => void slot.worker.terminate(), limits.mirrorWorkerIdleMs)
    slot.idle.unref()
    this.#resting.push(slot)
    this.#next()
  }
}

function revive({ code, message, data }: Failure): IonError {
  return new IonError(code as Code, message, data === undefined ? {} : { data: data as JsonObject })
}

function ended(why: string, cause?: unknown): IonError {
  return new IonError('MIRROR_READ_FAILED', `The repository could not be read: ${why}.`, { cause })
}
