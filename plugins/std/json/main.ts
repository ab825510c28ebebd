/** Finds, changes, compares and checks JSON values. */
import type { Action, Context, Json, JsonObject } from 'ionflux/plugin'

import { differences } from './diff.ts'
import { flatten as takeApart, unflatten as putTogether } from './flat.ts'
import { apply, PatchFault, type Operation } from './patch.ts'
import { parsePath, select } from './path.ts'
import { parsePointer, step } from './pointer.ts'
import { isList, isObject, put } from './value.ts'

interface Query {
  readonly value: Json
  readonly pointer?: string
  readonly path?: string
  readonly default?: Json
}

/** The value at a pointer, or all values at a path. */
export const query: Action<Query> = (input, context) => {
  if (input.path !== undefined) {
    const parsed = parsePath(input.path)
    if (typeof parsed === 'string') return context.fail('path_malformed', parsed)
    return select(input.value, parsed)
  }
  return follow(input, context)
}

function follow(input: Query, context: Context): Json {
  const segments = parsePointer(input.pointer ?? '')
  if (segments === undefined) {
    return context.fail(
      'pointer_malformed',
      `"${input.pointer}" is no JSON Pointer: it is empty or begins with "/", and "~" comes as "~0" or "~1".`,
    )
  }
  let found: Json | undefined = input.value
  for (const segment of segments) found = found === undefined ? undefined : step(found, segment)
  if (found !== undefined) return found
  if (input.default !== undefined) return input.default
  return context.fail('not_found', `The value has nothing at "${input.pointer}".`)
}

interface Merge {
  readonly value: Json
  readonly patch: Json
  readonly many?: boolean
}

/** RFC 7396. */
export const merge: Action<Merge> = ({ value, patch, many = false }, context) => {
  if (!many) return patched(value, patch)
  if (!Array.isArray(patch))
    return context.fail('patch_malformed', 'With "many", the patch is a list of patches.')
  return patch.reduce(patched, value)
}

function patched(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = {}
  if (isObject(target)) {
    for (const [key, value] of Object.entries(target)) put(result, key, value)
  }
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete (result as Record<string, Json>)[key]
    else
      put(result, key, patched(Object.hasOwn(result, key) ? (result[key] as Json) : null, change))
  }
  return result
}

interface Diff {
  readonly from: Json
  readonly to: Json
}

/** RFC 6902, without `move`, `copy` and `test`. */
export const diff: Action<Diff> = ({ from, to }) => {
  const changes = differences(from, to)
  return { same: changes.length === 0, changes }
}

interface Patch {
  readonly value: Json
  readonly patch: readonly Operation[]
}

/** RFC 6902. All operations are applied, or none. */
export const patch: Action<Patch> = ({ value, patch: operations }, context) => {
  try {
    return apply(value, operations)
  } catch (thrown) {
    if (!(thrown instanceof PatchFault)) throw thrown
    return context.fail(thrown.code, thrown.message, { index: thrown.index })
  }
}

interface Pick {
  readonly value: Json
  readonly members: readonly string[]
  readonly drop?: boolean
}

/** An object, or each of a list, with some of its members. */
export const pick: Action<Pick> = ({ value, members, drop = false }, context) => {
  const names = new Set(members)
  const picked = (one: Json): Json => {
    if (!isObject(one))
      return context.fail(
        'not_an_object',
        'Members are picked from an object, or from a list of them.',
      )
    const result: JsonObject = {}
    if (drop)
      for (const key of Object.keys(one)) if (!names.has(key)) put(result, key, one[key] as Json)
    if (!drop)
      for (const key of members) if (Object.hasOwn(one, key)) put(result, key, one[key] as Json)
    return result
  }
  return isList(value) ? value.map(picked) : picked(value)
}

/** Everything in a value by its JSON Pointer. */
export const flatten: Action<{ readonly value: Json }> = ({ value }) => takeApart(value)

/** The value that was taken apart. */
export const unflatten: Action<{ readonly value: JsonObject }> = ({ value }, context) => {
  const whole = putTogether(value)
  return (
    whole ??
    context.fail(
      'names_malformed',
      'The names are no JSON Pointers, or one of them is part of another.',
    )
  )
}

interface Validate {
  readonly value: Json
  readonly schema: JsonObject | boolean
  readonly require?: boolean
}

type Verdict = {
  readonly valid: boolean
  readonly at?: string
  readonly keyword?: string
  readonly message?: string
}

/** The host compares; it has the same library for the inputs of steps. */
export const validate: Action<Validate, Verdict> = async (input, context) => {
  const verdict = await context.schema.check(input.schema, input.value)
  if (verdict.ok) return { valid: true }
  const { at, keyword, message } = verdict
  if (input.require === false) return { valid: false, at, keyword, message }
  const where = at === '' ? 'The value' : `"${at.slice(1)}"`
  return context.fail('not_valid', `${where} ${message}`, { at, keyword })
}
