/**
 * The small parts of YAML 1.2: blanks, quotes, flow collections, block and plain scalars.
 *
 * Each function moves one cursor and throws a `Fault` where the text cannot go on. Built
 * for finding mistakes, not for values: what is read is not kept. `yaml.ts` knows blocks.
 */
export class Fault extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

export interface Cursor {
  readonly text: string
  at: number
  /** Anchors of the current document. */
  anchors: Set<string>
}

const flowDepthMax = 200

export function isEnd(char: string | undefined): boolean {
  return char === undefined || char === '\n' || char === '\r'
}

export function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t'
}

export function lineStart({ text, at }: Cursor): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

export function lineEnd({ text }: Cursor, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** `---` or `...` at the start of a line, and nothing glued to it. */
export function isDocumentMark(text: string, at: number): boolean {
  const first = text[at]
  if (first !== '-' && first !== '.') return false
  if (text[at + 1] !== first || text[at + 2] !== first) return false
  return isEnd(text[at + 3]) || isBlank(text[at + 3])
}

export function skipBlanks(cursor: Cursor): void {
  while (isBlank(cursor.text[cursor.at])) cursor.at++
}

/** The rest of a line after a value: blanks and perhaps a comment. Moves behind the line. */
export function endLine(cursor: Cursor): void {
  const { text } = cursor
  skipBlanks(cursor)
  const char = text[cursor.at]
  const before = text[cursor.at - 1]
  if (char === '#' && (isBlank(before) || isEnd(before))) cursor.at = lineEnd(cursor, cursor.at)
  else if (char === '#') throw new Fault(cursor.at, 'A comment needs a blank before its "#".')
  else if (!isEnd(char))
    throw new Fault(cursor.at, 'There is text after the value; a line holds one value.')
  else cursor.at = lineEnd(cursor, cursor.at)
  cursor.at = Math.min(cursor.at + 1, text.length)
}

/** Anchors and tags in front of a node. True when there was one. */
export function skipProperties(cursor: Cursor): boolean {
  let found = false
  let hasAnchor = false
  for (;;) {
    const char = cursor.text[cursor.at]
    if (char !== '&' && char !== '!') return found
    const start = cursor.at++
    const isVerbatim = char === '!' && cursor.text[cursor.at] === '<'
    while (!isEnd(cursor.text[cursor.at]) && !isBlank(cursor.text[cursor.at])) {
      if (!isVerbatim && /[{}[\],]/.test(cursor.text[cursor.at] ?? '')) break
      cursor.at++
    }
    if (char === '&') {
      if (hasAnchor) throw new Fault(start, 'A value has one anchor at most.')
      hasAnchor = true
      if (cursor.at === start + 1) throw new Fault(start, 'An anchor needs a name after its "&".')
      cursor.anchors.add(cursor.text.slice(start + 1, cursor.at))
    }
    found = true
    skipBlanks(cursor)
  }
}

export function alias(cursor: Cursor): void {
  const start = cursor.at++
  while (!isEnd(cursor.text[cursor.at]) && !/[ \t{}[\],]/.test(cursor.text[cursor.at] ?? ''))
    cursor.at++
  const name = cursor.text.slice(start + 1, cursor.at)
  if (cursor.anchors.has(name) || (name.endsWith(':') && cursor.anchors.has(name.slice(0, -1))))
    return
  throw new Fault(
    start,
    `The alias "*${name.slice(0, 40)}" has no anchor "&${name.slice(0, 40)}" before it.`,
  )
}

/** Both kinds of quotes. `indent` is what lines after the first are deeper than. */
export function quoted(cursor: Cursor, indent: number): void {
  const { text } = cursor
  const quote = text[cursor.at]
  const start = cursor.at++
  for (; cursor.at < text.length; cursor.at++) {
    const char = text[cursor.at]
    if (char === quote) {
      cursor.at++
      if (quote === '"' || text[cursor.at] !== quote) return
    } else if (char === '\\' && quote === '"') escape(cursor)
    else if (char === '\n') {
      if (isDocumentMark(text, cursor.at + 1)) break
      let next = cursor.at + 1
      while (text[next] === ' ') next++
      const isEmpty =
        isEnd(text[next]) ||
        (text[next] === '\t' && /^[ \t]*\r?$/.test(text.slice(next, lineEnd(cursor, next))))
      if (!isEmpty && next - cursor.at - 1 <= indent) {
        throw new Fault(
          next,
          'This line of a quoted text is not indented; perhaps the closing quote is missing above.',
        )
      }
    }
  }
  throw new Fault(start, `The quote ${quote ?? ''} is never closed.`)
}

function escape(cursor: Cursor): void {
  const { text, at } = cursor
  const next = text[at + 1] ?? ''
  const digits = next === 'x' ? 2 : next === 'u' ? 4 : next === 'U' ? 8 : 0
  if (
    digits > 0 &&
    !/^[0-9A-Fa-f]+$/.test(text.slice(at + 2, at + 2 + digits).padEnd(digits, '?'))
  ) {
    throw new Fault(at, `"\\${next}" needs ${digits} hexadecimal digits after it.`)
  }
  if (digits === 0 && !'0abt\tnvfre "/\\N_LP\n\r'.includes(next)) {
    throw new Fault(
      at,
      `"\\${next}" is no escape in double quotes; write "\\\\${next}", or use single quotes.`,
    )
  }
  // A line end stays for the loop, which looks at the next line's indentation.
  if (next !== '\n' && next !== '\r') cursor.at++
}

/** Blanks, line ends and comments inside `[]` and `{}`. */
function skipFlowBlanks(cursor: Cursor, indent: number): void {
  const { text } = cursor
  for (;;) {
    skipBlanks(cursor)
    const char = text[cursor.at]
    const before = text[cursor.at - 1]
    if (char === '#' && (isBlank(before) || isEnd(before))) cursor.at = lineEnd(cursor, cursor.at)
    else if (char === '\n' || char === '\r') {
      cursor.at++
      if (char === '\n' && isDocumentMark(text, cursor.at)) return
      if (char === '\n' && indent >= 0) requireIndent(cursor, indent)
    } else return
  }
}

function requireIndent({ text, at }: Cursor, indent: number): void {
  let next = at
  while (text[next] === ' ') next++
  const char = text[next]
  if (isEnd(char) || char === '#' || char === '\t' || char === ']' || char === '}') return
  if (next - at <= indent) {
    throw new Fault(
      next,
      'This line is inside an open "[" or "{" and not indented; perhaps a closing bracket is missing above.',
    )
  }
}

/** A whole `[…]` or `{…}`. */
export function flow(cursor: Cursor, indent: number, depth = 0): void {
  const { text } = cursor
  const open = text[cursor.at]
  const close = open === '[' ? ']' : '}'
  const start = cursor.at++
  if (depth > flowDepthMax) throw new Fault(start, 'The brackets are nested too deeply.')
  let hasEntry = false
  for (;;) {
    skipFlowBlanks(cursor, indent)
    const char = text[cursor.at]
    if (char === undefined || (text[cursor.at - 1] === '\n' && isDocumentMark(text, cursor.at))) {
      throw new Fault(start, `The bracket "${open ?? ''}" is never closed.`)
    }
    if (char === close) return void cursor.at++
    if (char === ']' || char === '}')
      throw new Fault(cursor.at, `"${char}" does not close "${open ?? ''}".`)
    if (char === ',') {
      if (!hasEntry) throw new Fault(cursor.at, 'There is no value before this comma.')
      hasEntry = false
      cursor.at++
      continue
    }
    if (hasEntry)
      throw new Fault(cursor.at, `A comma is missing, or the "${close}" that closes the bracket.`)
    flowEntry(cursor, indent, depth)
    hasEntry = true
  }
}

/** One entry: a node, perhaps a `:` and another node. */
function flowEntry(cursor: Cursor, indent: number, depth: number): void {
  const { text } = cursor
  if (text[cursor.at] === '?' && (isBlank(text[cursor.at + 1]) || isEnd(text[cursor.at + 1])))
    cursor.at++
  skipFlowBlanks(cursor, indent)
  const isJson = flowNode(cursor, indent, depth)
  skipFlowBlanks(cursor, indent)
  if (text[cursor.at] !== ':') return
  const next = text[cursor.at + 1]
  if (!isJson && !isEnd(next) && !/[ \t,[\]{}]/.test(next ?? '')) return
  cursor.at++
  skipFlowBlanks(cursor, indent)
  if (!/[,\]}]/.test(text[cursor.at] ?? ',')) flowNode(cursor, indent, depth)
}

