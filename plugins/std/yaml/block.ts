/** Collections by indentation, and which kind of value begins where. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { flow } from './flow.ts'
import { add } from './member.ts'
import { blockText, isPlainStart, plain, plainEnd, quoted, resolve } from './scalar.ts'
import {
  aliased,
  anchorName,
  columnOf,
  endLine,
  Fault,
  isEnded,
  isGap,
  isLineDone,
  isMarker,
  lineStart,
  malformed,
  nested,
  skipBlanks,
  toContent,
  type Scanner,
} from './scan.ts'

/** What a value stands behind: a key or `---`, a dash, the `?` or `:` of an entry in two parts, or nothing. */
type Place = 'value' | 'item' | 'part' | 'root'

/** The value that is indented deeper than `indent`; null when there is none. */
export function block(s: Scanner, indent: number, place: Place): Json {
  let isFresh = toContent(s) || place === 'root'
  if (isOutside(s, { indent, place, isFresh })) return null
  let start = s.at
  const outer = anchorName(s)
  const isAlone = outer === undefined || isLineDone(s)
  let inner: string | undefined
  if (outer !== undefined && isLineDone(s)) {
    isFresh = toContent(s)
    start = s.at
    if (isOutside(s, { indent, place, isFresh })) return nested(s, () => null, outer)
    inner = anchorName(s)
  } else if (outer !== undefined) {
    if (keyColumn(s) !== undefined) {
      // The anchor belongs to the first key.
      requireCompact(s, isFresh || place !== 'value', place)
      const column = start - lineStart(s)
      return nested(s, () => mapping(s, column, outer))
    }
  }
  const mayNest = isFresh || place !== 'value'
  if (isMarker(s, '-') && isAlone && inner === undefined) {
    requireCompact(s, mayNest, place)
    return nested(s, () => sequence(s, columnOf(s)), outer)
  }
  s.at = inner === undefined ? s.at : start
  const column = keyColumn(s, inner !== undefined)
  if (column !== undefined) {
    requireCompact(s, mayNest, place)
    return nested(s, () => mapping(s, column), outer)
  }
  if (inner !== undefined) {
    if (outer !== undefined) throw malformed(start, 'A value has one anchor at most.')
    anchorName(s)
  }
  const name = outer ?? inner
  if (name !== undefined && s.text[s.at] === '*')
    throw malformed(s.at, 'An alias has no anchor of its own.')
  return nested(s, () => scalar(s, indent), name)
}

function isOutside(
  s: Scanner,
  { indent, place, isFresh }: { indent: number; place: Place; isFresh: boolean },
): boolean {
  if (isEnded(s)) return true
  if (!isFresh) return false
  const column = columnOf(s)
  // The items of a key may stand as deep as the key.
  const isItem = (place === 'value' || place === 'part') && column === indent && isMarker(s, '-')
  return column <= indent && !isItem
}

function requireCompact(s: Scanner, mayNest: boolean, place: Place): void {
  if (!mayNest && place === 'value')
    throw malformed(s.at, 'A collection begins on a line of its own, not behind a key.')
  if (s.text.slice(lineStart(s), s.at).includes('\t'))
    throw malformed(s.at, 'A tab does not indent; use spaces.')
}

function scalar(s: Scanner, indent: number): Json {
  const char = s.text[s.at]
  const start = s.at
  let value: Json
  if (char === '*') value = aliased(s)
  else if (char === '|' || char === '>') return blockText(s, indent)
  else if (char === '"' || char === "'") value = quoted(s, indent)
  else if (char === '[' || char === '{') value = flow(s, indent)
  else if (isPlainStart(s, false)) value = resolve(plain(s, { indent, isFlow: false }), start)
  else
    throw malformed(start, `A value does not begin with "${char ?? ''}"; quote it if it is text.`)
  endLine(s)
  return value
}

/** The column of a mapping whose first key is here; undefined when there is no key on the line. */
function keyColumn(s: Scanner, hasAnchor = false): number | undefined {
  const start = s.at
  try {
    const column = columnOf(s)
    if (hasAnchor) anchorName(s)
    if (isMarker(s, '?')) return column
    return key(s, undefined) === undefined ? undefined : column
  } catch (thrown) {
    // What is wrong is said when it is read as what it is.
    if (thrown instanceof Fault) return undefined
    throw thrown
  } finally {
    s.at = start
  }
}

