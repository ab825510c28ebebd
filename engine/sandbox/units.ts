/**
 * Units by digest, read from the content store once and kept: their code, their limits
 * and the compiled schemas of their actions.
 *
 * The store gives bytes by digest, so what is kept can never go stale. The least
 * recently used one goes first.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Validator } from '#engine/core/schema.ts'
import type { Unit, UnitAction } from '#engine/plan/plan.ts'
import type { Store } from '#engine/runtime/ports.ts'

import { Habit } from './threads/habit.ts'

/** What an action's schemas ask for; an absent one accepts everything. */
export interface Checks {
  readonly input?: Validator
  readonly output?: Validator
}

export interface LoadedUnit {
  readonly unit: Unit
  /** A script, or the bytes of a module. */
  readonly code: string | Uint8Array
  readonly memoryBytesMax: number
  readonly timeMsMax: number
  readonly inputBytesMax: number
  readonly outputBytesMax: number
  /** What its calls have been like. */
  readonly habit: Habit
  /** Key of the realm: two units never share one, whatever their code. */
  readonly instance: string
  /** At once when they are known or there are none; undefined for an action that the unit has not. */
  checksOf(action: string): Checks | Promise<Checks> | undefined
}

export class Units {
  readonly #store: Pick<Store, 'get'>
  readonly #loaded = new Map<Digest, LoadedUnit>()

  constructor(store: Pick<Store, 'get'>) {
    this.#store = store
  }

  /** Throws what the store throws, or `SANDBOX_CODE_REFUSED` for bytes that are no unit. */
  get(digest: Digest): LoadedUnit {
    const found = this.#loaded.get(digest)
    if (found !== undefined) {
      this.#loaded.delete(digest)
      this.#loaded.set(digest, found)
      return found
    }
    const loaded = this.#load(digest)
    this.#loaded.set(digest, loaded)
    const [oldest] = this.#loaded.keys()
    if (this.#loaded.size > limits.sandboxUnitsResidentMax && oldest !== undefined) {
      this.#loaded.delete(oldest)
    }
    return loaded
  }

  #load(digest: Digest): LoadedUnit {
    const unit = parseUnit(digest, this.#read(digest))
    const memoryBytesMax = unit.memoryBytesMax ?? memoryOf(unit)
    const checks = new Map<string, Checks | Promise<Checks>>()
    return {
      unit,
      code: unit.format === 'wasm' ? this.#store.get(unit.code) : this.#read(unit.code),
      memoryBytesMax: Math.min(memoryBytesMax, limits.sandboxMemoryBytesMax),
      timeMsMax: Math.min(unit.timeMsMax ?? limits.sandboxTimeMsDefault, limits.sandboxTimeMsMax),
      ...sizesOf(unit),
      habit: new Habit(),
      instance: digest,
      checksOf: (name) => {
        const known = checks.get(name)
        const action = Object.hasOwn(unit.actions, name) ? unit.actions[name] : undefined
        if (known !== undefined || action === undefined) return known
        const fresh = compileChecks(action)
        checks.set(name, fresh)
        if (fresh instanceof Promise) {
          fresh.then(
            (ready) => checks.set(name, ready),
            () => checks.delete(name),
          )
        }
        return fresh
      },
    }
  }

  #read(digest: Digest): string {
    return new TextDecoder().decode(this.#store.get(digest))
  }
}

function memoryOf({ kind }: Unit): number {
  return kind === 'transform' ? limits.transformMemoryBytes : limits.sandboxMemoryBytesDefault
}

/** A transform has no manifest to ask in, and is the flow's own code: it gets all there is. */
function sizesOf({
  kind,
  inputBytesMax,
  outputBytesMax,
}: Unit): Pick<LoadedUnit, 'inputBytesMax' | 'outputBytesMax'> {
  const isOwn = kind === 'transform'
  const input = isOwn ? limits.sandboxInputBytesMax : limits.sandboxInputBytesDefault
  const output = isOwn ? limits.sandboxOutputBytesMax : limits.sandboxOutputBytesDefault
  return {
    inputBytesMax: Math.min(inputBytesMax ?? input, limits.sandboxInputBytesMax),
    outputBytesMax: Math.min(outputBytesMax ?? output, limits.sandboxOutputBytesMax),
  }
}

function parseUnit(digest: Digest, text: string): Unit {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isObject(value) && value['$type'] === 'ionflux.unit/v1') return value as unknown as Unit
  throw new IonError('SANDBOX_CODE_REFUSED', `"${digest}" is no unit of code.`)
}

/** The library behind schemas is loaded with the first schema, not with the sandbox. */
function compileChecks({ input, output }: UnitAction): Checks | Promise<Checks> {
  if (input === undefined && output === undefined) return {}
  return import('#engine/core/schema.ts').then(({ compileSchema }) => ({
    ...(input === undefined ? {} : { input: compileSchema(input) }),
    ...(output === undefined ? {} : { output: compileSchema(output) }),
  }))
}
