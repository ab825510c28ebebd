/**
 * How the steps of one flow changed, told by their ids: a step that kept its id is the same
 * step, wherever it went.
 */
import { isSame, type Json, type JsonObject } from '#engine/core/json.ts'

import type { StepChange } from './change.ts'
import { doingOf, type StepAt } from './steps.ts'
import { changedValues } from './values.ts'

type Steps = ReadonlyMap<string, StepAt>

/** Steps that are not what they were: of the new flow in its order, then those that are gone. */
export function changedSteps(before: Steps, after: Steps): readonly StepChange[] {
  const names = renamed(before, after)
  const old = new Map([...names].map(([was, id]) => [id, was]))
  const inOrder = keptInOrder(before, after, names)
  const present = [...after.values()].flatMap((step): readonly StepChange[] => {
    const was = before.get(old.get(step.id) ?? step.id)
    if (was === undefined) return [{ ...base(step), kind: 'added', isRewired: true, values: [] }]
    const values = changedValues(renameIn(was.own, names), step.own).filter(
      ({ at }) => at !== '/id' && at !== '/description',
    )
    const isMoved = renameWithin(was.within, names) !== step.within || !inOrder.has(step.id)
    const reads = was.reads.map((id) => names.get(id) ?? id)
    const isRewired = isMoved || !isSame([...reads].toSorted(), [...step.reads].toSorted())
    if (was.id !== step.id)
      return [{ ...base(step), kind: 'renamed', was: was.id, isRewired, values }]
    if (values.length > 0) return [{ ...base(step), kind: 'changed', isRewired, values }]
    return isMoved ? [{ ...base(step), kind: 'moved', isRewired, values }] : []
  })
  const gone = [...before.values()].filter(({ id }) => !after.has(id) && !names.has(id))
  return [
    ...present,
    ...gone.map((step): StepChange => ({
      ...base(step),
      kind: 'removed',
      isRewired: true,
      values: [],
    })),
  ]
}

function base(step: StepAt): Pick<StepChange, 'id' | 'does'> {
  return { id: step.id, does: doingOf(step.own) }
}

/** Ids that became others: the same step but for its name. By the old id. */
function renamed(before: Steps, after: Steps): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const added = [...after.values()].filter(({ id }) => !before.has(id))
  const taken = new Set<string>()
  for (const step of before.values()) {
    if (after.has(step.id)) continue
    const twin = added.find(
      (one) => !taken.has(one.id) && isSame(without(one.own), without(step.own)),
    )
    if (twin === undefined) continue
    taken.add(twin.id)
    names.set(step.id, twin.id)
  }
  return names
}

function without(own: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(own).filter(([key]) => key !== 'id' && key !== 'description'),
  ) as JsonObject
}

/** Follows a renamed step in what others say of it, so that only real differences are left. */
function renameIn(own: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  if (names.size === 0) return own
  const rewrite = (value: Json): Json => {
    if (typeof value === 'string')
      return value.replaceAll(
        /\bsteps\.([A-Za-z_]\w*)/g,
        (_, id: string) => `steps.${names.get(id) ?? id}`,
      )
    if (Array.isArray(value)) return value.map(rewrite)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, rewrite(one as Json)]),
    )
  }
  return rewrite(own) as JsonObject
}

function renameWithin(within: string, names: ReadonlyMap<string, string>): string {
  const [id = '', ...path] = within.split('/')
  return [names.get(id) ?? id, ...path].join('/')
}

/** Ids of steps that stand in the same order among those of their block that stayed. */
function keptInOrder(
  before: Steps,
  after: Steps,
  names: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const place = new Map([...before.keys()].map((id, index) => [names.get(id) ?? id, index]))
  const byBlock = Map.groupBy(
    [...after.values()].filter(({ id }) => place.has(id)),
    ({ within }) => within,
  )
  const kept = new Set<string>()
  for (const steps of byBlock.values())
    for (const id of longestRising(steps.map(({ id }) => ({ id, place: place.get(id) ?? 0 }))))
      kept.add(id)
  return kept
}

/** The ids of a longest subsequence whose places rise (patience sorting, O(n log n)). */
function longestRising(items: readonly { id: string; place: number }[]): readonly string[] {
  const tails: number[] = []
  const previous: (number | undefined)[] = []
  for (const [index, { place }] of items.entries()) {
    let [low, high] = [0, tails.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((items[tails[middle] ?? 0]?.place ?? 0) < place) low = middle + 1
      else high = middle
    }
    previous.push(low === 0 ? undefined : tails[low - 1])
    tails[low] = index
  }
  const ids: string[] = []
  for (let at = tails.at(-1); at !== undefined; at = previous[at]) {
    const item = items[at]
    if (item !== undefined) ids.unshift(item.id)
  }
  return ids
}
