/**
 * Merges two locks by package and by flow, as no line merge can.
 */
import { compareVersions } from '#engine/dsl/reference.ts'

import {
  keyOf,
  type Lock,
  type LockedFlow,
  type LockedPackage,
  printLock,
  readLock,
} from './lock.ts'

export interface MergedLock {
  readonly text: string
  /** Flows that both sides changed; `ionflux lock` decides about them. */
  readonly conflicts: readonly string[]
}

/**
 * Merges. Of a package that both sides took anew the higher version stays. Undefined when one
 * of the texts is no lock.
 */
export function mergeLocks(texts: {
  readonly base: string
  readonly ours: string
  readonly theirs: string
}): MergedLock | undefined {
  const read = (text: string): Lock | undefined => {
    const found = readLock(text)
    return found.ok ? found.lock : undefined
  }
  const [ours, theirs] = [read(texts.ours), read(texts.theirs)]
  if (ours === undefined || theirs === undefined) return undefined
  const base = read(texts.base) ?? { packages: [], flows: [] }
  const conflicts: string[] = []
  const packages = mergeBy<LockedPackage>(
    { base: base.packages, ours: ours.packages, theirs: theirs.packages },
    {
      key: ({ name }) => name,
      both: (a, b) => {
        const order = compareVersions(a.version, b.version)
        if (order === 0) conflicts.push(keyOf(a))
        return order < 0 ? b : a
      },
    },
  )
  const flows = mergeBy<LockedFlow>(
    { base: base.flows, ours: ours.flows, theirs: theirs.flows },
    {
      key: ({ id }) => id,
      both: (a) => {
        conflicts.push(a.id)
        return a
      },
    },
  )
  return { text: printLock({ packages, flows }), conflicts }
}

interface Rules<T> {
  key(one: T): string
  /** What stays of two that both changed. */
  both(ours: T, theirs: T): T
}

function mergeBy<T extends object>(
  sides: {
    readonly base: readonly T[]
    readonly ours: readonly T[]
    readonly theirs: readonly T[]
  },
  { key, both }: Rules<T>,
): readonly T[] {
  const byKey = (list: readonly T[]): ReadonlyMap<string, T> =>
    new Map(list.map((one) => [key(one), one]))
  const [base, ours, theirs] = [byKey(sides.base), byKey(sides.ours), byKey(sides.theirs)]
  const isSame = (a: T | undefined, b: T | undefined): boolean =>
    JSON.stringify(a) === JSON.stringify(b)
  const merged: T[] = []
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [was, own, other] = [base.get(name), ours.get(name), theirs.get(name)]
    const isOurs = isSame(other, was) || isSame(own, other)
    const kept = isOurs ? own : isSame(own, was) ? other : choose(own, other, both)
    if (kept !== undefined) merged.push(kept)
  }
  return merged
}

function choose<T>(
  own: T | undefined,
  other: T | undefined,
  both: Rules<T>['both'],
): T | undefined {
  return own === undefined || other === undefined ? (own ?? other) : both(own, other)
}
