/**
 * What an edit does to the value of a file: the meaning that the edited text must have.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

/** The segments of a JSON Pointer, unescaped. */
export function segments(at: string): readonly string[] {
  return at
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** `value` with what `at` names replaced; undefined when there is nothing that could hold it. */
export function withValue(value: Json, at: readonly string[], by: Json): Json | undefined {
  return changed(value, at, (holder, last) => {
    if (!Array.isArray(holder)) return { ...(holder as JsonObject), [last]: by }
    return isIndex(last, holder.length) ? holder.with(Number(last), by) : undefined
  })
}

/** `value` without what `at` names; undefined when that is not there. */
export function withoutValue(value: Json, at: readonly string[]): Json | undefined {
  return changed(value, at, (holder, last) => {
    if (Array.isArray(holder)) {
      return isIndex(last, holder.length) ? holder.toSpliced(Number(last), 1) : undefined
    }
    if (!Object.hasOwn(holder, last)) return undefined
    return Object.fromEntries(Object.entries(holder).filter(([key]) => key !== last))
  })
}

/** `value` with `item` in the list that `at` names, before the one that is at `index` now. */
export function withItem(
  value: Json,
  at: readonly string[],
  { index, item }: { readonly index: number; readonly item: Json },
): Json | undefined {
  const list = valueAt(value, at)
  if (!Array.isArray(list) || index < 0 || index > list.length) return undefined
  const longer = list.toSpliced(index, 0, item) as readonly Json[]
  return at.length === 0 ? longer : withValue(value, at, longer)
}

export function valueAt(value: Json, at: readonly string[]): Json | undefined {
  let found: Json | undefined = value
  for (const part of at) {
    if (Array.isArray(found)) found = isIndex(part, found.length) ? found[Number(part)] : undefined
    else if (isObject(found)) found = Object.hasOwn(found, part) ? found[part] : undefined
    else return undefined
  }
  return found
}

function changed(
  value: Json,
  at: readonly string[],
  change: (holder: readonly Json[] | JsonObject, last: string) => Json | undefined,
): Json | undefined {
  const [first, ...rest] = at
  if (first === undefined || (!Array.isArray(value) && !isObject(value))) return undefined
  if (rest.length === 0) return change(value, first)
  const inner = valueAt(value, [first])
  if (inner === undefined) return undefined
  const next = changed(inner, rest, change)
  return next === undefined ? undefined : withValue(value, [first], next)
}

function isIndex(text: string, length: number): boolean {
  return /^(?:0|[1-9]\d*)$/.test(text) && Number(text) < length
}
