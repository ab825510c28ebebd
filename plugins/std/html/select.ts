/**
 * Selectors of CSS: names, `#id`, `.class`, `[attribute]` with its six comparisons, `:first-child`,
 * `:last-child`, `:nth-child(2n+1)`, `:not(…)`, and the four ways to stand to each other.
 */
import type { Element } from './tree.ts'

export class SelectorFault extends Error {}

type Test = (element: Element) => boolean
interface Part {
  readonly test: Test
  /** How it stands to the part before it: inside, child, next, or after. */
  readonly way: ' ' | '>' | '+' | '~' | ''
}
type Selector = readonly Part[]

const partsMax = 100

interface Cursor {
  readonly text: string
  at: number
  depth: number
}

/** The elements that one of the selectors describes, in the order of the page. */
export function select(root: Element, selector: string): readonly Element[] {
  const cursor = { text: selector.trim(), at: 0, depth: 0 }
  const selectors = list(cursor)
  if (cursor.at < cursor.text.length) throw fault(cursor)
  const found: Element[] = []
  const visit = (element: Element): void => {
    for (const child of element.children) {
      if (typeof child === 'string') continue
      if (selectors.some((parts) => matches(child, parts, parts.length - 1))) found.push(child)
      visit(child)
    }
  }
  visit(root)
  return found
}

function fault({ text, at }: Cursor): SelectorFault {
  return new SelectorFault(`The selector is not understood at "${text.slice(at, at + 40)}".`)
}

function list(cursor: Cursor): readonly Selector[] {
  if (++cursor.depth > 5) throw new SelectorFault('The selector nests too deep.')
  const selectors = [complex(cursor)]
  while (skip(cursor, /\s*,\s*/y) !== undefined) selectors.push(complex(cursor))
  cursor.depth--
  return selectors
}

function skip(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)
  if (found === null) return undefined
  cursor.at = pattern.lastIndex
  return found
}

function complex(cursor: Cursor): Selector {
  const parts: Part[] = [{ test: compound(cursor), way: '' }]
  for (;;) {
    const found = skip(cursor, /\s*([>+~])\s*|\s+(?![\s,)]|$)/y)
    if (found === undefined) return parts
    parts.push({ test: compound(cursor), way: (found[1] ?? ' ') as Part['way'] })
    if (parts.length > partsMax) throw new SelectorFault('The selector is too long.')
  }
}

function compound(cursor: Cursor): Test {
  const tests: Test[] = []
  const name = skip(cursor, /\*|[A-Za-z][\w-]*/y)?.[0].toLowerCase()
  if (name !== undefined && name !== '*') tests.push((element) => element.name === name)
  for (;;) {
    const test = simple(cursor)
    if (test === undefined) break
    tests.push(test)
  }
  if (tests.length === 0 && name === undefined) throw fault(cursor)
  return (element) => tests.every((test) => test(element))
}

const word = String.raw`[\w\u00a0-\uffff-]+`
const attributeTest = new RegExp(
  String.raw`\[\s*(${word}(?::${word})?)\s*(?:([~|^$*]?=)\s*(?:"([^"]*)"|'([^']*)'|(${word}))\s*(i)?\s*)?\]`,
  'y',
)

function simple(cursor: Cursor): Test | undefined {
  const named = skip(cursor, new RegExp(`([#.])(${word})`, 'y'))
  if (named !== undefined) {
    const [, mark, value = ''] = named
    if (mark === '#') return (element) => element.attributes.get('id') === value
    return (element) => words(element.attributes.get('class')).includes(value)
  }
  const asked = skip(cursor, attributeTest)
  if (asked !== undefined) return attributeOf(asked)
  const nth = skip(
    cursor,
    /:nth-child\(\s*(?:(odd|even)|([+-]?\d{0,6})n\s*(?:([+-])\s*(\d{1,6}))?|([+-]?\d{1,6}))\s*\)/y,
  )
  if (nth !== undefined) return nthChild(nth)
  if (skip(cursor, /:first-child/y) !== undefined) return (element) => element.index === 1
  if (skip(cursor, /:last-child/y) !== undefined) return isLast
  if (skip(cursor, /:empty/y) !== undefined) return (element) => element.children.length === 0
  if (skip(cursor, /:not\(\s*/y) !== undefined) {
    const selectors = list(cursor)
    if (skip(cursor, /\s*\)/y) === undefined) throw fault(cursor)
    return (element) => !selectors.some((parts) => matches(element, parts, parts.length - 1))
  }
  return undefined
}

