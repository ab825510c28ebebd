/**
 * Reads a regular expression into a tree.
 *
 * The syntax is that of JavaScript with the flag "u", without what has no linear form:
 * look-around and back-references. What is in brackets is left as it is: see `regex-program.ts`.
 */
export interface Flags {
  readonly isCaseless: boolean
  readonly isMultiline: boolean
  readonly isDotAll: boolean
}

export type Node =
  | { readonly kind: 'set'; readonly source: string; readonly code?: number }
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'either'; readonly nodes: readonly Node[] }
  | { readonly kind: 'group'; readonly slot: number; readonly node: Node }
  | {
      readonly kind: 'repeat'
      readonly node: Node
      readonly min: number
      readonly max: number
      readonly isLazy: boolean
    }
  | { readonly kind: 'assert'; readonly assert: 'start' | 'end' | 'edge' | 'inside' }

export class PatternFault extends Error {}

const depthMax = 50
export const endless = Number.POSITIVE_INFINITY

interface Reader {
  readonly pattern: string
  at: number
  depth: number
  groups: number
  readonly names: [string, number][]
}

export interface Tree {
  readonly node: Node
  /** Groups with the whole match as the first one. */
  readonly groups: number
  readonly names: readonly (readonly [string, number])[]
}

export function parsePattern(pattern: string): Tree {
  const reader: Reader = { pattern, at: 0, depth: 0, groups: 1, names: [] }
  const node = either(reader)
  if (reader.at < pattern.length) throw new PatternFault('There is a ")" without its "(".')
  return { node, groups: reader.groups, names: reader.names }
}

function either(reader: Reader): Node {
  if (++reader.depth > depthMax) throw new PatternFault(`The groups nest deeper than ${depthMax}.`)
  const nodes = [list(reader)]
  while (reader.pattern[reader.at] === '|') {
    reader.at++
    nodes.push(list(reader))
  }
  reader.depth--
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'either', nodes }
}

function list(reader: Reader): Node {
  const nodes: Node[] = []
  for (;;) {
    const char = reader.pattern[reader.at]
    if (char === undefined || char === '|' || char === ')') return { kind: 'list', nodes }
    nodes.push(repeated(reader, atom(reader)))
  }
}

function repeated(reader: Reader, node: Node): Node {
  const range = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})(\?)?/y
  range.lastIndex = reader.at
  const found = range.exec(reader.pattern)
  if (found === null) return node
  if (node.kind === 'assert') throw new PatternFault('An anchor is not repeated.')
  reader.at = range.lastIndex
  const [, mark, low, comma, high, lazy] = found
  const min = mark === undefined ? Number(low) : mark === '+' ? 1 : 0
  const most = high === undefined ? (comma === undefined ? min : endless) : Number(high)
  const max = mark === undefined ? most : mark === '?' ? 1 : endless
  if (max < min) throw new PatternFault(`"${found[0]}" has its numbers the wrong way round.`)
  if (/[*+?{]/.test(reader.pattern[reader.at] ?? ''))
    throw new PatternFault('A repetition is not repeated; use a group.')
  return { kind: 'repeat', node, min, max, isLazy: lazy !== undefined }
}

function atom(reader: Reader): Node {
  const { pattern, at } = reader
  const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
  reader.at += char.length
  switch (char) {
    case '(':
      return group(reader)
    case '[':
      return { kind: 'set', source: brackets(reader, at) }
    case '\\':
      return escape(reader)
    case '^':
    case '$':
      return { kind: 'assert', assert: char === '^' ? 'start' : 'end' }
    case '.':
      return { kind: 'set', source: '.' }
    case '*':
    case '+':
    case '?':
    case '{':
    case '}':
    case ']':
      throw new PatternFault(`"${char}" means something else; write "\\${char}" for itself.`)
    default:
      return literal(char)
  }
}

function group(reader: Reader): Node {
  const { pattern } = reader
  const open = /\?(?:(:)|<([A-Za-z_]\w{0,63})>|(<?[=!]))/y
  open.lastIndex = reader.at
  const found = open.exec(pattern)
  if (found?.[3] !== undefined)
    throw new PatternFault('Look-around takes no linear time and is not known.')
  if (found === null && pattern[reader.at] === '?')
    throw new PatternFault('After "(?" comes ":" or "<name>".')
  if (found !== null) reader.at = open.lastIndex
  const isCapture = found?.[1] === undefined
  const slot = isCapture ? reader.groups++ : 0
  const name = found?.[2]
  if (name !== undefined) {
    if (reader.names.some(([known]) => known === name))
      throw new PatternFault(`The name "${name}" is there twice.`)
    reader.names.push([name, slot])
  }
  const node = either(reader)
  if (pattern[reader.at++] !== ')') throw new PatternFault('A "(" is never closed.')
  return isCapture ? { kind: 'group', slot, node } : node
}

function literal(char: string): Node {
  const code = char.codePointAt(0) ?? 0
  return { kind: 'set', source: `\\u{${code.toString(16)}}`, code }
}

/** The whole of `[…]`. */
function brackets(reader: Reader, start: number): string {
  const { pattern } = reader
  for (;;) {
    const char = pattern[reader.at++]
    if (char === undefined) throw new PatternFault('A "[" is never closed.')
    if (char === '\\') reader.at++
    else if (char === ']') return pattern.slice(start, reader.at)
  }
}

function escape(reader: Reader): Node {
  const { pattern } = reader
  const found =
    /[pP]\{[\w=]{1,64}\}|u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[^]/uy
  found.lastIndex = reader.at
  const text = found.exec(pattern)?.[0]
  if (text === undefined) throw new PatternFault('The expression ends in a "\\".')
  reader.at = found.lastIndex
  if (text === 'b' || text === 'B')
    return { kind: 'assert', assert: text === 'b' ? 'edge' : 'inside' }
  if (/^[1-9k]/.test(text))
    throw new PatternFault('Back-references take no linear time and are not known.')
  if (/^[!-/:-@[-`{-~]$/.test(text)) return literal(text)
  return { kind: 'set', source: `\\${text}` }
}
