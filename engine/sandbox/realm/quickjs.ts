/**
 * One context of QuickJS in a memory that was made for it, as few calls as can be.
 *
 * It speaks to the functions of the binary itself: a value is the place of its cell in the
 * guest's memory, and a text goes there and back with one copy. Nothing is ever disposed,
 * because the memory goes as a whole; what a call leaves behind is freed only so that a
 * long one does not fill its memory.
 */
import { limits } from '#engine/core/limits.ts'
import type { Marks } from '#engine/sandbox/barrier/lines.ts'
import type { Outcome } from '#engine/sandbox/protocol.ts'

import type { Binary, Callbacks, Value } from './binary.ts'
import { outcomeOfFault } from './outcome.ts'

/** What the guest may call. What it throws, the guest gets as its own error. */
export type HostFunction = (args: readonly Value[]) => Value | undefined

/** An outcome on its way out of nested guest frames. */
export class Fault extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super('guest code ended')
    this.outcome = outcome
  }
}

/** Guest code threw, and nothing of the guest took it. */
export class Uncaught extends Error {
  readonly value: Value

  constructor(value: Value) {
    super('guest code threw')
    this.value = value
  }
}

/** Where a context is, in its memory. */
export interface ContextPlaces {
  readonly runtime: number
  readonly context: number
  /** Room for the places of arguments. */
  readonly list: number
}

const argsMax = 8
const wordBytes = 4

/** Makes a context with everything the language has, and nothing else. */
export class QuickJs {
  readonly undefined: Value
  readonly true: Value
  readonly false: Value
  readonly #binary: Binary
  readonly #memory: WebAssembly.Memory
  readonly #runtime: number
  readonly #context: number
  readonly #list: number
  readonly #functions: HostFunction[] = []
  #view: Buffer
  /**
   * Called now and then while guest code runs; what it throws ends that, past the guest. Host
   * functions that take long call it, too: the engine counts each as one small step.
   */
  look: () => void = () => {}
  readonly #marks: Pick<Marks, 'touch'> | undefined

  /** `places` is of a context that is in the memory already; `marks` of a memory that has them. */
  constructor(
    binary: Binary,
    memory: WebAssembly.Memory,
    { places, marks }: { places?: ContextPlaces | undefined; marks?: Marks | undefined } = {},
  ) {
    this.#binary = binary
    this.#memory = memory
    this.#marks = marks
    this.#view = Buffer.from(memory.buffer)
    binary.callbacks = this.#callbacks()
    const { runtime, context, list } = places ?? this.#makeContext()
    this.#runtime = runtime
    this.#context = context
    this.#list = list
    this.undefined = binary._QTS_GetUndefined()
    this.true = binary._QTS_GetTrue()
    this.false = binary._QTS_GetFalse()
  }

  get places(): ContextPlaces {
    return { runtime: this.#runtime, context: this.#context, list: this.#list }
  }

  #makeContext(): ContextPlaces {
    const binary = this.#binary
    const runtime = binary._QTS_NewRuntime()
    binary._QTS_RuntimeSetMaxStackSize(runtime, limits.sandboxStackBytesMax)
    const context = binary._QTS_NewContext(runtime, 0)
    binary._QTS_RuntimeEnableInterruptHandler(runtime)
    return { runtime, context, list: this.allocate(argsMax * wordBytes) }
  }

  /** The host's own writes into a full memory must fail, not land at address 0. */
  allocate(bytes: number): number {
    const place = this.#binary._malloc(bytes)
    if (place === 0) throw noRoom()
    return place
  }

  /** Unlike `allocate` it says 0 where there is no room. */
  tryAllocate(bytes: number): number {
    return this.#binary._malloc(bytes)
  }

  release(place: number): void {
    this.#binary._free(place)
  }

  /** Runs a script; throws `Uncaught`. */
  run(code: string, file: string): Value {
    const source = this.#write(code)
    const name = this.#write(file)
    const length = Buffer.byteLength(code)
    const made = this.#binary._QTS_Eval(this.#context, source, length, name, 0, 0)
    this.release(source)
    this.release(name)
    return this.#caught(made)
  }

