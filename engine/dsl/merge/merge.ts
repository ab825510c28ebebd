/**
 * Merges two versions of a flow file by what they mean: steps by their ids, maps by their keys,
 * lists of powers as sets. Line merges see neighbours as a conflict and moves as another file.
 *
 * Pure. What is merged is written into our text by ranges, so our comments and layout stay.
 * What cannot be merged is left as ours and told; there are no marks in the text.
 */
import { isObject, isSame, type Json, type JsonObject } from '#engine/core/json.ts'
import { patch, type Edit } from '#engine/dsl/patch/patch.ts'
import { parseDocument } from '#engine/dsl/text.ts'

import { addressOf, resolve, type Address } from './address.ts'

export interface MergeInput {
  readonly file: string
  /** The texts of the last common version and of both sides. */
  readonly base: string
  readonly ours: string
  readonly theirs: string
}

/** A part that both sides changed in ways that cannot both be. */
export interface MergeConflict {
  /** Where, with steps by their ids: `steps.fetch.with.url`. */
  readonly at: string
  readonly base?: Json
  readonly ours?: Json
  readonly theirs?: Json
  /** What is wrong, where each side alone was right. */
  readonly why?: string
}

export interface Merged {
  /** Our text with everything of theirs that does not conflict. */
  readonly text: string
  readonly conflicts: readonly MergeConflict[]
}

/** Merges. A side that cannot be read is one conflict about the whole file. */
export function mergeFlows({ file, base, ours, theirs }: MergeInput): Merged {
  const read = (text: string): Json | undefined => parseDocument({ file, text }).value
  const [was, own, other] = [read(base), read(ours), read(theirs)]
  if (own === undefined || other === undefined || was === undefined) {
    return { text: ours, conflicts: [{ at: '' }] }
  }
  const work: Work = { conflicts: [], steps: [] }
  mergeValue(work, [], { base: was, ours: own, theirs: other })
  return written({ file, text: ours }, work)
}

interface Sides {
  readonly base: Json | undefined
  readonly ours: Json | undefined
  readonly theirs: Json | undefined
}

/** One edit that is still to be placed: lists may have changed when it is made. */
interface Planned {
  readonly at: Address
  /** `done` when it is so already; undefined when its place is gone. */
  place(value: Json): Edit | 'done' | undefined
}

interface Work {
  readonly conflicts: MergeConflict[]
  readonly steps: Planned[]
}

function mergeValue(work: Work, at: Address, sides: Sides): void {
  const { base, ours, theirs } = sides
  if (isSame(theirs, base) || isSame(ours, theirs)) return
  if (isObject(ours) && isObject(theirs) && (base === undefined || isObject(base)))
    return mergeMaps(work, at, { base: base ?? {}, ours, theirs })
  if (isSteps(ours) && isSteps(theirs) && (base === undefined || isSteps(base)))
    return mergeSteps(work, at, { base: base ?? [], ours, theirs })
  if (at[0] === 'permissions' && isTexts(ours) && isTexts(theirs))
    return mergeSets(work, at, { base: isTexts(base) ? base : [], ours, theirs })
  if (isSame(ours, base)) return take(work, at, theirs)
  work.conflicts.push(conflictAt(at, sides))
}

function conflictAt(at: Address, { base, ours, theirs }: Sides): MergeConflict {
  return {
    at: addressOf(at),
    ...(base === undefined ? {} : { base }),
    ...(ours === undefined ? {} : { ours }),
    ...(theirs === undefined ? {} : { theirs }),
  }
}

/** Puts theirs in place of ours. */
function take(work: Work, at: Address, theirs: Json | undefined): void {
  work.steps.push({
    at,
    place: (value) => {
      const pointer = resolve(value, at)
      if (pointer === undefined) return undefined
      return theirs === undefined
        ? { kind: 'delete', at: pointer }
        : { kind: 'set', at: pointer, value: theirs }
    },
  })
}

interface Maps {
  readonly base: JsonObject
  readonly ours: JsonObject
  readonly theirs: JsonObject
}

function mergeMaps(work: Work, at: Address, { base, ours, theirs }: Maps): void {
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)])
  for (const key of keys) {
    const own = (map: JsonObject): Json | undefined =>
      Object.hasOwn(map, key) ? map[key] : undefined
    mergeValue(work, [...at, key], { base: own(base), ours: own(ours), theirs: own(theirs) })
  }
}

interface Lists<T> {
  readonly base: readonly T[]
  readonly ours: readonly T[]
  readonly theirs: readonly T[]
}

/** What one side added is added, what one side took away is gone. */
function mergeSets(work: Work, at: Address, { base, ours, theirs }: Lists<string>): void {
  const kept = ours.filter((one) => theirs.includes(one) || !base.includes(one))
  const come = theirs.filter((one) => !base.includes(one) && !ours.includes(one))
  take(work, at, [...kept, ...come])
}

interface Named extends JsonObject {
  readonly id: string
}

