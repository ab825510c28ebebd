/** Random flows, random edits of them, and what each edit means for the plain value. */
import { canonical } from '#engine/core/canonical.ts'
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { findSteps } from '#engine/dsl/check/walk.ts'
import type { Edit } from '#engine/dsl/patch/patch.ts'

import type { Choose } from './layout.ts'

const words = [
  'fetch it',
  'a: b',
  "it's",
  '${{ steps.s1.output }}',
  'x # y',
  '',
  'yes',
  '12',
  'two\nlines\n',
  'Grüße',
  '- a',
  'null',
  ' lead',
  'é\n\tb',
  '👩‍👩‍👧',
]

/** A small value of any kind. */
function someValue(choose: Choose, depth = 0): Json {
  const kind = choose(depth > 1 ? 4 : 6)
  if (kind === 0) return choose(100) - 50
  if (kind === 1) return [true, false, null][choose(3)] ?? null
  if (kind <= 3) return words[choose(words.length)] ?? ''
  if (kind === 4) return Array.from({ length: choose(3) }, () => someValue(choose, depth + 1))
  const keys = ['a', 'b c', 'on', 'd'].slice(0, choose(4))
  return Object.fromEntries(keys.map((key) => [key, someValue(choose, depth + 1)]))
}

/** A flow of nested steps, ids `s0`, `s1`, …; `named` is used in place of `s0`. */
export function someFlow(choose: Choose, named = 's0'): JsonObject {
  let count = 0
  const id = (): string => (count === 0 ? ((count += 1), named) : `s${count++}`)
  const reference = (): string => {
    const name = choose(2) === 0 ? named : `s${1 + choose(4)}`
    return (
      [
        '${{ steps.X.output }}',
        'got ${{ steps.X.output.a }} and ${{ steps["X"].output }}',
        's0 ${{ size("X") }}\nand ${{ steps.X.output }}\n',
      ][choose(3)]?.replaceAll(/(?<=steps(?:\.|\["))X/g, name) ?? ''
    )
  }
  const list = (depth: number): Json[] =>
    Array.from({ length: 1 + choose(depth === 0 ? 4 : 2) }, () => {
      const bare = {
        id: id(),
        ...(choose(4) === 0 ? { description: 'about s0 and steps.s0' } : {}),
      }
      if (depth < 2 && choose(3) === 0) {
        return {
          ...bare,
          if: '${{ true }}',
          then: list(depth + 1),
          else: choose(2) === 0 ? [] : list(depth + 1),
        }
      }
      return choose(2) === 0 ? { ...bare, let: reference() } : { ...bare, let: someValue(choose) }
    })
  return { dsl: 'flux/1', id: 'x', steps: list(0), outputs: reference() }
}

/** Choices from a list of numbers, the same ones each time. */
export function chooser(numbers: readonly number[], salt = 0): Choose {
  let at = 0
  return (n) => ((numbers[(at++ + salt) % numbers.length] ?? 0) + at * 7) % n
}

export interface Planned {
  readonly edit: Edit
  readonly model: Json
  /** Where a scalar that the edit does not concern stands afterwards; undefined for others. */
  readonly isKept: (at: string) => string | undefined
}

export function someEdit(
  kind: number,
  { value, pick, numbers }: { value: JsonObject; pick: number; numbers: readonly number[] },
): Planned {
  const steps = findSteps(value)
  const step = steps[pick % steps.length]
  const id = step?.step['id'] as string
  const all = places(value)
  const at = all[pick % all.length] ?? ''
  const copy = structuredClone(value)
  const by = someValue(chooser(numbers, 5))
  const list = lists(value)[pick % lists(value).length] ?? '/steps'
  const holder = (where: string): { list: Json[]; index: number } => {
    const cut = where.lastIndexOf('/')
    return { list: get(copy, where.slice(0, cut)) as Json[], index: Number(where.slice(cut + 1)) }
  }
  const renumbered = (from: string, shift: number) => (where: string) => {
    const cut = from.lastIndexOf('/')
    const head = from.slice(0, cut + 1)
    const index = Number(from.slice(cut + 1))
    if (!where.startsWith(head)) return where === from.slice(0, cut) ? undefined : where
    const [own = '', ...deeper] = where.slice(head.length).split('/')
    if (Number(own) < index) return where
    if (Number(own) === index && shift < 0) return undefined
    return [head + String(Number(own) + shift), ...deeper].join('/')
  }
  switch (kind) {
    case 0:
      put(copy, at, by)
      return { edit: { kind: 'set', at, value: by }, model: copy, isKept: outside(at) }
    case 1: {
      const fresh = `${step?.at ?? ''}/fresh`
      put(copy, fresh, by)
      return { edit: { kind: 'set', at: fresh, value: by }, model: copy, isKept: outside(fresh) }
    }
    case 2: {
      const { list: held, index } = holder(step?.at ?? '')
      held.splice(index, 1)
      const edit: Edit = { kind: 'removeStep', id }
      return { edit, model: copy, isKept: renumbered(step?.at ?? '', -1) }
    }
    case 3: {
      const held = get(copy, list) as Json[]
      const index = pick % (held.length + 1)
      const added = { id: 'fresh', let: by }
      held.splice(index, 0, added)
      const edit: Edit = { kind: 'addStep', into: list, index, step: added }
      return { edit, model: copy, isKept: renumbered(`${list}/${index}`, 1) }
    }
    case 4:
      return moved(copy, { from: step?.at ?? '', id, list, pick })
    default:
      return {
        edit: { kind: 'renameStep', id: 's0', to: 'renamed' },
        model: someFlow(chooser(numbers), 'renamed'),
        isKept: (where) =>
          canonical(get(value, where) ?? null).includes('s0') ? undefined : where,
      }
  }
}

function moved(
  copy: JsonObject,
  { from, id, list, pick }: { from: string; id: string; list: string; pick: number },
): Planned {
  const cut = from.lastIndexOf('/')
  const isInside = `${list}/`.startsWith(`${from}/`)
  const into = isInside ? from.slice(0, cut) : list
  const source = get(copy, from.slice(0, cut)) as Json[]
  const target = get(copy, into) as Json[]
  const [item] = source.splice(Number(from.slice(cut + 1)), 1)
  const index = pick % (target.length + 1)
  target.splice(index, 0, item ?? null)
  return { edit: { kind: 'moveStep', id, into, index }, model: copy, isKept: () => undefined }
}

/** Pointers of all lists of steps. */
function lists(value: JsonObject): readonly string[] {
  const inner = findSteps(value).flatMap(({ step, at }) =>
    ['then', 'else'].flatMap((key) => (Array.isArray(step[key]) ? [`${at}/${key}`] : [])),
  )
  return ['/steps', ...inner]
}

const outside = (at: string) => (where: string) =>
  `${where}/`.startsWith(`${at}/`) || `${at}/`.startsWith(`${where}/`) ? undefined : where

function get(value: Json, at: string): Json | undefined {
  let found: Json | undefined = value
  for (const part of at.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    found = (found as JsonObject | undefined)?.[key]
  }
  return found
}

function put(value: Json, at: string, by: Json): void {
  const cut = at.lastIndexOf('/')
  const key = at
    .slice(cut + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
  ;(get(value, at.slice(0, cut)) as { [key: string]: Json })[key] = by
}
/** Pointers of all parts of a value but its root. */
function places(value: Json, at = ''): string[] {
  const parts: [string, Json][] = Array.isArray(value)
    ? value.map((item: Json, i) => [String(i), item])
    : isObject(value)
      ? Object.entries(value)
      : []
  return parts.flatMap(([key, part]) => [at + pointer(key), ...places(part, at + pointer(key))])
}