/** Reads a key with its `:`; undefined, and not moved, where there is none on this line. */
function key(s: Scanner, keep: ((value: Json) => void) | undefined): string | undefined {
  const start = s.at
  const char = s.text[s.at]
  let text: string
  if (char === '"' || char === "'") text = quoted(s, -1)
  else if (char === '*') {
    const value = s.anchors.get(
      /^\*([^\s,[\]{}]*)/.exec(s.text.slice(s.at, s.at + 1024))?.[1] ?? '',
    )?.value
    while (!isGap(s.text[s.at])) s.at++
    text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  } else if (char === '[' || char === '{') {
    // The closing mark may be lines away; only a collection on one line can be a key.
    const line = s.text.slice(s.at, s.text.indexOf('\n', s.at) >>> 0)
    if (!/[\]}]\s*:(?:\s|$)/.test(line)) return undefined
    const { repeated, weight } = s
    flow(s, -1)
    Object.assign(s, { repeated, weight })
    skipBlanks(s)
    if (isMarker(s, ':') && !s.text.slice(start, s.at).includes('\n')) return ''
    s.at = start
    return undefined
  } else if (isMarker(s, ':')) text = ''
  else if (isPlainStart(s, false)) {
    const end = plainEnd(s, s.at, false)
    text = s.text.slice(s.at, end)
    s.at = end
  } else return undefined
  const isOneLine = !s.text.slice(start, s.at).includes('\n')
  skipBlanks(s)
  if (!isOneLine || !isMarker(s, ':') || s.at - start > 1024) {
    s.at = start
    return undefined
  }
  s.at++
  keep?.(text)
  return text
}

function mapping(s: Scanner, column: number, firstAnchor?: string): Json {
  const object: JsonObject = {}
  let name = firstAnchor
  for (;;) {
    const at = s.at
    if (isMarker(s, '?')) addExplicit(s, object, column)
    else {
      name ??= anchorName(s)
      const char = s.text[s.at]
      if (char === '[' || char === '{')
        throw new Fault('key_unsupported', at, 'A key is text; here is a list or a mapping.')
      const text = key(s, undefined)
      if (text === undefined)
        throw malformed(at, 'Here a key with ":" is missing; mind the indentation.')
      if (name !== undefined && char === '*')
        throw malformed(at, 'An alias has no anchor of its own.')
      if (name !== undefined) nested(s, () => text, name)
      add(s, object, {
        key: text,
        value: block(s, column, 'value'),
        at,
        isPlain: char !== '"' && char !== "'",
      })
    }
    name = undefined
    if (!isNext(s, column)) return object
  }
}

function addExplicit(s: Scanner, object: JsonObject, column: number): void {
  const at = s.at++
  const given = block(s, column, 'part')
  if (typeof given === 'object' && given !== null)
    throw new Fault('key_unsupported', at, 'A key is text; here is a list or a mapping.')
  const text = typeof given === 'string' ? given : given === null ? '' : JSON.stringify(given)
  toContent(s)
  const hasValue = !isEnded(s) && isMarker(s, ':') && columnOf(s) === column
  if (hasValue) s.at++
  add(s, object, {
    key: text,
    value: hasValue ? block(s, column, 'part') : null,
    at,
    isPlain: false,
  })
}

function sequence(s: Scanner, column: number): Json {
  const items: Json[] = []
  for (;;) {
    s.at++
    items.push(block(s, column, 'item'))
    if (!isNext(s, column)) return items
    if (!isMarker(s, '-')) {
      // The key after a list that stands as deep as its own key.
      return items
    }
  }
}

/** Whether another entry follows in the same column. */
function isNext(s: Scanner, column: number): boolean {
  const isCrossed = toContent(s)
  if (isEnded(s)) return false
  const here = columnOf(s)
  if (here < column) return false
  if (here > column || !isCrossedHere(s, isCrossed))
    throw malformed(s.at, 'This line is indented deeper than the ones before it.')
  if (s.text.slice(lineStart(s), s.at).includes('\t'))
    throw malformed(s.at, 'A tab does not indent; use spaces.')
  return true
}

/** A value that went over several lines may already have ended the last one. */
function isCrossedHere(s: Scanner, isCrossed: boolean): boolean {
  return isCrossed || s.text.slice(lineStart(s), s.at).trim() === ''
}
