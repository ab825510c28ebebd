/**
 * isomorphic-git behind a thread with bounded memory: the near side of `worker.ts`.
 *
 * Unpacking in JavaScript blocks for a second at a time; here it blocks nobody, and what
 * exhausts the thread's memory ends the thread, with an error for each open question.
 * The bound is on JavaScript objects; `pack.ts` bounds the bytes.
 */
import { Worker } from 'node:worker_threads'

import { type Code } from '#engine/core/codes.ts'
import { IonError, type Failure } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { threadEnvironment } from '#engine/mirror/threads/environment.ts'

import type { Blob, GitPort } from './port.ts'

type Method = 'head' | 'resolve' | 'log' | 'tags' | 'tree' | 'read' | 'readMany' | 'diff'

export interface Question {
  readonly id: number
  readonly name: 'open' | Method
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: Failure
}

/** Opens the repository that `dir` is in, in a thread of its own; `close` ends the thread. */
export async function openIsolated(dir: string): Promise<GitPort> {
  const thread = startThread(dir)
  const ask = thread.ask
  try {
    const { root } = await ask<{ root: string }>('open', [])
    return {
      root,
      adapter: 'isomorphic',
      head: () => ask('head', []),
      resolve: (ref) => ask('resolve', [ref]),
      log: (query) => ask('log', [query]),
      tags: () => ask('tags', []),
      tree: (query) => ask('tree', [query]),
      read: (request) => ask('read', [request]),
      async readMany(requests) {
        const found = await ask<readonly (Blob | { error: Failure })[]>('readMany', [requests])
        return found.map((item) => ('error' in item ? revive(item.error) : item))
      },
      diff: (query) => ask('diff', [query]),
      close: thread.close,
    }
  } catch (error) {
    await thread.close()
    throw error
  }
}

/** The bundle of the published package lies beside the one of this file. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './mirror-worker.js',
  import.meta.url,
)

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: IonError) => void
  readonly timer: NodeJS.Timeout
}

interface Thread {
  ask<T>(name: Question['name'], args: readonly unknown[]): Promise<T>
  close(): Promise<void>
}

function startThread(dir: string): Thread {
  const worker = new Worker(workerUrl, {
    workerData: { dir },
    resourceLimits: { maxOldGenerationSizeMb: limits.gitThreadMemoryMibMax },
    env: threadEnvironment(),
    execArgv: [],
  })
  const waiting = new Map<number, Waiting>()
  let next = 0
  let end: IonError | undefined

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id)
    if (found !== undefined) clearTimeout(found.timer)
    waiting.delete(id)
    // A thread that nobody waits for does not keep the process alive.
    if (waiting.size === 0) worker.unref()
    return found
  }
  const endWith = (error: IonError): void => {
    end ??= error
    for (const id of waiting.keys()) settle(id)?.reject(end)
  }

  worker.on('message', ({ id, value, error }: Answer) => {
    const found = settle(id)
    if (error === undefined) found?.resolve(value)
    else found?.reject(revive(error))
  })
  worker.on('error', (cause) => endWith(stopped(cause.message, cause)))
  worker.on('exit', () => endWith(stopped('the reading thread has ended')))
  worker.unref()

  return {
    ask: <T>(name: Question['name'], args: readonly unknown[]): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (end !== undefined) return reject(end)
        const id = next++
        const timer = setTimeout(() => {
          endWith(stopped(`it took longer than ${limits.gitTimeMsMax / 1000} s`))
          void worker.terminate()
        }, limits.gitTimeMsMax)
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, timer })
        worker.ref()
        worker.postMessage({ id, name, args } satisfies Question)
      }),
    async close() {
      endWith(stopped('the repository was closed'))
      await worker.terminate()
    },
  }
}

function revive({ code, message, data }: Failure): IonError {
  return new IonError(code as Code, message, data === undefined ? {} : { data: data as JsonObject })
}

function stopped(why: string, cause?: unknown): IonError {
  return new IonError('MIRROR_READ_FAILED', `The repository could not be read: ${why}.`, { cause })
}
