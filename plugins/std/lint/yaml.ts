/**
 * Finds the first mistake of a YAML 1.2 text, and keys that a mapping has twice.
 *
 * It accepts everything that is YAML: over the YAML test suite it refuses no valid text,
 * which a test holds together with how many of the broken ones it finds. It builds no
 * values, so anchors cannot make it slow. Small parts are in `yaml-scan.ts`.
 */
import { blockScalar, plainLine, plainRest } from './yaml-text.ts'
import {
  alias,
  endLine,
  Fault,
  flow,
  isDocumentMark,
  isEnd,
  isItem,
  isMarker,
  lineEnd,
  lineStart,
  quoted,
  skipBlanks,
  skipProperties,
  type Cursor,
} from './yaml-scan.ts'

export interface YamlMistake {
  /** Offset in the text. */
  readonly at: number
  readonly message: string
  readonly isFatal: boolean
}

/** A block collection that is open; its entries stand in column `indent`. */
interface Open {
  readonly indent: number
  readonly kind: 'map' | 'list'
  readonly keys: Set<string>
  /** The last entry has no value yet, so a deeper line may give it one. */
  isWaiting: boolean
}

interface State extends Cursor {
  readonly stack: Open[]
  readonly mistakes: YamlMistake[]
  /** The document has had its one root that is no collection. */
  isFull: boolean
}

const depthMax = 200
const mistakesMax = 20

export function yamlMistakes(text: string): readonly YamlMistake[] {
  const state: State = {
    text,
    at: text.startsWith('\ufeff') ? 1 : 0,
    anchors: new Set(),
    stack: [],
    mistakes: [],
    isFull: false,
  }
  try {
    while (state.at < text.length) line(state)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return [...state.mistakes, { at: thrown.at, message: thrown.message, isFatal: true }]
  }
  return state.mistakes
}

