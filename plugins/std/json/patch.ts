/** Applies JSON Patches (RFC 6902). */
import type { Json } from 'ionflux/plugin'

import { parsePointer, step } from './pointer.ts'
import { isList, isObject, put } from './value.ts'

export interface Operation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: string
  readonly from?: string
  readonly value?: Json
}

export class PatchFault extends Error {
  readonly code: string
  readonly index: number

  constructor(code: string, index: number, message: string) {
    super(message)
    this.code = code
    this.index = index
  }
}

/** How much longer than patch and value together a result may become by copying. */
const copiedMax = 1_000_000

export function apply(value: Json, operations: readonly Operation[]): Json {
  let copied = 0
  return operations.reduce<Json>((target, operation, index) => {
    const fail = (code: string, message: string): never => {
      throw new PatchFault(
        code,
        index,
        `Operation ${index} (${operation.op} "${operation.path}"): ${message}`,
      )
    }
    const at = (text: string | undefined): readonly string[] =>
      parsePointer(text ?? '-') ?? fail('pointer_malformed', `"${text}" is no JSON Pointer.`)
    const path = at(operation.path)
    const given = (): Json =>
      operation.value === undefined
        ? fail('patch_malformed', 'it has no "value".')
        : operation.value
    switch (operation.op) {
      case 'add':
        return set(target, path, { value: given(), isNew: true, fail })
      case 'replace':
        get(target, path, fail)
        return set(target, path, { value: given(), isNew: false, fail })
      case 'remove':
        return remove(target, path, fail)
      case 'test':
        if (!equal(get(target, path, fail), given()))
          return fail('test_failed', 'the value there is another one.')
        return target
      case 'copy': {
        const taken = get(target, at(operation.from), fail)
        copied += JSON.stringify(taken).length
        if (copied > copiedMax) return fail('too_large', 'the copies of the patch are too large.')
        return set(target, path, { value: taken, isNew: true, fail })
      }
      case 'move': {
        const from = at(operation.from)
        if (path.length > from.length && from.every((segment, i) => segment === path[i]))
          return fail('patch_malformed', 'a value cannot move into itself.')
        const moved = get(target, from, fail)
        return set(remove(target, from, fail), path, { value: moved, isNew: true, fail })
      }
    }
  }, value)
}

type Fail = (code: string, message: string) => never

function get(value: Json, path: readonly string[], fail: Fail): Json {
  let found: Json | undefined = value
  for (const segment of path) found = found === undefined ? undefined : step(found, segment)
  return found === undefined ? fail('not_found', 'there is nothing.') : found
}

/** A value in which the one at `path` is another; the rest is shared, not copied. */
function set(
  target: Json,
  path: readonly string[],
  how: { value: Json; isNew: boolean; fail: Fail },
): Json {
  const [segment, ...rest] = path
  if (segment === undefined) return how.value
  const { fail, isNew } = how
  if (isList(target)) {
    const isEnd = segment === '-' && rest.length === 0 && isNew
    const index = isEnd ? target.length : indexOf(segment, fail)
    const last = rest.length === 0 && isNew ? target.length : target.length - 1
    if (index > last) return fail('not_found', 'the list has no such place.')
    if (rest.length === 0)
      return isNew ? target.toSpliced(index, 0, how.value) : target.with(index, how.value)
    return target.with(index, set(target[index] as Json, rest, how))
  }
  if (!isObject(target)) return fail('not_found', 'what holds it is no object and no list.')
  const inner = Object.hasOwn(target, segment) ? (target[segment] as Json) : undefined
  if (rest.length > 0 && inner === undefined) return fail('not_found', `there is no "${segment}".`)
  const copy = { ...target }
  put(copy, segment, rest.length === 0 ? how.value : set(inner as Json, rest, how))
  return copy
}

function remove(target: Json, path: readonly string[], fail: Fail): Json {
  get(target, path, fail)
  const segment = path.at(-1)
  if (segment === undefined) return fail('patch_malformed', 'the whole value cannot be taken out.')
  const parentPath = path.slice(0, -1)
  const parent = get(target, parentPath, fail)
  const smaller = isList(parent)
    ? parent.toSpliced(Number(segment), 1)
    : Object.fromEntries(Object.entries(parent as object).filter(([key]) => key !== segment))
  return set(target, parentPath, { value: smaller as Json, isNew: false, fail })
}

function indexOf(segment: string, fail: Fail): number {
  return /^(?:0|[1-9]\d{0,8})$/.test(segment)
    ? Number(segment)
    : fail('not_found', `"${segment}" is no place in a list.`)
}

function equal(a: Json, b: Json): boolean {
  if (a === b) return true
  if (isList(a) && isList(b))
    return a.length === b.length && a.every((item, i) => equal(item, b[i] as Json))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key] as Json, b[key] as Json))
  )
}