function attributeOf([
  ,
  name = '',
  operator,
  double,
  single,
  bare,
  caseless,
]: RegExpExecArray): Test {
  const key = name.toLowerCase()
  if (operator === undefined) return ({ attributes }) => attributes.has(key)
  const fold = (text: string): string => (caseless === undefined ? text : text.toLowerCase())
  const wanted = fold(double ?? single ?? bare ?? '')
  return ({ attributes }) => {
    const given = attributes.get(key)
    if (given === undefined) return false
    const value = fold(given)
    if (operator === '=') return value === wanted
    if (operator === '|=') return value === wanted || value.startsWith(`${wanted}-`)
    // Nothing is a part of everything, and asked for by nobody.
    if (wanted === '') return false
    if (operator === '^=') return value.startsWith(wanted)
    if (operator === '$=') return value.endsWith(wanted)
    return operator === '*=' ? value.includes(wanted) : words(value).includes(wanted)
  }
}

function nthChild([, named, step, sign, shift, exact]: RegExpExecArray): Test {
  if (exact !== undefined) return ({ index }) => index === Number(exact)
  const size =
    named !== undefined ? 2 : step === '' || step === '+' ? 1 : step === '-' ? -1 : Number(step)
  const start = named === undefined ? Number(`${sign ?? ''}${shift ?? 0}`) : named === 'odd' ? 1 : 0
  return ({ index }) =>
    size === 0 ? index === start : (index - start) % size === 0 && (index - start) / size >= 0
}

function isLast(element: Element): boolean {
  return element.parent?.children.findLast((child) => typeof child !== 'string') === element
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/)
}

/** What was found out about an element and the parts up to one, so that nothing is tried twice. */
type Known = Map<Element, boolean>
const known = new WeakMap<Part, { readonly fits: Known; readonly after: Known }>()

/** From the last part to the first; the way back is tried for each that may stand there. */
function matches(element: Element, parts: Selector, at: number): boolean {
  const part = parts[at] as Part
  if (!part.test(element)) return false
  if (part.way === '') return true
  if (part.way === '>') return isElement(element.parent) && matches(element.parent, parts, at - 1)
  if (part.way === '+')
    return element.previous !== undefined && matches(element.previous, parts, at - 1)
  let memory = known.get(part)
  if (memory === undefined) known.set(part, (memory = { fits: new Map(), after: new Map() }))
  return reaches(element, { parts, at, memory: part.way === ' ' ? memory.fits : memory.after })
}

/** Whether one of the elements around, or before, fits the part before. */
function reaches(
  element: Element,
  { parts, at, memory }: { parts: Selector; at: number; memory: Known },
): boolean {
  const isAround = parts[at]?.way === ' '
  const passed: Element[] = []
  let result = false
  for (let here: Element | undefined = element; here !== undefined;) {
    const found = memory.get(here)
    if (found !== undefined) {
      result = found
      break
    }
    passed.push(here)
    here = isAround ? here.parent : here.previous
    if (here === undefined || !isElement(here)) break
    if (matches(here, parts, at - 1)) {
      result = true
      break
    }
  }
  for (const one of passed) memory.set(one, result)
  return result
}

function isElement(element: Element | undefined): element is Element {
  return element !== undefined && element.parent !== undefined
}
