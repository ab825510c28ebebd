/** Where the reader stands in the text, and the small steps that all its parts take. */
import type { Json } from 'ionflux/plugin'

export class Fault extends Error {
  readonly code: string
  readonly at: number

  constructor(code: string, at: number, message: string) {
    super(message)
    this.code = code
    this.at = at
  }
}

/** A value with a name, and what it adds when it is repeated. */
interface Anchored {
  readonly value: Json
  readonly weight: number
}

export interface Scanner {
  readonly text: string
  at: number
  anchors: Map<string, Anchored>
  /** Characters and values that were read or repeated so far. */
  weight: number
  repeated: number
  depth: number
  /** Whether `<<` puts the members of another mapping in. */
  readonly isMerging: boolean
}

const depthMax = 100
/** What aliases may add: enough for any file people write, too little for one that explodes. */
const repeatedMax = 4_000_000

export function malformed(at: number, message: string): Fault {
  return new Fault('yaml_malformed', at, message)
}

export function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t'
}

/** A blank, the end of the line or the end of the text. */
export function isGap(char: string | undefined): boolean {
  return char === undefined || char === ' ' || char === '\n' || char === '\t'
}

export function skipBlanks(s: Scanner): void {
  while (isBlank(s.text[s.at])) s.at++
}

export function lineStart({ text, at }: Scanner): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
}

export function lineEnd({ text }: Scanner, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

export function columnOf(s: Scanner): number {
  return s.at - lineStart(s)
}

/** Goes to the next thing that is no blank, comment or line end. True when a line ended. */
export function toContent(s: Scanner): boolean {
  let isCrossed = false
  for (;;) {
    skipBlanks(s)
    const char = s.text[s.at]
    if (char === '#' && (s.at === 0 || isGap(s.text[s.at - 1]))) s.at = lineEnd(s, s.at)
    if (s.text[s.at] !== '\n') return isCrossed
    s.at++
    isCrossed = true
  }
}

/** `---` or `...` at the start of a line, and nothing glued to it. */
export function isMark(text: string, at: number): boolean {
  const first = text[at]
  if (first !== '-' && first !== '.') return false
  if (text[at + 1] !== first || text[at + 2] !== first || !isGap(text[at + 3])) return false
  return at === 0 || text[at - 1] === '\n'
}

export function isEnded(s: Scanner): boolean {
  return s.at >= s.text.length || isMark(s.text, s.at)
}

/** Whether the rest of the line says nothing. */
export function isLineDone(s: Scanner): boolean {
  let at = s.at
  while (isBlank(s.text[at])) at++
  const char = s.text[at]
  return (
    char === undefined || char === '\n' || (char === '#' && (at === 0 || isGap(s.text[at - 1])))
  )
}

export function endLine(s: Scanner): void {
  if (!isLineDone(s))
    throw malformed(s.at, 'There is text after the value; a line holds one value.')
}

/** `-`, `?` or `:` as a mark of its own. */
export function isMarker(s: Scanner, marker: string): boolean {
  return s.text[s.at] === marker && isGap(s.text[s.at + 1])
}

/** Reads the anchor before a value. Tags would make other things than JSON of a text. */
export function anchorName(s: Scanner): string | undefined {
  if (s.text[s.at] === '!')
    throw new Fault(
      'tag_unsupported',
      s.at,
      'The text has a tag ("!"), and only plain JSON values are read.',
    )
  if (s.text[s.at] !== '&') return undefined
  const name = nameAt(s)
  skipBlanks(s)
  if (s.text[s.at] === '!' || s.text[s.at] === '&') return anchorName(s) ?? name
  return name
}

/** What stands behind `&` or `*`. */
export function nameAt(s: Scanner): string {
  const start = ++s.at
  while (!isGap(s.text[s.at]) && !',[]{}'.includes(s.text[s.at] ?? '')) s.at++
  if (s.at === start) throw malformed(start, 'An anchor or alias needs a name.')
  return s.text.slice(start, s.at)
}

export function aliased(s: Scanner): Json {
  const start = s.at
  const name = nameAt(s)
  const found = s.anchors.get(name)
  if (found === undefined)
    throw new Fault(
      'alias_unknown',
      start,
      `The alias "*${name.slice(0, 40)}" has no finished anchor before it.`,
    )
  s.repeated += found.weight
  if (s.repeated > repeatedMax)
    throw new Fault('too_large', start, 'The aliases of the text repeat too much.')
  s.weight += found.weight
  return found.value
}

/** Reads a value one level deeper, and keeps it under its name when it has one. */
export function nested(s: Scanner, read: () => Json, name?: string): Json {
  if (++s.depth > depthMax)
    throw new Fault('too_deep', s.at, `The text nests deeper than ${depthMax}.`)
  const before = s.weight
  const value = read()
  s.weight += 1 + (typeof value === 'string' ? value.length : 0)
  if (name !== undefined) s.anchors.set(name, { value, weight: s.weight - before })
  s.depth--
  return value
}
