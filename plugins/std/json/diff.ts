/**
 * A JSON Patch (RFC 6902) from one value to another.
 *
 * Objects are compared by member. In lists, the equal items at both ends stay and what
 * lies between is compared by place, which is linear and reads well for the usual
 * change: an item added, taken out or edited.
 */
import type { Json, JsonObject } from 'ionflux/plugin'

import { escapeSegment } from './pointer.ts'
import { isList, isObject } from './value.ts'

type Change =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }

export function differences(from: Json, to: Json): readonly Change[] {
  const changes: Change[] = []
  compare(from, to, '', changes)
  return changes
}

function compare(from: Json, to: Json, path: string, changes: Change[]): void {
  if (isObject(from) && isObject(to)) compareObjects(from, to, path, changes)
  else if (isList(from) && isList(to)) compareLists(from, to, path, changes)
  else if (!isEqual(from, to)) changes.push({ op: 'replace', path, value: to })
}

function compareObjects(from: JsonObject, to: JsonObject, path: string, changes: Change[]): void {
  for (const key of Object.keys(from)) {
    const at = `${path}/${escapeSegment(key)}`
    if (Object.hasOwn(to, key)) compare(from[key] as Json, to[key] as Json, at, changes)
    else changes.push({ op: 'remove', path: at })
  }
  for (const key of Object.keys(to)) {
    if (Object.hasOwn(from, key)) continue
    changes.push({ op: 'add', path: `${path}/${escapeSegment(key)}`, value: to[key] as Json })
  }
}

function compareLists(
  from: readonly Json[],
  to: readonly Json[],
  path: string,
  changes: Change[],
): void {
  const shorter = Math.min(from.length, to.length)
  let head = 0
  while (head < shorter && isEqual(from[head], to[head])) head++
  let tail = 0
  while (tail < shorter - head && isEqual(from.at(-1 - tail), to.at(-1 - tail))) tail++

  const common = shorter - tail
  for (let index = head; index < common; index++) {
    compare(from[index] as Json, to[index] as Json, `${path}/${index}`, changes)
  }
  for (let index = from.length - tail - 1; index >= common; index--) {
    changes.push({ op: 'remove', path: `${path}/${index}` })
  }
  for (let index = common; index < to.length - tail; index++) {
    changes.push({ op: 'add', path: `${path}/${index}`, value: to[index] as Json })
  }
}

function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isList(a) && isList(b))
    return a.length === b.length && a.every((item, i) => isEqual(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
}
