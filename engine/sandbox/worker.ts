/**
 * The thread that guest code runs on: takes turns (a call, a reply), runs each in the
 * realm of its call, answers.
 *
 * One turn at a time and in order, so that the main thread knows whom to blame when this
 * thread stops answering. A realm that something went wrong in is let go; the others
 * wait on a shelf for the next call of their code.
 */
import { parentPort, workerData } from 'node:worker_threads'

import { limits } from '#engine/core/limits.ts'

import { Modules, runModule } from './module/run.ts'
import { unitName } from './protocol.ts'
import type { FromWorker, Job, StartMessage, ToWorker, WorkerData } from './protocol.ts'
import { Realm, type RealmHost, type Turn } from './realm.ts'
import { loadGlue } from './realm/binary.ts'
import { parseImage } from './realm/image.ts'
import { openMemory } from './realm/memory.ts'
import { Shelf } from './shelf.ts'
import { Pulse } from './threads/pulse.ts'
import { compileQuickJs, readImage } from './wasm.ts'

interface Current {
  readonly call: number
  readonly instance: string
  readonly realm: Realm
  hostCalls: number
  argChars: number
  logs: number
}

// QuickJS asks this realm for the offset of local time; the same run must not depend on it.
Date.prototype.getTimezoneOffset = () => 0

const { pulse: shared } = workerData as WorkerData
// Read and compiled here, where nothing waits for the main thread; the machine code is shared.
const [wasm, file] = await Promise.all([compileQuickJs(), readImage(), loadGlue()])
let image = file === undefined ? undefined : parseImage(file)
const pulse = new Pulse(shared)
const codes = new Map<string, string>()
let shelf = new Shelf(0)
const modules = new Modules()
const calls = new Map<number, Current>()
const inbox: ToWorker[] = []
let isTaking = false
const rehearsal = '{"now":0,"seed":""}'
const rehearsalCode = `var ${unitName} = (() => { class A { constructor(n) { this.n = n } get twice() { return this.n * 2 } }; return { default: async ({ n, ...rest }) => ({ n: new A(n).twice, text: [...'ab'].map((c) => c + n).join(), rest }) } })()`
/** Answers that go together, and when the first of them was given. */
let held: FromWorker[] = []
let heldSince = 0

parentPort?.on('message', (messages: readonly ToWorker[]) => {
  inbox.push(...messages)
  if (!isTaking) void takeAll()
})
say({ kind: 'ready' })
if (image !== undefined) setTimeout(() => void rehearse().catch(() => undefined), 1)

/** Opening a realm takes a moment, in which messages may come: they wait their turn. */
async function takeAll(): Promise<void> {
  isTaking = true
  for (let message = inbox.shift(); message !== undefined; message = inbox.shift()) {
    const work = take(message)
    if (work !== undefined) await work
  }
  isTaking = false
}

function take(message: ToWorker): Promise<void> | undefined {
  if (message.kind === 'room') return void (shelf = new Shelf(message.warmBytesMax))
  if (message.kind !== 'drop') pulse.beat()
  if (message.kind === 'call') return begin(message)
  const { kind, call } = message
  const current = calls.get(call)
  if (kind === 'drop') {
    if (current !== undefined) leave(current)
  } else if (current === undefined) say({ kind: 'waiting', call, leftMs: 0 })
  else after(current, current.realm.reply(message.id, message.reply))
  return undefined
}

/**
 * A thread that was started ahead makes a call of nobody's: the machine code of the
 * interpreter is made with its first use, which takes longer than all the rest.
 */
async function rehearse(): Promise<void> {
  if (inbox.length > 0 || calls.size > 0) return
  const memoryBytesMax = limits.sandboxMemoryBytesDefault
  const realm = await Realm.open(wasm, openMemory(memoryBytesMax), image)
  const timeMsMax = limits.sandboxTimeMsDefault
  const job = { instance: '', action: 'default', input: '{"n":1}', facts: rehearsal }
  const host = { call: () => {}, log: () => {} }
  if (realm.load(rehearsalCode, timeMsMax) !== undefined) return
  realm.begin({ ...job, memoryBytesMax, timeMsMax }, host, timeMsMax)
  realm.reset()
}

