/**
 * One QuickJS life: a WebAssembly instance with bounded memory, one context, one unit of code.
 *
 * Every call begins from the bytes that were there after the code was loaded, so no
 * call sees another. A realm in which something went wrong below the language (out of
 * time, memory or stack, a host exception) is `isSpent` and never used again; nothing
 * is ever disposed, because the memory goes as a whole.
 */
import { Marks } from './barrier/lines.ts'
import { takeMarkedSnapshot } from './barrier/restore.ts'
import { openBinary, wantsMarks, type Value } from './realm/binary.ts'
import { raiseBorder, standBehind, type Border, type BorderHost } from './realm/border.ts'
import { putImage, takeImage, type Image, type Places } from './realm/image.ts'
import { findLayout, layoutOf, type Layout } from './realm/layout.ts'
import type { BoundedMemory } from './realm/memory.ts'
import { outcomeOfFault, outcomeOfSettled } from './realm/outcome.ts'
import { Fault, QuickJs, Uncaught } from './realm/quickjs.ts'
import {
  unitName,
  type HostReply,
  type Job,
  type LogLevel,
  type Outcome,
  type Spent,
} from './protocol.ts'
import { takeSnapshot, type Snapshot } from './realm/snapshot.ts'
import { meterOf } from './threads/meter.ts'

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

/** What an instance begins with, besides its engine. */
interface Made {
  readonly known: Places | undefined
  readonly marks: Marks | undefined
}

/** One for the thread: it counts what the turns of all realms take. */
const meter = meterOf({
  clockMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  },
})

export class Realm {
  readonly #memory: BoundedMemory
  readonly #quickJs: QuickJs
  readonly #border: Border
  readonly #layout: Layout
  readonly #marks: Marks | undefined
  #snapshot: Snapshot | undefined
  #host: RealmHost | undefined
  #settled: Outcome | undefined
  #deadline = Number.POSITIVE_INFINITY
  #leftMs = 0
  #cpuMs = 0
  #openCalls = 0
  #isSpent = false
  #isLate = false

