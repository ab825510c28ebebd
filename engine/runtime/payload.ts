/**
 * Values of a run: small ones live in the record, large ones in the content store by digest.
 *
 * The state holds values without copying them; what `each` and `parallel` yield is held
 * as its parts. A digest always names the same bytes, so looking one up keeps the decider
 * pure. What was looked up once stays beside the holder for as long as the state needs it.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import type { Store } from './ports.ts'
import type { Payload } from './record.ts'

/** A value that may be elsewhere, or in parts. */
export type Held =
  | Payload
  | { readonly items: readonly Held[] }
  | { readonly entries: readonly (readonly [string, Held])[] }

export const heldNull: Payload = { value: null }

/** Reads and writes the values of one host. */
export interface Payloads {
  /** Makes a payload of `value`: inline, or put into the store. Throws `RUN_LIMIT_EXCEEDED`. */
  hold(value: Json): Payload
  value(held: Held): Json
}

export function openPayloads(store: Pick<Store, 'put' | 'get'>): Payloads {
  const known = new WeakMap<Held, Json>()

  function value(held: Held): Json {
    if ('value' in held) return held.value
    const cached = known.get(held)
    if (cached !== undefined) return cached
    const fresh = read(held)
    known.set(held, fresh)
    return fresh
  }

  function read(held: Exclude<Held, { value: Json }>): Json {
    if ('items' in held) return held.items.map(value)
    if ('entries' in held) return Object.fromEntries(held.entries.map(([k, v]) => [k, value(v)]))
    return JSON.parse(new TextDecoder().decode(store.get(held.ref))) as Json
  }

  function hold(fresh: Json): Payload {
    if (room(fresh, limits.payloadInlineCharsMax) >= 0) return { value: fresh }
    const bytes = new TextEncoder().encode(JSON.stringify(fresh))
    if (bytes.length > limits.payloadBytesMax) {
      throw new IonError(
        'RUN_LIMIT_EXCEEDED',
        `A value of ${bytes.length} bytes is larger than ${limits.payloadBytesMax}; pass it in parts.`,
      )
    }
    const payload: Payload = { ref: store.put(bytes), bytes: bytes.length }
    known.set(payload, fresh)
    return payload
  }

  return { hold, value }
}

/** What is left of `budget` characters once `value` is printed, about; negative when it is too large. */
function room(value: Json, budget: number): number {
  if (typeof value === 'string') return budget - value.length - 2
  if (typeof value !== 'object' || value === null) return budget - 8
  let left = budget - 2
  if (Array.isArray(value)) {
    for (const item of value) {
      left = room(item, left) - 1
      if (left < 0) return left
    }
    return left
  }
  const object = value as { readonly [key: string]: Json }
  for (const key in object) {
    left = room(object[key] as Json, left) - key.length - 4
    if (left < 0) return left
  }
  return left
}
