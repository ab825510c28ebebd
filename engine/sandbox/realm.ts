/**
 * One QuickJS life: a WebAssembly instance with bounded memory, one context, one unit of code.
 *
 * Every call begins from the bytes that were there after the code was loaded, so no
 * call sees another. A realm in which something went wrong below the language (out of
 * time, memory or stack, a host exception) is `isSpent` and never used again; nothing
 * is ever disposed, because the memory goes as a whole.
 */
import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten-core'

import { limits } from '#engine/core/limits.ts'

import { Fault, openContext } from './realm/engine.ts'
import { findLayout, type Layout } from './realm/layout.ts'
import type { BoundedMemory } from './realm/memory.ts'
import { callNative, type NativeValue } from './realm/natives.ts'
import { outcomeOfFault, outcomeOfSettled } from './realm/outcome.ts'
import { prelude } from './realm/prelude.ts'
import {
  unitName,
  type HostReply,
  type Job,
  type LogLevel,
  type Outcome,
  type Spent,
} from './protocol.ts'
import { takeSnapshot, type Snapshot } from './realm/snapshot.ts'

/** Jobs of the promise queue between two looks at the clock. */
const jobsPerTurn = 1_000
/** Glue code and bookkeeping around one instance. */
const instanceBytes = 64 * 1024

/** What a guest may ask of the thread it runs on. */
export interface RealmHost {
  call(id: number, op: string, args: string): void
  log(level: LogLevel, text: string): void
}

/** How a turn of guest code left the call: ended, or with nothing to do until a reply. */
export type Turn =
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  | { readonly kind: 'waiting'; readonly leftMs: number }

interface Border {
  readonly begin: QuickJSHandle
  readonly reply: QuickJSHandle
  readonly link: QuickJSHandle
  readonly tick: QuickJSHandle
}

export class Realm {
  readonly #memory: BoundedMemory
  readonly #context: QuickJSContext
  readonly #border: Border
  readonly #layout: Layout
  #snapshot: Snapshot | undefined
  #host: RealmHost | undefined
  #settled: Outcome | undefined
  #deadline = Number.POSITIVE_INFINITY
  #leftMs = 0
  #cpuMs = 0
  #openCalls = 0
  #isSpent = false
  #isLate = false

  private constructor(context: QuickJSContext, memory: BoundedMemory, layout: Layout) {
    this.#context = context
    this.#memory = memory
    this.#layout = layout
    context.runtime.setInterruptHandler(() => (this.#isLate ||= performance.now() > this.#deadline))
    this.#border = this.#raiseBorder()
  }

  /** Makes an instance that owns `memory`, whose maximum is its limit. */
  static async open(wasmModule: WebAssembly.Module, memory: BoundedMemory): Promise<Realm> {
    const { context, allocator } = await openContext(wasmModule, memory.wasm)
    return new Realm(context, memory, findLayout(wasmModule, memory, allocator))
  }

  get isSpent(): boolean {
    return this.#isSpent
  }

  /** What the call has taken up to now. */
  get spent(): Spent {
    const { breakNow, heapStart } = this.#layout
    return { cpuMs: this.#cpuMs, peakBytes: breakNow() - heapStart }
  }

  /** Roughly what it holds of the machine's memory: what is used, and its copy. */
  get bytes(): number {
    return 2 * (this.#snapshot?.bytes ?? 0) + instanceBytes
  }

  /** Runs the code's top level and keeps what it left as the start of every call. */
  load(code: string, timeMsMax: number): Outcome | undefined {
    this.#leftMs = timeMsMax
    const fault = this.#guard(() => {
      const script = `(() => {${code}\nreturn ${unitName}\n})()`
      const loaded = this.#context.evalCode(script, 'unit.js')
      if (loaded.error !== undefined) return this.#refusal(loaded.error)
      this.#enter(this.#border.link, [loaded.value])
      this.#runJobs()
      return undefined
    })
    if (fault !== undefined) {
      this.#isSpent = true
      return fault
    }
    this.#snapshot = takeSnapshot(this.#memory.wasm, this.#layout)
    return undefined
  }

  begin(job: Job, host: RealmHost, timeMsMax: number): Turn {
    this.#host = host
    this.#settled = undefined
    this.#openCalls = 0
    this.#cpuMs = 0
    this.#leftMs = timeMsMax
    return this.#turn(this.#border.begin, () =>
      [job.action, job.input, job.facts].map((t) => this.#text(t)),
    )
  }

  /** Hands the guest the answer of a host call, and lets it go on. */
  reply(id: number, reply: HostReply): Turn {
    this.#openCalls--
    return this.#turn(this.#border.reply, () => [
      this.#context.newNumber(id),
      reply.isOk ? this.#context.true : this.#context.false,
      this.#text(reply.text),
      this.#text(reply.code ?? ''),
    ])
  }