  private constructor(quickJs: QuickJs, memory: BoundedMemory, { known, marks }: Made) {
    this.#quickJs = quickJs
    this.#memory = memory
    this.#marks = marks
    quickJs.look = () => this.#look()
    const host: BorderHost = {
      call: (id, op, args) => {
        this.#host?.call(id, op, args)
        this.#openCalls++
      },
      log: (level, text) => this.#host?.log(level, text),
      settle: (kind, parts) => (this.#settled ??= outcomeOfSettled(kind, parts)),
    }
    if (known === undefined) {
      this.#layout = findLayout(memory.wasm, quickJs)
      this.#border = raiseBorder(quickJs, host)
    } else {
      this.#layout = layoutOf(memory.wasm, known.layout)
      this.#border = known.border
      standBehind(quickJs, host)
    }
  }

  /**
   * Makes an instance that owns `memory`, whose maximum is its limit; with `image`, far sooner.
   * A binary that marks what it writes to is put back by its marks, others as a whole.
   */
  static async open(
    wasmModule: WebAssembly.Module,
    memory: BoundedMemory,
    image?: Image,
  ): Promise<Realm> {
    const marks = wantsMarks(wasmModule) ? new Marks(memory.bytesMax) : undefined
    const binary = await openBinary(wasmModule, memory.wasm, marks)
    if (image !== undefined) putImage(memory.wasm, image)
    const known = image?.places
    const quickJs = new QuickJs(binary, memory.wasm, { places: known?.context, marks })
    return new Realm(quickJs, memory, { known, marks })
  }

  /** Itself as it is; to be taken before code is loaded. */
  image(): Image {
    const places = { context: this.#quickJs.places, border: this.#border }
    return takeImage(this.#memory.wasm, this.#layout, places)
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
      this.#enter(this.#border.link, [this.#quickJs.run(script, 'unit.js')])
      this.#runJobs()
      return undefined
    })
    if (fault !== undefined) {
      this.#isSpent = true
      return fault
    }
    this.#snapshot =
      this.#marks === undefined
        ? takeSnapshot(this.#memory.wasm, this.#layout)
        : takeMarkedSnapshot(this.#memory.wasm, this.#layout, this.#marks)
    return undefined
  }

  begin(job: Job, host: RealmHost, timeMsMax: number): Turn {
    this.#host = host
    this.#settled = undefined
    this.#openCalls = 0
    this.#cpuMs = 0
    this.#leftMs = timeMsMax
    return this.#turn(this.#border.begin, () => [
      this.#quickJs.text(job.action),
      this.#quickJs.text(job.input),
      this.#quickJs.text(job.facts),
    ])
  }

  /** Hands the guest the answer of a host call, and lets it go on. */
  reply(id: number, reply: HostReply): Turn {
    this.#openCalls--
    return this.#turn(this.#border.reply, () => [
      this.#quickJs.number(id),
      reply.isOk ? this.#quickJs.true : this.#quickJs.false,
      this.#quickJs.text(reply.text),
      this.#quickJs.text(reply.code ?? ''),
    ])
  }

  /** Forgets the call. */
  reset(): void {
    this.#host = undefined
    if (this.#isSpent) return
    if (this.#memory.isFull || this.#snapshot?.restore() !== true) this.#isSpent = true
  }

  #turn(entry: Value, makeArgs: () => readonly Value[]): Turn {
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
    const start = meter.start()
    this.#deadline = start + this.#leftMs
    this.#isLate = false
    try {
      const outcome = this.#taking(run)
      return this.#isLate ? outcomeOfFault('interrupted', '') : outcome
    } catch (thrown) {
      this.#isSpent = true
      if (this.#isLate) return outcomeOfFault('interrupted', '')
      if (thrown instanceof Fault) return thrown.outcome
      return outcomeOfFault(this.#memory.isFull ? 'memory' : 'crashed', String(thrown))
    } finally {
      const { wallMs, cpuMs } = meter.stop(start)
      this.#leftMs -= wallMs
      this.#cpuMs += cpuMs
    }
  }

  /** An engine without room cannot make the error that ends the guest: the way out is past it. */
  #look(): void {
    if (performance.now() > this.#deadline) {
      this.#isLate = true
      throw new Fault(outcomeOfFault('interrupted', ''))
    }
    if (this.#memory.isHopeless) throw new Fault(outcomeOfFault('memory', ''))
  }

  #taking(run: () => Outcome | undefined): Outcome | undefined {
    try {
      return run()
    } catch (thrown) {
      if (!(thrown instanceof Uncaught)) throw thrown
      this.#isSpent = true
      return this.#refusal(thrown.value)
    }
  }

  get #hasOnlyTimers(): boolean {
    return this.#settled === undefined && this.#openCalls === 0 && !this.#isLate
  }

  /** Lets virtual time go on to the next timer; false when there is none. */
  #tick(): boolean {
    if (performance.now() > this.#deadline) this.#isLate = true
    const fired = this.#enter(this.#border.tick, [])
    return !this.#isLate && this.#quickJs.readNumber(fired) === 1
  }

  #enter(entry: Value, args: readonly Value[]): Value {
    return this.#quickJs.call(entry, args)
  }

  #runJobs(): void {
    while (this.#quickJs.hasJobs) {
      this.#quickJs.runJobs(jobsPerTurn)
      if (performance.now() > this.#deadline) this.#isLate = true
      if (this.#isLate) return
    }
  }

  /** Guest code that ended in an exception which the border script did not take. */
  #refusal(error: Value): Outcome {
    if (this.#isLate) return outcomeOfFault('interrupted', '')
    const name = this.#readText(error, 'name')
    const message = this.#readText(error, 'message')
    if (name === '' && message === '' && this.#memory.isFull) return outcomeOfFault('memory', '')
    return outcomeOfFault('refused', `${name}: ${message}`)
  }

  #readText(error: Value, key: string): string {
    const quickJs = this.#quickJs
    if (quickJs.typeOf(error) !== 'object') return ''
    const value = quickJs.property(error, key)
    return quickJs.typeOf(value) === 'string' ? quickJs.readText(value) : ''
  }

  /** An engine without memory for an error object throws `null`. */
  #withoutNull(settled: Outcome | undefined): Outcome | undefined {
    const isNull = settled?.kind === 'threw' && settled.thrown.message === 'null'
    return isNull && this.#memory.isFull ? outcomeOfFault('memory', '') : settled
  }
}
