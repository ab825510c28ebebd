/**
 * Runs calls of WebAssembly modules: each in an instance of its own, made from a module
 * that was checked and compiled once.
 *
 * A fresh instance is all the isolation there is between calls, and it is whole: memory,
 * globals and tables begin anew. Nothing in here ends a loop; that is `terminate()` of the
 * thread, which the main thread promises. The border is docs/reference/modules.md.
 */
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import {
  exportOf,
  type GuestFacts,
  type Job,
  type LogLevel,
  type Outcome,
  type Spent,
} from '#engine/sandbox/protocol.ts'

import { checkModule } from './check.ts'
import { outcomeOfTrap, refused, stopped, Trap } from './outcome.ts'

/** What a module may ask of its thread. */
export interface ModuleHost {
  log(level: LogLevel, text: string): void
}

interface Exports {
  readonly memory: WebAssembly.Memory
  alloc(length: number): number
  readonly [name: string]: unknown
}

export interface ModuleEnd {
  readonly outcome: Outcome
  readonly spent: Spent
}

/** A module that is ready for calls, or why it never will be. */
export type Prepared = Ready | { readonly refused: Outcome }

interface Ready {
  readonly module: WebAssembly.Module
  readonly memoryBytesMax: number
  readonly shift: number
}

/** Checks and compiles. The action is the job's: a unit's other actions are checked with their calls. */
export function prepareModule(code: Uint8Array, job: Job): Prepared {
  const { action, memoryBytesMax } = job
  const checked = checkModule(code, { actions: [exportOf(action)], memoryBytesMax })
  if (!checked.ok) {
    const { reason, isMemory } = checked
    const isShort = isMemory === true
    return {
      refused: isShort
        ? stopped('SANDBOX_MEMORY_EXCEEDED', `Of the module, ${reason}.`)
        : refused(reason),
    }
  }
  try {
    const module = new WebAssembly.Module(checked.bytes as Uint8Array<ArrayBuffer>)
    const shift = checked.bytes.length - code.length
    return { module, memoryBytesMax: checked.memoryBytesMax, shift }
  } catch (thrown) {
    return { refused: refused(String(thrown)) }
  }
}