  /** Forgets the call. */
  reset(): void {
    this.#host = undefined
    if (this.#isSpent) return
    if (this.#memory.isFull || this.#snapshot?.restore() !== true) this.#isSpent = true
  }

  #turn(entry: QuickJSHandle, makeArgs: () => QuickJSHandle[]): Turn {
    const fault = this.#guard(() => {
      this.#enter(entry, makeArgs())
      this.#runJobs()
      while (this.#hasOnlyTimers && this.#tick()) this.#runJobs()
      return undefined
    })
    const outcome = fault ?? this.#withoutNull(this.#settled)
    if (outcome !== undefined) {
      if (outcome.kind === 'stopped' && outcome.code !== 'SANDBOX_OUTPUT_REFUSED')
        this.#isSpent = true
      return { kind: 'ended', outcome }
    }
    if (this.#openCalls > 0) return { kind: 'waiting', leftMs: this.#leftMs }
    const stalled = this.#memory.isFull
      ? outcomeOfFault('memory', '')
      : outcomeOfSettled('stalled', [])
    return { kind: 'ended', outcome: stalled }
  }

  /** Runs guest code against the clock; whatever crosses WebAssembly as an exception is a crash. */
  #guard(run: () => Outcome | undefined): Outcome | undefined {
    const start = performance.now()
    const cpu = process.threadCpuUsage()
    this.#deadline = start + this.#leftMs
    this.#isLate = false
    try {
      const outcome = run()
      return this.#isLate ? outcomeOfFault('interrupted', '') : outcome
    } catch (thrown) {
      this.#isSpent = true
      if (this.#isLate) return outcomeOfFault('interrupted', '')
      if (thrown instanceof Fault) return thrown.outcome
      return outcomeOfFault(this.#memory.isFull ? 'memory' : 'crashed', String(thrown))
    } finally {
      this.#leftMs -= performance.now() - start
      const { user, system } = process.threadCpuUsage(cpu)
      this.#cpuMs += (user + system) / 1_000
    }
  }

  get #hasOnlyTimers(): boolean {
    return this.#settled === undefined && this.#openCalls === 0 && !this.#isLate
  }

  /** Lets virtual time go on to the next timer; false when there is none. */
  #tick(): boolean {
    if (performance.now() > this.#deadline) this.#isLate = true
    const fired = this.#enter(this.#border.tick, [])
    return !this.#isLate && this.#context.getNumber(fired) === 1
  }

  #enter(entry: QuickJSHandle, args: QuickJSHandle[]): QuickJSHandle {
    const result = this.#context.callFunction(entry, this.#context.undefined, ...args)
    if (result.error !== undefined) throw new Fault(this.#refusal(result.error))
    // What the guest was told is its own to keep or to let go: a long call hears a lot.
    for (const arg of args) arg.dispose()
    return result.value
  }

  #runJobs(): void {
    const { runtime } = this.#context
    while (runtime.hasPendingJob()) {
      const result = runtime.executePendingJobs(jobsPerTurn)
      if (result.error !== undefined) throw new Fault(this.#refusal(result.error))
      if (performance.now() > this.#deadline) this.#isLate = true
      if (this.#isLate) return
    }
  }

  /** Guest code that ended in an exception which the border script did not take. */
  #refusal(error: QuickJSHandle): Outcome {
    if (this.#isLate) return outcomeOfFault('interrupted', '')
    const name = this.#readText(error, 'name')
    const message = this.#readText(error, 'message')
    if (name === '' && message === '' && this.#memory.isFull) return outcomeOfFault('memory', '')
    return outcomeOfFault('refused', `${name}: ${message}`)
  }

  #readText(error: QuickJSHandle, key: string): string {
    if (this.#context.typeof(error) !== 'object') return ''
    const value = this.#context.getProp(error, key)
    return this.#context.typeof(value) === 'string' ? this.#context.getString(value) : ''
  }

  /** An engine without memory for an error object throws `null`. */
  #withoutNull(settled: Outcome | undefined): Outcome | undefined {
    const isNull = settled?.kind === 'threw' && settled.thrown.message === 'null'
    return isNull && this.#memory.isFull ? outcomeOfFault('memory', '') : settled
  }

  #text(text: string): QuickJSHandle {
    const handle = this.#context.newString(text)
    if (this.#context.typeof(handle) !== 'string') throw new Fault(outcomeOfFault('memory', ''))
    return handle
  }

  #raiseBorder(): Border {
    const context = this.#context
    const text = (handle: QuickJSHandle | undefined): string =>
      handle === undefined ? '' : context.getString(handle)
    const callHost = context.newFunction('callHost', (id, op, args) => {
      this.#host?.call(context.getNumber(id ?? context.undefined), text(op), text(args))
      this.#openCalls++
    })
    const writeLog = context.newFunction('writeLog', (level, line) => {
      this.#host?.log(text(level) as LogLevel, text(line))
    })
    const settle = context.newFunction('settle', (kind, ...parts) => {
      this.#settled ??= outcomeOfSettled(text(kind), parts.map(text))
    })
    const native = context.newFunction('native', (name, ...args) => {
      const made = callNative(
        text(name),
        args.map((arg) => nativeValue(context, arg)),
      )
      if (made === undefined) return context.undefined
      // A fresh copy: what Node gives may lie in memory that it shares with other data.
      return typeof made === 'string'
        ? this.#text(made)
        : context.newArrayBuffer(new Uint8Array(made).buffer)
    })
    const caps = context.unwrapResult(context.evalCode(capsSource))
    const script = context.unwrapResult(context.evalCode(prelude, 'prelude.js'))
    const border = context.unwrapResult(
      context.callFunction(script, context.undefined, callHost, writeLog, settle, native, caps),
    )
    return {
      begin: context.getProp(border, 'begin'),
      reply: context.getProp(border, 'reply'),
      link: context.getProp(border, 'link'),
      tick: context.getProp(border, 'tick'),
    }
  }
}

/** A copy, because the guest's memory may move under a view of it. */
function nativeValue(context: QuickJSContext, handle: QuickJSHandle): NativeValue {
  const type = context.typeof(handle)
  if (type === 'number') return context.getNumber(handle)
  if (type !== 'object') return context.getString(handle)
  const bytes = context.getArrayBuffer(handle)
  const copy = bytes.value.slice()
  bytes.dispose()
  return copy
}

const capsSource = `(${JSON.stringify({
  outputChars: limits.sandboxOutputBytesMax,
  messageChars: limits.failureMessageCharsMax,
  logChars: limits.logCharsMax,
})})`
