/**
 * The part of JSONPath (RFC 9535) that needs no expressions: names, indexes, slices,
 * wildcards, unions and descendants.
 *
 * A path is read once into plain steps and then walked; it is never run as code.
 */
import type { Json } from 'ionflux/plugin'

import { isList, isObject } from './value.ts'

type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | {
      readonly kind: 'slice'
      readonly start?: number
      readonly end?: number
      readonly step: number
    }
  | { readonly kind: 'all' }

export interface Step {
  /** Looks at every value below as well. */
  readonly isDescendant: boolean
  readonly selectors: readonly Selector[]
}

const valuesMax = 1_000_000
const nameShorthand = /^[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*/u
const integer = /^(?:0|-?[1-9]\d{0,15})/
const quoted = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/su

/** The steps of a path, or a sentence that says why it is none. */
export function parsePath(path: string): readonly Step[] | string {
  const reader = new Reader(path)
  if (!reader.take('$')) return `"${path}" does not begin with "$".`
  const steps: Step[] = []
  while (!reader.isDone) {
    reader.space()
    const parsed = readStep(reader)
    if (parsed === undefined)
      return `"${path}" cannot be read from "${reader.rest.slice(0, 20)}" on.`
    steps.push(parsed)
  }
  return steps
}

/** The values at a path, in the order of the document. */
export function select(root: Json, steps: readonly Step[]): readonly Json[] {
  let values: readonly Json[] = [root]
  for (const { isDescendant, selectors } of steps) {
    const from = isDescendant ? values.flatMap(withDescendants) : values
    values = from.flatMap((value) => selectors.flatMap((selector) => pick(value, selector)))
    if (values.length > valuesMax) throw new RangeError('The path names too many values.')
  }
  return values
}

class Reader {
  rest: string

  constructor(text: string) {
    this.rest = text
  }

  get isDone(): boolean {
    return this.rest === ''
  }

  take(text: string): boolean {
    if (!this.rest.startsWith(text)) return false
    this.rest = this.rest.slice(text.length)
    return true
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.rest) ?? undefined
    if (found !== undefined) this.rest = this.rest.slice(found[0].length)
    return found
  }

  space(): void {
    this.match(/^[ \t\r\n]*/)
  }
}

function readStep(reader: Reader): Step | undefined {
  const isDescendant = reader.take('..')
  if (reader.take('[')) {
    const selectors = readSelectors(reader)
    return selectors === undefined ? undefined : { isDescendant, selectors }
  }
  if (!isDescendant && !reader.take('.')) return undefined
  if (reader.take('*')) return { isDescendant, selectors: [{ kind: 'all' }] }
  const name = reader.match(nameShorthand)
  return name === undefined
    ? undefined
    : { isDescendant, selectors: [{ kind: 'name', name: name[0] }] }
}

function readSelectors(reader: Reader): readonly Selector[] | undefined {
  const selectors: Selector[] = []
  do {
    reader.space()
    const selector = readSelector(reader)
    if (selector === undefined) return undefined
    selectors.push(selector)
    reader.space()
  } while (reader.take(','))
  return reader.take(']') ? selectors : undefined
}

function readSelector(reader: Reader): Selector | undefined {
  if (reader.take('*')) return { kind: 'all' }
  const text = reader.match(quoted)
  if (text !== undefined) return { kind: 'name', name: unescaped(text[1] ?? text[2] ?? '') }
  const start = readInteger(reader)
  reader.space()
  if (!reader.take(':')) return start === undefined ? undefined : { kind: 'index', index: start }
  reader.space()
  const end = readInteger(reader)
  reader.space()
  let step = 1
  if (reader.take(':')) {
    reader.space()
    step = readInteger(reader) ?? 1
  }
  return {
    kind: 'slice',
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    step,
  }
}

function readInteger(reader: Reader): number | undefined {
  const found = reader.match(integer)
  return found === undefined ? undefined : Number(found[0])
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|(.))/gsu,
    (_, hex: string | undefined, char: string) =>
      hex === undefined ? (escapes[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function pick(value: Json, selector: Selector): readonly Json[] {
  if (selector.kind === 'all') return children(value)
  if (selector.kind === 'name') {
    return isObject(value) && Object.hasOwn(value, selector.name)
      ? [value[selector.name] as Json]
      : []
  }
  if (!isList(value)) return []
  if (selector.kind === 'slice') return slice(value, selector)
  const found = value.at(selector.index)
  return found === undefined ? [] : [found]
}

/** RFC 9535, 2.3.4: bounds first, then the walk, forwards or backwards. */
function slice(
  list: readonly Json[],
  { start, end, step }: Extract<Selector, { kind: 'slice' }>,
): readonly Json[] {
  if (step === 0) return []
  const { length } = list
  const fromEnd = (index: number): number => (index < 0 ? length + index : index)
  const clamp = (index: number, low: number, high: number): number =>
    Math.min(Math.max(index, low), high)
  const found: Json[] = []
  if (step > 0) {
    const last = clamp(fromEnd(end ?? length), 0, length)
    for (let i = clamp(fromEnd(start ?? 0), 0, length); i < last; i += step)
      found.push(list[i] as Json)
    return found
  }
  const last = clamp(fromEnd(end ?? -length - 1), -1, length - 1)
  for (let i = clamp(fromEnd(start ?? length - 1), -1, length - 1); i > last; i += step)
    found.push(list[i] as Json)
  return found
}

function children(value: Json): readonly Json[] {
  if (isList(value)) return value
  return isObject(value) ? Object.values(value) : []
}

function withDescendants(value: Json): readonly Json[] {
  return [value, ...children(value).flatMap(withDescendants)]
}
