/**
 * One part of one workload in a process of its own: `node part.ts W2 0` prints its metrics.
 */
import { w4 } from './cold.ts'
import { w6 } from './kill.ts'
import { s2 } from './neighbours.ts'
import { s1, s1First, s1Thread } from './sandbox.ts'
import { raw, w1, w2, w2Sandboxed, w3, w5 } from './workloads.ts'

const workloads: Readonly<
  Record<string, readonly (() => Promise<Readonly<Record<string, number>>>)[]>
> = {
  W1: [w1],
  W2: [w2, w2Sandboxed],
  W3: [w3],
  W4: [w4],
  W5: [w5],
  W6: [w6],
  S1: [s1],
  S2: [s2],
  S1FIRST: [async () => await s1First(false)],
  S1AHEAD: [async () => await s1First(true)],
  S1THREAD: [s1Thread],
  RAW: [raw],
}

const [name = '', index = '0'] = process.argv.slice(2)
const metrics = await workloads[name]?.[Number(index)]?.()
process.stdout.write(JSON.stringify(metrics))
process.exit(0)
