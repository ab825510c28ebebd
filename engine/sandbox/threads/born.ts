/**
 * Starts worker threads, one of them ahead of time.
 *
 * A thread takes longer to start than a flow to compile. Whoever knows early that code
 * will be called says so, and the first thread of the sandbox is then there already. It
 * keeps no process alive, and one that nobody takes ends with the process.
 */
import { Worker } from 'node:worker_threads'

import type { WorkerData } from '#engine/sandbox/protocol.ts'
import { compileQuickJs, workerUrl } from '#engine/sandbox/wasm.ts'

import { pulseBytes } from './pulse.ts'

export interface Born {
  readonly worker: Worker
  readonly pulse: SharedArrayBuffer
}

const resourceLimits = {
  stackSizeMb: 16,
  maxOldGenerationSizeMb: 512,
  maxYoungGenerationSizeMb: 16,
}

/**
 * Belongs to the process, as its threads do: there is one set of cores. The engine is
 * compiled here while a thread starts, which then finds it done; and what was optimised of
 * it outlives the threads that have to be ended.
 */
const own: { spare?: Born | undefined; engine?: Promise<unknown> } = {}

/** Starts a thread for whoever needs one first. */
export function keepSpare(): void {
  own.spare ??= bear()
}

/** The thread that was started ahead, or a new one. */
export function takeBorn(): Born {
  const { spare } = own
  own.spare = undefined
  return spare ?? bear()
}

function bear(): Born {
  // Where it cannot be compiled, the thread says so.
  own.engine ??= compileQuickJs().catch(() => undefined)
  const pulse = new SharedArrayBuffer(pulseBytes)
  const workerData: WorkerData = { pulse }
  // Of the environment it sees where compiled code is kept, which a checkout starts faster from.
  const kept = process.env['NODE_COMPILE_CACHE']
  const env = kept === undefined ? {} : { NODE_COMPILE_CACHE: kept }
  const settings = { workerData, resourceLimits, execArgv: [], env, stdin: false }
  const worker = new Worker(workerUrl, settings)
  worker.unref()
  // One that ends before it is taken is nobody's trouble: the next one says what is wrong.
  worker.on('error', () => undefined)
  worker.once('exit', () => {
    if (own.spare?.worker === worker) own.spare = undefined
  })
  return { worker, pulse }
}