/** True for a node that a `:` may follow without a blank. */
function flowNode(cursor: Cursor, indent: number, depth: number): boolean {
  const { text } = cursor
  skipProperties(cursor)
  skipFlowBlanks(cursor, indent)
  const char = text[cursor.at]
  if (char === '[' || char === '{') flow(cursor, indent, depth + 1)
  else if (char === '"' || char === "'") quoted(cursor, indent)
  else if (char === '*') alias(cursor)
  else {
    if (!/[,\]}:]/.test(char ?? ',')) flowPlain(cursor, indent)
    else if (char === ':' && !/[ \t\r\n,[\]{}]/.test(text[cursor.at + 1] ?? ' '))
      flowPlain(cursor, indent)
    return false
  }
  return char !== '*'
}

function flowPlain(cursor: Cursor, indent: number): void {
  const { text } = cursor
  const char = text[cursor.at] ?? ''
  if ('@`%|>#&!'.includes(char))
    throw new Fault(cursor.at, `A value cannot begin with "${char}"; put it in quotes.`)
  if (
    char === '-' &&
    (isEnd(text[cursor.at + 1]) || /[ \t,[\]{}]/.test(text[cursor.at + 1] ?? ' '))
  ) {
    throw new Fault(cursor.at, 'A "-" makes a list only outside of brackets.')
  }
  for (; cursor.at < text.length; cursor.at++) {
    const here = text[cursor.at] ?? ''
    if (/[,[\]{}]/.test(here)) return
    if (here === '\n') {
      const next = /^[ \t\r\n]*/.exec(text.slice(cursor.at))?.[0].length ?? 0
      const after = text[cursor.at + next]
      // A plain text goes on in the next line, unless something ends it there.
      if (after === undefined || ',[]{}#'.includes(after) || isDocumentMark(text, cursor.at + 1))
        return
      if (indent >= 0)
        requireIndent({ ...cursor, at: text.lastIndexOf('\n', cursor.at + next - 1) + 1 }, indent)
      cursor.at += next - 1
      continue
    }
    if (here === ':' && /[ \t\r\n,[\]{}]|^$/.test(text[cursor.at + 1] ?? '')) return
    if (here === '#' && isBlank(text[cursor.at - 1])) return
  }
}

/** `- ` and its like. */
export function isItem({ text, at }: Cursor): boolean {
  return text[at] === '-' && (isBlank(text[at + 1]) || isEnd(text[at + 1]))
}

export function isMarker({ text, at }: Cursor, char: string): boolean {
  return text[at] === char && (isBlank(text[at + 1]) || isEnd(text[at + 1]))
}