/** Calls the job's action once. Never throws. */
export function runModule(prepared: Prepared, job: Job, host: ModuleHost): ModuleEnd {
  if ('refused' in prepared) return { outcome: prepared.refused, spent: { cpuMs: 0, peakBytes: 0 } }
  const call = new ModuleCall(prepared, job, host)
  const cpu = process.threadCpuUsage()
  const outcome = call.run()
  const { user, system } = process.threadCpuUsage(cpu)
  return { outcome, spent: { cpuMs: (user + system) / 1_000, peakBytes: call.bytes } }
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const utf8 = new TextDecoder('utf-8', { fatal: true })
const lenient = new TextDecoder()

class ModuleCall {
  readonly #prepared: Ready
  readonly #job: Job
  readonly #host: ModuleHost
  #exports: Exports | undefined
  #sawRun = false

  constructor(prepared: Ready, job: Job, host: ModuleHost) {
    this.#prepared = prepared
    this.#job = job
    this.#host = host
  }

  /** What its memory has grown to. */
  get bytes(): number {
    return this.#exports?.memory.buffer.byteLength ?? 0
  }

  run(): Outcome {
    try {
      const { exports } = new WebAssembly.Instance(this.#prepared.module, this.#imports())
      this.#exports = exports as Exports
      return this.#call(this.#exports)
    } catch (thrown) {
      const { memoryBytesMax, shift } = this.#prepared
      return outcomeOfTrap(thrown, {
        isInstance: this.#exports !== undefined,
        bytes: this.bytes,
        memoryBytesMax,
        shift,
      })
    }
  }

  #call({ alloc, [exportOf(this.#job.action)]: action }: Exports): Outcome {
    const input = Buffer.from(this.#job.input)
    const at = alloc(input.length) >>> 0
    if (at + input.length > this.bytes) {
      return refused('its "alloc" gave a place outside of its memory')
    }
    this.#bytes(at, input.length).set(input)
    const packed = BigInt.asUintN(64, (action as Action)(at, input.length))
    const from = Number(packed >> 32n)
    const length = Number(packed & 0xffff_ffffn)
    if (length > limits.sandboxOutputBytesMax) {
      const most = `${limits.sandboxOutputBytesMax / 1024 / 1024} MB`
      return stopped(
        'SANDBOX_SIZE_EXCEEDED',
        `The output is larger than ${most}. Give less at a time.`,
      )
    }
    if (from + length > this.bytes) {
      return stopped('SANDBOX_OUTPUT_REFUSED', 'The output lies outside of the memory of the code.')
    }
    if (length === 0) return { kind: 'done', text: 'null', sawRun: this.#sawRun }
    return outputOf(this.#bytes(from, length), this.#sawRun)
  }

  #imports(): WebAssembly.Imports {
    return {
      ionflux: {
        log: (level: number, at: number, length: number) => {
          this.#host.log(levels[level] ?? 'info', this.#text(at, length, limits.logCharsMax))
        },
        fail: (at: number, length: number) => {
          throw new Trap('fail', this.#text(at, length, limits.failureDataCharsMax))
        },
      },
      env: {
        abort: (message: number, file: number, line: number, column: number) => {
          const place = file === 0 ? '' : `${this.#string(file)}:${line >>> 0}:${column >>> 0}`
          throw new Trap('abort', message === 0 ? 'abort' : this.#string(message), place)
        },
        seed: () => {
          this.#sawRun = true
          return seedOf(this.#job)
        },
      },
    }
  }

  /** A view, because memory that grows leaves its old bytes behind. */
  #bytes(at: number, length: number): Uint8Array {
    const { memory } = this.#exports ?? {}
    if (memory === undefined) throw new Trap('early', 'It calls its host before it has begun.')
    const from = at >>> 0
    if (from + length > memory.buffer.byteLength)
      throw new Trap('place', 'It gave its host a place outside of its memory.')
    return new Uint8Array(memory.buffer, from, length)
  }

  #text(at: number, length: number, charsMax: number): string {
    const bytes = length >>> 0
    // Four bytes are the most that a character takes.
    this.#bytes(at, bytes)
    return lenient.decode(this.#bytes(at, Math.min(bytes, charsMax * 4))).slice(0, charsMax)
  }

  /** A text of AssemblyScript: UTF-16, its length in bytes before it. */
  #string(at: number): string {
    const bytes = this.#bytes(at - 4, 4)
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    const max = limits.failureMessageCharsMax
    const from = this.#bytes(at, Math.min(length, max * 2))
    return new TextDecoder('utf-16le').decode(from)
  }
}

type Action = (at: number, length: number) => bigint

/** Printed anew, so that what goes on is what a reader of the journal will parse. */
function outputOf(bytes: Uint8Array, sawRun: boolean): Outcome {
  const refusedAs = (what: string): Outcome =>
    stopped('SANDBOX_OUTPUT_REFUSED', `The output ${what}.`)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return refusedAs('is no text in UTF-8')
  }
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    return refusedAs('is not JSON')
  }
  if (isPlain(value, limits.dataDepthMax))
    return { kind: 'done', text: JSON.stringify(value), sawRun }
  return refusedAs(`nests deeper than ${limits.dataDepthMax}, or has a number that is too large`)
}

/** JSON can say numbers that no number here is, and lists in lists that printing would drown in. */
function isPlain(value: Json, depthMax: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return depthMax > 0 && Object.values(value).every((one: Json) => isPlain(one, depthMax - 1))
}

/** Equal in every attempt, like all that code can see. */
function seedOf({ facts }: Job): number {
  const { seed } = JSON.parse(facts) as GuestFacts
  return Number.parseInt(seed.replace(/^sha256:/, '').slice(0, 13), 16) / 2 ** 52 || 0.5
}

/** Modules by the code they are of; the one used longest ago makes room. */
export class Modules {
  readonly #byInstance = new Map<string, Prepared>()

  /** Undefined when the code is not known and did not come along. */
  find(job: Job, code: Uint8Array | undefined): Prepared | undefined {
    const key = `${job.instance} ${job.action}`
    const known = this.#byInstance.get(key)
    const found = known ?? (code === undefined ? undefined : prepareModule(code, job))
    if (found === undefined) return undefined
    this.#byInstance.delete(key)
    this.#byInstance.set(key, found)
    const [oldest] = this.#byInstance.keys()
    if (this.#byInstance.size > limits.modulesPerThreadMax && oldest !== undefined) {
      this.#byInstance.delete(oldest)
    }
    return found
  }
}
