/** Names what became of a call of a module: from how WebAssembly, or the module itself, ended it. */
import type { Code } from '#engine/core/codes.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import type { Outcome, Thrown } from '#engine/sandbox/protocol.ts'

export type TrapKind = 'fail' | 'abort' | 'early' | 'place'

/** Thrown by the host's own functions, through the module, to whoever called it. */
export class Trap extends Error {
  readonly kind: TrapKind
  /** `assembly/main.ts:3:5`, where the module names it. */
  readonly place: string

  constructor(kind: TrapKind, message: string, place = '') {
    super(message)
    this.kind = kind
    this.place = place
  }
}

export interface Circumstances {
  /** Whether the module had begun, so that it was its code that ended. */
  readonly isInstance: boolean
  readonly bytes: number
  readonly memoryBytesMax: number
  /** How many bytes the module grew by when its bounds were lowered. */
  readonly shift: number
}

/** What `thrown` says about the call. */
export function outcomeOfTrap(thrown: unknown, about: Circumstances): Outcome {
  if (thrown instanceof Trap) {
    if (thrown.kind === 'fail') return { kind: 'threw', thrown: failureOf(thrown.message) }
    if (thrown.kind === 'abort' && isOutOfMemory(thrown, about)) return outOfMemory
    const { message, place, kind } = thrown
    const frames = framesOf(thrown.stack, about.shift)
    const name = kind === 'abort' ? 'Abort' : 'Error'
    return { kind: 'threw', thrown: { name, message, stack: frames === '' ? place : frames } }
  }
  if (thrown instanceof WebAssembly.LinkError) return refused(thrown.message)
  if (thrown instanceof RangeError) {
    return /call stack/.test(thrown.message)
      ? stopped('SANDBOX_MEMORY_EXCEEDED', 'The code calls itself deeper than the stack allows.')
      : outOfMemory
  }
  if (thrown instanceof WebAssembly.RuntimeError) {
    // What does not fit (data, functions of a table) is found before the first instruction runs.
    const [, misfit] = /^WebAssembly\.Instance\(\): (.*)$/.exec(thrown.message) ?? []
    if (misfit !== undefined) return refused(misfit)
    if (isOutOfMemory(thrown, about)) return outOfMemory
    const stack = framesOf(thrown.stack, about.shift)
    return { kind: 'threw', thrown: { name: 'Trap', message: thrown.message, stack } }
  }
  return refused(String(thrown))
}

/**
 * The functions of the module on the way to a trap, a line each, by their names where it
 * keeps them, with their places in the module as its author has it.
 */
function framesOf(stack = '', shift: number): string {
  const frames = stack.matchAll(
    /at (?:(.{1,200}?) )?\(?wasm:\/\/[^:]*:(wasm-function\[\d+\]):0x([0-9a-f]+)/g,
  )
  return [...frames]
    .map(([, name, index = '', place = '']) => {
      const at = `${index}:0x${(Number.parseInt(place, 16) - shift).toString(16)}`
      return name === undefined ? at : `${name} (${at})`
    })
    .join('\n')
}

const outOfMemory = stopped('SANDBOX_MEMORY_EXCEEDED', 'The code ran out of memory.')

/**
 * A module is told nothing but -1 when it may not grow, and what it then does is its own
 * affair, mostly a trap. One that has used nearly all it may have was out of memory.
 */
function isOutOfMemory({ message }: Error, { bytes, memoryBytesMax }: Circumstances): boolean {
  return !/divide|overflow|indirect|signature|cast/.test(message) && bytes >= memoryBytesMax * 0.875
}

/** What `ionflux.fail` was given: `{ code, message, data }`, or a text. */
function failureOf(text: string): Thrown {
  const given = parse(text)
  if (!isObject(given)) return { name: 'Error', message: text }
  const { code, message, data } = given
  return {
    name: 'Error',
    message: typeof message === 'string' ? message : text,
    ...(typeof code === 'string' ? { code } : {}),
    ...(data === undefined ? {} : { data: print(data) }),
  }
}

/** What is too deep to be printed is no JSON for the reader either, who leaves it out. */
function print(data: Json): string {
  try {
    return JSON.stringify(data)
  } catch {
    return ''
  }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

export function refused(reason: string): Outcome {
  return stopped('SANDBOX_CODE_REFUSED', `The module cannot be used: ${reason}.`)
}

export function stopped(code: Code, message: string): Outcome {
  return { kind: 'stopped', code, message }
}