  /**
   * Calls `entry` and frees `args`: what the guest was told is its own to keep or to let go.
   * Throws `Uncaught`.
   */
  call(entry: Value, args: readonly Value[]): Value {
    const binary = this.#binary
    const bytes = this.#bytes
    let place = this.#list
    this.#marks?.touch(place, argsMax * wordBytes)
    for (const arg of args) place = bytes.writeUInt32LE(arg, place)
    const made = binary._QTS_Call(this.#context, entry, this.undefined, args.length, this.#list)
    for (const arg of args) this.free(arg)
    return this.#caught(made)
  }

  get hasJobs(): boolean {
    return this.#binary._QTS_IsJobPending(this.#runtime) !== 0
  }

  /** Runs jobs of the promise queue; throws `Uncaught`. */
  runJobs(max: number): void {
    const made = this.#binary._QTS_ExecutePendingJob(this.#runtime, max, this.#list)
    // A number of jobs, or what one of them threw: `null` where there was no room for an error.
    if (this.typeOf(made) !== 'number') throw new Uncaught(made)
    this.free(made)
  }

  text(text: string): Value {
    const place = this.#write(text)
    const made = this.#binary._QTS_NewString(this.#context, place)
    this.release(place)
    if (this.#binary._QTS_ResolveException(this.#context, made) !== 0) throw noRoom()
    return made
  }

  number(value: number): Value {
    return this.#binary._QTS_NewFloat64(this.#context, value)
  }

  /** A copy of `bytes` as an `ArrayBuffer` of the guest. */
  bytes(bytes: Uint8Array): Value {
    const place = this.allocate(Math.max(1, bytes.length))
    this.#marks?.touch(place, bytes.length)
    this.#bytes.set(bytes, place)
    return this.#binary._QTS_NewArrayBuffer(this.#context, place, bytes.length)
  }

  /** The value as text, as the guest's own language would have it. */
  readText(value: Value): string {
    const place = this.#binary._QTS_GetString(this.#context, value)
    if (place === 0) return ''
    const text = this.#readChars(place)
    this.#binary._QTS_FreeCString(this.#context, place)
    return text
  }

  readNumber(value: Value): number {
    return this.#binary._QTS_GetFloat64(this.#context, value)
  }

  /** A copy, because the guest's memory may move under a view of it. */
  readBytes(value: Value): Uint8Array {
    const length = this.#binary._QTS_GetArrayBufferLength(this.#context, value)
    const place = this.#binary._QTS_GetArrayBuffer(this.#context, value)
    if (place === 0) throw new TypeError('The sandbox expected bytes.')
    const copy = new Uint8Array(this.#memory.buffer.slice(place, place + length))
    this.release(place)
    return copy
  }

  typeOf(value: Value): string {
    const place = this.#binary._QTS_Typeof(this.#context, value)
    const text = this.#readChars(place)
    this.release(place)
    return text
  }

  property(value: Value, key: string): Value {
    const name = this.text(key)
    const made = this.#binary._QTS_GetProp(this.#context, value, name)
    this.free(name)
    return made
  }

  /** The host functions of a context that is in the memory already, in the order of their making. */
  adopt(functions: readonly HostFunction[]): void {
    this.#functions.push(...functions)
  }

  /** Host functions are made before the snapshot of a realm, and never after. */
  hostFunction(name: string, run: HostFunction): Value {
    const id = this.#functions.push(run)
    const text = this.#write(name)
    const made = this.#binary._QTS_NewFunction(this.#context, text, 0, 0, id)
    this.release(text)
    return made
  }

  free(value: Value): void {
    if (value === this.undefined || value === this.true || value === this.false) return
    this.#binary._QTS_FreeValuePointer(this.#context, value)
  }

  get #bytes(): Buffer {
    const { buffer } = this.#memory
    if (this.#view.buffer !== buffer) this.#view = Buffer.from(buffer)
    return this.#view
  }

  #write(text: string): number {
    const length = Buffer.byteLength(text)
    const place = this.allocate(length + 1)
    const bytes = this.#bytes
    this.#marks?.touch(place, length + 1)
    bytes.write(text, place, length, 'utf8')
    bytes[place + length] = 0
    return place
  }

  #readChars(place: number): string {
    const bytes = this.#bytes
    return bytes.toString('utf8', place, Math.max(place, bytes.indexOf(0, place)))
  }

  #caught(made: Value): Value {
    const error = this.#binary._QTS_ResolveException(this.#context, made)
    if (error !== 0) throw new Uncaught(error)
    return made
  }

  #callbacks(): Callbacks {
    const none = (): number => 0
    return {
      callFunction: (_, context, _self, count, list, id) => {
        const args: Value[] = []
        for (let index = 0; index < count; index++)
          args.push(this.#binary._QTS_ArgvGetJSValueConstPointer(list, index))
        try {
          return this.#functions[id - 1]?.(args) ?? 0
        } catch (thrown) {
          if (thrown instanceof Fault) throw thrown
          return this.#throwInto(context, thrown)
        }
      },
      shouldInterrupt: () => {
        this.look()
        return 0
      },
      freeHostRef: none,
      loadModuleSource: none,
      normalizeModule: none,
    }
  }

  /** Without memory for an error the guest goes on with `undefined`, and ends at its next need. */
  #throwInto(context: number, thrown: unknown): Value {
    try {
      const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown))
      const error = this.#binary._QTS_NewError(context)
      for (const [key, text] of Object.entries({ name, message })) {
        this.#binary._QTS_SetProp(context, error, this.text(key), this.text(text))
      }
      return this.#binary._QTS_Throw(context, error)
    } catch {
      return 0
    }
  }
}

function noRoom(): Fault {
  return new Fault(outcomeOfFault('memory', ''))
}
