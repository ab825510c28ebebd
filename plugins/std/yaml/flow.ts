/** Collections in brackets and braces. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { add } from './member.ts'
import { isPlainStart, plain, quoted, resolve } from './scalar.ts'
import {
  aliased,
  anchorName,
  columnOf,
  Fault,
  isEnded,
  isGap,
  malformed,
  nested,
  toContent,
  type Scanner,
} from './scan.ts'

/** A collection whose lines are deeper than `indent`. */
export function flow(s: Scanner, indent: number): Json {
  return s.text[s.at] === '[' ? list(s, indent) : map(s, indent)
}

function list(s: Scanner, indent: number): Json {
  const items: Json[] = []
  const opened = s.at++
  for (;;) {
    next(s, indent, opened)
    if (s.text[s.at] === ']') break
    const isPair = s.text[s.at] === '?' && isGap(s.text[s.at + 1])
    const key = isPair ? explicit(s, indent, opened) : entry(s, indent)
    const line = s.at
    next(s, indent, opened)
    if (s.text[s.at] === ':' && isColon(s, key.isQuoted)) {
      if (!isPair && s.text.slice(key.start, s.at).includes('\n'))
        throw malformed(line, 'A key and its ":" stand on one line.')
      const pair: JsonObject = {}
      add(s, pair, {
        key: textOf(key, s),
        value: value(s, indent, opened),
        at: key.start,
        isPlain: !key.isQuoted,
      })
      items.push(pair)
    } else if (isPair) items.push({ [textOf(key, s)]: null })
    else items.push(key.value)
    if (!more(s, indent, opened, ']')) break
  }
  s.at++
  return items
}

function map(s: Scanner, indent: number): Json {
  const object: JsonObject = {}
  const opened = s.at++
  for (;;) {
    next(s, indent, opened)
    if (s.text[s.at] === '}') break
    const isPair = s.text[s.at] === '?' && isGap(s.text[s.at + 1])
    const key = isPair ? explicit(s, indent, opened) : entry(s, indent)
    next(s, indent, opened)
    const hasValue = s.text[s.at] === ':' && isColon(s, key.isQuoted)
    const given = hasValue ? value(s, indent, opened) : null
    add(s, object, { key: textOf(key, s), value: given, at: key.start, isPlain: !key.isQuoted })
    if (!more(s, indent, opened, '}')) break
  }
  s.at++
  return object
}

/** Goes to the next thing inside. */
function next(s: Scanner, indent: number, opened: number): void {
  const isCrossed = toContent(s)
  if (isEnded(s)) throw malformed(opened, `"${s.text[opened]}" is never closed.`)
  if (isCrossed && columnOf(s) <= indent)
    throw malformed(s.at, 'A line of a collection is indented less than the value it belongs to.')
}

function more(s: Scanner, indent: number, opened: number, close: string): boolean {
  next(s, indent, opened)
  if (s.text[s.at] === close) return false
  if (s.text[s.at] !== ',') throw malformed(s.at, `Here "," or "${close}" is missing.`)
  s.at++
  return true
}

function isColon({ text, at }: Scanner, isQuoted: boolean): boolean {
  return isQuoted || isGap(text[at + 1]) || ',[]{}'.includes(text[at + 1] ?? '')
}

interface Entry {
  readonly value: Json
  /** The text as it stands there, which is what a key is. */
  readonly source: string
  /** Whether a `:` may follow without a blank. */
  readonly isQuoted: boolean
  readonly start: number
}

function explicit(s: Scanner, indent: number, opened: number): Entry {
  s.at++
  next(s, indent, opened)
  return entry(s, indent)
}

function value(s: Scanner, indent: number, opened: number): Json {
  s.at++
  next(s, indent, opened)
  return s.text[s.at] === ',' ? null : entry(s, indent).value
}

function entry(s: Scanner, indent: number): Entry {
  const name = anchorName(s)
  toContent(s)
  const start = s.at
  const char = s.text[s.at]
  let source = ''
  const read = (): Json => {
    if (char === '*') return aliased(s)
    if (char === '[' || char === '{') return flow(s, indent)
    if (char === '"' || char === "'") return (source = quoted(s, indent))
    if (isPlainStart(s, true)) {
      source = plain(s, { indent, isFlow: true })
      return resolve(source, start)
    }
    // Nothing before a comma, a colon or the end is null.
    if (char !== undefined && ',:]}'.includes(char)) {
      if (char === ',') throw malformed(s.at, 'There is a "," with nothing before it.')
      return null
    }
    throw malformed(s.at, `A value does not begin with "${char ?? ''}".`)
  }
  const given = nested(s, read, name)
  if (char === '*' && typeof given === 'string') source = given
  return {
    value: given,
    source,
    isQuoted: char === '"' || char === "'" || char === '[' || char === '{',
    start,
  }
}

function textOf({ value: key, source, start }: Entry, s: Scanner): string {
  if (typeof key === 'object' && key !== null)
    throw new Fault(
      'key_unsupported',
      start,
      `A key is text; here is ${s.text[start] === '[' ? 'a list' : 'a mapping'}.`,
    )
  return source
}