/** One line that begins a node, with all the lines that belong to it. */
function line(state: State): void {
  const { text } = state
  const start = state.at
  if (isDocumentMark(text, start)) return mark(state)
  if (text[start] === '%' && state.stack.length === 0 && !state.isFull) {
    state.at = Math.min(lineEnd(state, start) + 1, text.length)
    return
  }
  while (text[state.at] === ' ') state.at++
  const column = state.at - start
  const afterSpaces = state.at
  skipBlanks(state)
  const char = text[state.at]
  if (isEnd(char) || char === '#') {
    state.at = Math.min(lineEnd(state, state.at) + 1, text.length)
    return
  }
  // A value on a line of its own may stand behind a tab, a key or an item may not.
  if (
    state.at > afterSpaces &&
    /^(?:[-?][ \t]|[^\s#"'[{][^#]*?:(?:[ \t\r]|$))/.test(
      text.slice(state.at, lineEnd(state, state.at)),
    )
  ) {
    throw new Fault(afterSpaces, 'A tab indents this line; YAML indents with spaces only.')
  }
  place(state, column)
  entry(state, column)
}

function mark(state: State): void {
  const isStart = state.text[state.at] === '-'
  state.stack.length = 0
  state.anchors = new Set()
  state.isFull = false
  state.at += 3
  if (!isStart) return endLine(state)
  skipBlanks(state)
  const char = state.text[state.at]
  if (isEnd(char) || char === '#') return endLine(state)
  node(state, { indent: -1, column: state.at - lineStart(state), canBeKey: false })
}

/** Closes what a line in `column` ends, and refuses a column where nothing can stand. */
function place(state: State, column: number): void {
  const { stack } = state
  while ((stack.at(-1)?.indent ?? -1) > column) stack.pop()
  let top = stack.at(-1)
  // A list may stand in the column of the key that it belongs to, and ends at the next key.
  if (top?.kind === 'list' && top.indent === column && !isItem(state)) {
    stack.pop()
    top = stack.at(-1)
    if (top?.indent !== column)
      throw new Fault(
        state.at,
        'This line stands among the items of a list; an item begins with "- ".',
      )
  }
  if (top === undefined) {
    if (state.isFull)
      throw new Fault(
        state.at,
        'There is text after the end of the value; perhaps its indentation is wrong.',
      )
    return
  }
  if (column > top.indent && !top.isWaiting) {
    throw new Fault(
      state.at,
      'This line is indented deeper than the ones it belongs to, and the value above is complete.',
    )
  }
}

/** An item, a key, or a value that stands on its own line. */
function entry(state: State, column: number): void {
  const { stack } = state
  if (stack.length > depthMax) throw new Fault(state.at, 'The blocks are nested too deeply.')
  if (isItem(state)) {
    item(state, column)
    return
  }
  if (isMarker(state, '?') || isMarker(state, ':')) {
    const isKey = state.text[state.at] === '?'
    const top = collection(state, column, 'map')
    state.at++
    top.isWaiting = true
    if (!isKey) top.keys.delete('')
    return inside(state, column)
  }
  node(state, { indent: outer(state, column), column, canBeKey: true })
}

/** The indentation that a value standing in `column` has to exceed. */
function outer({ stack }: State, column: number): number {
  const top = stack.at(-1)
  return top === undefined ? -1 : top.indent === column ? (stack.at(-2)?.indent ?? -1) : top.indent
}

function item(state: State, column: number): void {
  const top = collection(state, column, 'list')
  state.at++
  top.isWaiting = true
  inside(state, column)
}

/** What follows `- `, `? ` or `: ` in the same line. */
function inside(state: State, column: number): void {
  const before = state.at
  skipBlanks(state)
  const char = state.text[state.at]
  if (isEnd(char) || char === '#') return endLine(state)
  const next = state.at - lineStart(state)
  const isNested = isItem(state) || isMarker(state, '?') || isMarker(state, ':')
  if (isNested && state.text.slice(before, state.at).includes('\t')) {
    throw new Fault(before, 'A tab indents this item; YAML indents with spaces only.')
  }
  if (isNested) return entry(state, next)
  node(state, { indent: column, column: next, canBeKey: true })
}

/** The open collection in `column`, opened now when there is none. */
function collection(state: State, column: number, kind: Open['kind']): Open {
  const top = state.stack.at(-1)
  if (top !== undefined && top.indent === column && top.kind === kind) return top
  if (top !== undefined && top.indent === column && !(kind === 'list' && top.isWaiting)) {
    throw new Fault(
      state.at,
      kind === 'list'
        ? 'A list item stands where a key is expected.'
        : 'A key stands where a list item is expected.',
    )
  }
  if (top !== undefined) top.isWaiting = false
  else state.isFull = true
  const open: Open = { indent: column, kind, keys: new Set(), isWaiting: false }
  state.stack.push(open)
  return open
}

interface Place {
  /** Lines of this node are deeper than this. */
  readonly indent: number
  readonly column: number
  /** False where the line already holds a key, or `---`. */
  readonly canBeKey: boolean
}

/** Properties, then a scalar, an alias, brackets, or the key of a mapping. */
function node(state: State, { indent, column, canBeKey }: Place): void {
  const { text } = state
  const start = state.at
  const hasProperties = skipProperties(state)
  const char = text[state.at]
  if (isEnd(char) || char === '#') {
    // Only properties: the value comes in deeper lines, or there is none.
    const top = state.stack.at(-1)
    if (canBeKey && isKeyColumn(state, column))
      throw new Fault(start, 'An anchor or tag stands deeper than the key that it belongs to.')
    if (top !== undefined && top.indent < column) top.isWaiting = true
    return endLine(state)
  }
  if (hasProperties && isItem(state))
    throw new Fault(state.at, 'A list begins on a line of its own after an anchor or tag.')
  if (hasProperties && char === '*')
    throw new Fault(state.at, 'An alias has no anchor or tag of its own.')
  const atomStart = state.at
  if (char === '|' || char === '>') {
    close(state)
    return blockScalar(state, indent)
  }
  if (char === '"' || char === "'") quoted(state, indent)
  else if (char === '[' || char === '{') flow(state, indent)
  else if (char === '*') alias(state)
  else plainLine(state)
  const atom = text.slice(atomStart, state.at)
  const after = state.at
  skipBlanks(state)
  if (isMarker(state, ':') && !atom.includes('\n')) {
    if (!canBeKey)
      throw new Fault(
        state.at,
        'A value cannot hold another "key: value" in the same line; use quotes or a line of its own.',
      )
    return key(state, { start, column, atom })
  }
  if (canBeKey && isKeyColumn(state, column)) {
    throw new Fault(
      atomStart,
      'A "key: value" is expected here; perhaps the ":" is missing, or a blank after it.',
    )
  }
  state.at = after
  close(state)
  if ('"\'[{*'.includes(char ?? '')) return endLine(state)
  plainRest(state, indent)
}

/** Whether a line in `column` can only be the next entry of the mapping there. */
function isKeyColumn({ stack }: State, column: number): boolean {
  const top = stack.at(-1)
  return top?.kind === 'map' && top.indent === column
}

/** The node gives the waiting entry its value, or the document its root. */
function close(state: State): void {
  const top = state.stack.at(-1)
  if (top === undefined) state.isFull = true
  else top.isWaiting = false
}

function key(
  state: State,
  { start, column, atom }: { start: number; column: number; atom: string },
): void {
  const top = collection(state, column, 'map')
  const name = atom.replace(/^(["'])(.*)\1$/, '$2').trimEnd()
  if (top.keys.has(name) && name !== '<<' && state.mistakes.length < mistakesMax) {
    const message = `The key "${name.slice(0, 60)}" is here twice in one mapping.`
    state.mistakes.push({ at: start, message, isFatal: false })
  }
  top.keys.add(name)
  state.at++
  top.isWaiting = true
  skipBlanks(state)
  const char = state.text[state.at]
  if (isEnd(char) || char === '#') return endLine(state)
  if (isItem(state)) throw new Fault(state.at, 'A list begins on a line of its own, below its key.')
  node(state, { indent: column, column: state.at - lineStart(state), canBeKey: false })
}