function mergeSteps(work: Work, at: Address, { base, ours, theirs }: Lists<Named>): void {
  const [was, own, other] = [byId(base), byId(ours), byId(theirs)]
  for (const [id, step] of own) {
    const there = other.get(id)
    const before = was.get(id)
    if (there !== undefined) {
      mergeValue(work, [...at, { id }], { base: before, ours: step, theirs: there })
    } else if (before !== undefined && isSame(before, step)) drop(work, at, id)
    else if (before !== undefined)
      work.conflicts.push(
        conflictAt([...at, { id }], { base: before, ours: step, theirs: undefined }),
      )
  }
  // The order first: what is added stands behind a neighbour that is in its place.
  mergeOrder(work, at, { base: [...was.keys()], ours: [...own.keys()], theirs: [...other.keys()] })
  for (const [index, step] of theirs.entries()) {
    if (own.has(step.id)) continue
    const before = was.get(step.id)
    if (before === undefined)
      add(work, at, { step, after: theirs.slice(0, index).map(({ id }) => id) })
    else if (!isSame(before, step))
      work.conflicts.push(
        conflictAt([...at, { id: step.id }], { base: before, ours: undefined, theirs: step }),
      )
  }
}

function drop(work: Work, at: Address, id: string): void {
  work.steps.push({
    at,
    place: (value) => {
      const pointer = resolve(value, [...at, { id }])
      return pointer === undefined ? 'done' : { kind: 'delete', at: pointer }
    },
  })
}

/** Adds behind the nearest of the steps that it comes after on their side. */
function add(
  work: Work,
  at: Address,
  { step, after }: { readonly step: Named; readonly after: readonly string[] },
): void {
  work.steps.push({
    at,
    place: (value) => {
      const into = resolve(value, at)
      const list = into === undefined ? undefined : stepsAt(value, at)
      if (into === undefined || list === undefined) return undefined
      const place = after.findLast((id) => list.some((one) => one.id === id))
      const index = place === undefined ? 0 : list.findIndex(({ id }) => id === place) + 1
      return { kind: 'addStep', into, index, step }
    },
  })
}

/** Their order of the steps that all three have, when ours is still the old one. */
function mergeOrder(work: Work, at: Address, { base, ours, theirs }: Lists<string>): void {
  const all = (id: string): boolean => base.includes(id) && ours.includes(id) && theirs.includes(id)
  const [was, own, other] = [base.filter(all), ours.filter(all), theirs.filter(all)]
  if (isSame(other, was) || isSame(other, own)) return
  if (!isSame(own, was)) {
    work.conflicts.push({ at: addressOf(at), base: was, ours: own, theirs: other })
    return
  }
  for (const [index, id] of other.entries()) {
    const before = other[index - 1]
    work.steps.push({
      at,
      place: (value) => {
        const into = resolve(value, at)
        const list = stepsAt(value, at)
        const from = list?.findIndex((one) => one.id === id) ?? -1
        if (into === undefined || list === undefined || from === -1) return undefined
        const rest = list.filter((one) => one.id !== id)
        const to =
          before === undefined
            ? firstOf(rest, other)
            : rest.findIndex((one) => one.id === before) + 1
        return to === from ? 'done' : { kind: 'moveStep', id, into, index: to }
      },
    })
  }
}

/** Where the first of `ids` stands; what was added in front of all of them stays there. */
function firstOf(list: readonly Named[], ids: readonly string[]): number {
  const index = list.findIndex(({ id }) => ids.includes(id))
  return index === -1 ? list.length : index
}

function stepsAt(value: Json, at: Address): readonly Named[] | undefined {
  let found: Json | undefined = value
  for (const part of at) {
    if (typeof part === 'string') found = isObject(found) ? found[part] : undefined
    else found = isSteps(found) ? found.find(({ id }) => id === part.id) : undefined
  }
  // When the last step was taken out there is still a place for others.
  return isSteps(found) || isEmptyList(found) ? found : undefined
}

function isEmptyList(value: Json | undefined): value is readonly never[] {
  return Array.isArray(value) && value.length === 0
}

function byId(list: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(list.map((step) => [step.id, step]))
}

function isSteps(value: Json | undefined): value is readonly Named[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one: Json) => isObject(one) && typeof one['id'] === 'string') &&
    new Set(value.map((one: Json) => (one as Named).id)).size === value.length
  )
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one: Json) => typeof one === 'string')
}

/** Makes the edits one by one; what cannot be written with certainty becomes a conflict. */
function written(
  { file, text }: { file: string; text: string },
  { steps, conflicts }: Work,
): Merged {
  let now = text
  const left = [...conflicts]
  for (const { at, place } of steps) {
    const document = parseDocument({ file, text: now })
    const edit = document.value === undefined ? undefined : place(document.value)
    if (edit === 'done') continue
    const patched = edit === undefined ? undefined : patch(document, edit)
    if (patched !== undefined && patched.problem === undefined) now = patched.text
    else
      left.push({
        at: addressOf(at),
        ...(edit !== undefined && 'value' in edit ? { theirs: edit.value } : {}),
      })
  }
  return { text: now, conflicts: left }
}
