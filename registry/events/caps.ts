/**
 * Powers as an event writes them: kinds in alphabetical order, each list sorted and without
 * repetition, empty ones left out. So equal powers have equal bytes and one digest.
 */
import { digestOf, type Digest } from '#engine/core/digest.ts'

export type Caps = Readonly<Record<string, readonly string[]>>

/** @example capsOf({ net: ['b.example', 'a.example'], git: [] }) // { net: ['a.example', 'b.example'] } */
export function capsOf(powers: Readonly<Record<string, readonly string[] | undefined>>): Caps {
  const rows = Object.entries(powers).flatMap(([kind, list]) => {
    const sorted = [...new Set(list)].toSorted()
    return sorted.length === 0 ? [] : [[kind, sorted] as const]
  })
  return Object.fromEntries(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function isCanonicalCaps(caps: Caps): boolean {
  return Object.values(caps).every(
    (list) => list.length > 0 && list.every((text, at) => at === 0 || (list[at - 1] ?? '') < text),
  )
}

/** What consent is for. */
export function capsDigest(caps: Caps): Digest {
  return digestOf(caps)
}
