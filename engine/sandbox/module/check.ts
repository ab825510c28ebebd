/**
 * Says whether a WebAssembly module keeps to the border that a plugin has
 * (docs/reference/modules.md), and lowers what it may grow to.
 *
 * The same check is made when a plugin is built and when its code is loaded, so code that
 * came into the store another way is no less bound. It runs nothing.
 */
import { limits } from '#engine/core/limits.ts'

import { Refused, u32Bytes } from './bytes.ts'
import { readModule, type Limits, type ModuleFacts, type Signature } from './read.ts'

const pageBytes = 64 * 1024

const i32 = 'i32'
/** What a module may import: the functions of `run.ts`. */
const offered: Readonly<Record<string, Signature>> = {
  'ionflux.log': { takes: [i32, i32, i32], gives: [] },
  'ionflux.fail': { takes: [i32, i32], gives: [] },
  'env.abort': { takes: [i32, i32, i32, i32], gives: [] },
  'env.seed': { takes: [], gives: ['f64'] },
}

const allocation: Signature = { takes: [i32], gives: [i32] }
const action: Signature = { takes: [i32, i32], gives: ['i64'] }

export interface Wanted {
  /** The exports that are actions. */
  readonly actions: readonly string[]
  /** Bytes of memory that it may have at most. */
  readonly memoryBytesMax: number
}

export type Checked =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly memoryBytesMax: number }
  /** `reason` ends a sentence; `isMemory` where only a larger limit is missing. */
  | { readonly ok: false; readonly reason: string; readonly isMemory?: true }

/** Gives the module with its memory and tables bounded, or why it is refused. Never throws. */
export function checkModule(bytes: Uint8Array, wanted: Wanted): Checked {
  try {
    const facts = readModule(bytes)
    checkImports(facts)
    checkExports(facts, wanted)
    return bounded(bytes, facts, wanted)
  } catch (thrown) {
    if (thrown instanceof Refused) return { ok: false, reason: thrown.message }
    throw thrown
  }
}

function checkImports({ imports }: ModuleFacts): void {
  for (const { module, name, signature } of imports) {
    const full = `${module}.${name}`
    const offer = Object.hasOwn(offered, full) ? offered[full] : undefined
    if (offer === undefined) {
      const all = Object.keys(offered).join(', ')
      throw new Refused(`it imports "${full}"; there is ${all}`)
    }
    if (!isSame(signature, offer)) {
      throw new Refused(`it imports "${full}" as ${print(signature)}, which is ${print(offer)}`)
    }
  }
}

function checkExports({ exports, memory }: ModuleFacts, { actions }: Wanted): void {
  if (memory === undefined || exports.get('memory')?.kind !== 'memory') {
    throw new Refused('it exports no memory as "memory"')
  }
  for (const [name, signature] of [
    ['alloc', allocation] as const,
    ...actions.map((one) => [one, action] as const),
  ]) {
    const found = exports.get(name)
    if (found?.kind !== 'function') throw new Refused(`it exports no function "${name}"`)
    if (!isSame(found.signature, signature)) {
      throw new Refused(
        `its "${name}" is ${print(found.signature)} and must be ${print(signature)}`,
      )
    }
  }
}

function isSame(a: Signature | undefined, b: Signature): boolean {
  return a !== undefined && print(a) === print(b)
}

/** @example print(allocation) // '(i32) -> i32' */
function print({ takes, gives }: Signature = { takes: [], gives: [] }): string {
  return `(${takes.join(', ')}) -> ${gives.length === 1 ? gives[0] : `(${gives.join(', ')})`}`
}

function bounded(bytes: Uint8Array, facts: ModuleFacts, { memoryBytesMax }: Wanted): Checked {
  const { memory = { initial: 0 }, tables, places } = facts
  const pagesMax = Math.floor(memoryBytesMax / pageBytes)
  if (memory.initial > pagesMax) {
    const asks = `it begins with ${size(memory.initial * pageBytes)} of memory`
    return { ok: false, reason: `${asks}, and may have ${size(memoryBytesMax)}`, isMemory: true }
  }
  const entries = tables.reduce((sum, { initial }) => sum + initial, 0)
  if (entries > limits.moduleTableEntriesMax) {
    const reason = `its tables begin with ${entries} entries, and ${limits.moduleTableEntriesMax} are the most`
    return { ok: false, reason }
  }
  const end = Math.min(memory.maximum ?? pagesMax, pagesMax)
  const spare = Math.floor((limits.moduleTableEntriesMax - entries) / Math.max(1, tables.length))
  const parts: readonly (readonly [typeof places.memory, number, readonly number[]])[] = [
    [places.tables, 4, tables.flatMap((one) => [one.type, ...capped(one, one.initial + spare)])],
    [places.memory, 5, capped(memory, end)],
  ]
  const pieces: Uint8Array[] = []
  let from = 0
  for (const [place, id, content] of parts) {
    if (place === undefined) continue
    const body = [...u32Bytes(id === 5 ? 1 : tables.length), ...content]
    pieces.push(
      bytes.subarray(from, place.at),
      Uint8Array.from([id, ...u32Bytes(body.length), ...body]),
    )
    from = place.end
  }
  const whole = Buffer.concat([...pieces, bytes.subarray(from)])
  return { ok: true, bytes: whole, memoryBytesMax: end * pageBytes }
}

function capped({ initial, maximum = Infinity }: Limits, end: number): readonly number[] {
  return [1, ...u32Bytes(initial), ...u32Bytes(Math.min(maximum, end))]
}

function size(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 100) / 100} MB`
}
