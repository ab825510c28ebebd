/**
 * What JavaScript offers for a fresh start of every call: a `node:vm` context (which is no
 * wall), a worker thread, and the isolates of `isolated-vm`. All do the same work on the
 * same input as S1 in the same run.
 */
import { Script, createContext } from 'node:vm'
import { Worker } from 'node:worker_threads'

import { percentile, short } from './lab.ts'

interface Work {
  /** Leaves its exports in `__unit`. */
  readonly code: string
  readonly input: string
}

/** Microseconds of a fresh start with its call, each way. */
export async function others(work: Work): Promise<Record<string, number>> {
  return {
    node_vm_new_context_us_s: await median(200, contextOf(work)),
    new_worker_us_s: await median(15, async () => await inWorker(work)),
    ...(await isolates(work)),
  }
}

async function median(count: number, call: () => unknown): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await call()
    times.push((performance.now() - start) * 1_000)
  }
  return short(percentile(times, 0.5))
}

const callText = 'JSON.stringify(__unit.default(JSON.parse(input)))'

function contextOf({ code, input }: Work): () => unknown {
  const script = new Script(`${code}\n;${callText}`)
  return () => script.runInContext(createContext({ input })) as unknown
}

async function inWorker({ code, input }: Work): Promise<void> {
  const body = `const { parentPort, workerData: input } = require('node:worker_threads')\n${code}\nparentPort.postMessage(${callText})`
  const worker = new Worker(body, { eval: true, workerData: input })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
}

async function isolates({ code, input }: Work): Promise<Record<string, number>> {
  const { default: ivm } = await import('isolated-vm')
  const start = (isolate: InstanceType<typeof ivm.Isolate>): (() => unknown) => {
    const context = isolate.createContextSync()
    context.global.setSync('input', input)
    isolate.compileScriptSync(`${code}\n;globalThis.__unit = __unit`).runSync(context)
    const call = isolate.compileScriptSync(callText)
    return () => call.runSync(context) as unknown
  }
  const shared = new ivm.Isolate({ memoryLimit: 64 })
  const warm = start(shared)
  const metrics = {
    isolated_vm_new_isolate_us_s: await median(50, () => {
      const isolate = new ivm.Isolate({ memoryLimit: 64 })
      start(isolate)()
      isolate.dispose()
    }),
    isolated_vm_new_context_us_s: await median(200, () => start(shared)()),
    isolated_vm_warm_unrestored_us_s: await median(1_000, warm),
  }
  shared.dispose()
  return metrics
}