function begin({ call, job, code: sent }: StartMessage): Promise<void> | undefined {
  const { instance, memoryBytesMax } = job
  const warm = shelf.take(instance)
  if (warm !== undefined) {
    run(call, job, { realm: warm, leftMs: job.timeMsMax })
    return undefined
  }
  if (job.format === 'wasm') {
    beginModule(call, job, sent)
    return undefined
  }
  const code = (sent as string | undefined) ?? codes.get(instance)
  if (code === undefined) {
    say({ kind: 'unknown', call })
    return undefined
  }
  keep(codes, { key: instance, value: code, max: limits.sandboxUnitsResidentMax })
  return Realm.open(wasm, openMemory(memoryBytesMax), image).then((realm) => {
    image ??= realm.image()
    const start = performance.now()
    say({ kind: 'started', call })
    const outcome = realm.load(code, job.timeMsMax)
    if (outcome !== undefined) return say({ kind: 'ended', call, outcome, spent: realm.spent })
    run(call, job, { realm, leftMs: Math.max(1, job.timeMsMax - (performance.now() - start)) })
  })
}

/** A module needs no realm: it ends in the turn in which it begins. */
function beginModule(call: number, job: Job, sent: StartMessage['code']): void {
  const prepared = modules.find(job, sent as Uint8Array | undefined)
  if (prepared === undefined) return say({ kind: 'unknown', call })
  say({ kind: 'started', call })
  const host = hostOf({ call, hostCalls: 0, argChars: 0, logs: 0 })
  say({ kind: 'ended', call, ...runModule(prepared, job, host) })
}

function run(call: number, job: Job, { realm, leftMs }: { realm: Realm; leftMs: number }): void {
  const current = { call, instance: job.instance, realm, hostCalls: 0, argChars: 0, logs: 0 }
  calls.set(call, current)
  after(current, realm.begin(job, hostOf(current), leftMs))
}

function after(current: Current, turn: Turn): void {
  const { call, realm } = current
  if (turn.kind === 'waiting') return say({ kind: 'waiting', call, leftMs: turn.leftMs })
  say({ kind: 'ended', call, outcome: turn.outcome, spent: realm.spent })
  leave(current)
}

function leave({ call, instance, realm }: Current): void {
  calls.delete(call)
  realm.reset()
  if (!realm.isSpent) shelf.put(instance, realm)
}

function hostOf(call: Omit<Current, 'instance' | 'realm'>): RealmHost {
  return {
    call: (id, op, args) => {
      call.hostCalls++
      // A blob goes in pieces, each of which is bounded on the other side.
      if (op !== 'blob.append' || args.length > limits.blobPieceBytesMax * 2) {
        call.argChars += args.length
      }
      if (call.hostCalls > limits.hostCallsPerCallMax) {
        throw new Error(`One call may ask the host ${limits.hostCallsPerCallMax} times.`)
      }
      if (call.argChars > limits.hostArgumentsCharsMax) {
        throw new Error('The arguments of the calls to the host are too large.')
      }
      say({ kind: 'host', call: call.call, id, op, args })
    },
    log: (level, text) => {
      call.logs++
      const isLast = call.logs === limits.logsPerCallMax
      if (call.logs > limits.logsPerCallMax) return
      const line = isLast ? 'Further lines are left out.' : text.slice(0, limits.logCharsMax)
      say({ kind: 'log', call: call.call, level, text: line })
    },
  }
}

/** Puts an entry last; the one used longest ago makes room. */
function keep<T>(
  map: Map<string, T>,
  { key, value, max }: { key: string; value: T; max: number },
): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > max && oldest !== undefined) map.delete(oldest)
}

/** What ends a quick call waits for the next one's end, but never for long; the rest goes at once. */
function say(message: FromWorker): void {
  const now = performance.now()
  if (held.push(message) === 1) heldSince = now
  const mayWait = message.kind === 'ended' && inbox.length > 0
  if (mayWait && now - heldSince < limits.sandboxAnswersHeldMsMax) return
  const messages = held
  held = []
  parentPort?.postMessage(messages)
}
