/**
 * Prints one scalar in the one style it has: plain where that reads the same, otherwise in
 * single quotes, otherwise in double ones; texts of several lines stay block texts.
 */
import { printText } from '#engine/dsl/patch/print.ts'
import type { Scalar, Tree } from '#engine/dsl/text/tree.ts'

/** Longer lines of brackets become lines of their own, longer quoted texts are folded. */
export const widthMax = 120

/** A scalar on one line, as it may stand between brackets or behind a key. */
export function inlineScalar(text: string, scalar: Scalar, isInline: boolean): string {
  const { value, start, end } = scalar
  const raw = text.slice(start, end)
  if (typeof value === 'string') {
    const isPlain = scalar.isPlain && !raw.includes('\n')
    return isPlain ? raw : printText(value, { isInline })
  }
  if (typeof value === 'boolean') return String(value)
  if (value !== null) return raw
  // A key without a value stays one; between brackets it needs a word.
  return raw === '' && !isInline ? '' : 'null'
}

/** A value between brackets on one line; undefined where it needs lines. */
export function inlineTree(text: string, tree: Tree): string {
  if (tree.kind === 'scalar') return inlineScalar(text, tree, true)
  if (tree.kind === 'list') {
    return `[${tree.items.map((item) => inlineTree(text, item)).join(', ')}]`
  }
  const entries = tree.entries.map(({ key, value }) => {
    return `${inlineTree(text, key)}: ${inlineTree(text, value)}`
  })
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

/** A scalar behind its key or dash: the rest of that line, and the lines below it. */
export function blockScalar(
  text: string,
  scalar: Scalar,
  { head, column }: { readonly head: number; readonly column: number },
): readonly [string, ...string[]] {
  const { value } = scalar
  const raw = text.slice(scalar.start, scalar.end)
  const isBlockText = /^[|>]/.test(raw)
  if (typeof value !== 'string') return [inlineScalar(text, scalar, false)]
  if (isBlockText) {
    const lines = (raw.startsWith('>') ? foldedAgain(raw) : undefined) ?? literal(value)
    if (lines !== undefined) return indented(lines, column)
  }
  const line = inlineScalar(text, scalar, false)
  const isLong = head + line.length > widthMax && raw.includes('\n') && !isBlockText
  const isWords = /^\S+(?: \S+)+$/.test(value) && !/\p{C}/u.test(value)
  return isLong && isWords ? indented(['>-', ...wrap(value, widthMax - column)], column) : [line]
}

function indented(lines: readonly string[], column: number): readonly [string, ...string[]] {
  const [mark = '', ...rest] = lines
  const lead = ' '.repeat(column)
  return [mark, ...rest.map((line) => (line === '' ? '' : lead + line))]
}

/** A text below `|`; undefined for one that cannot stand there as it is. */
function literal(value: string): readonly string[] | undefined {
  const lines = value.replace(/\n$/, '').split('\n')
  const isClear = lines.every(
    (line) => !/^[ \t]+$/.test(line) && !/[^\P{C}\t]|\p{Zl}|\p{Zp}/u.test(line),
  )
  if (!isClear || /^\n*$/.test(value)) return undefined
  const chomp = value.endsWith('\n\n') ? '+' : value.endsWith('\n') ? '' : '-'
  const isIndented = /^\n*[ \t]/.test(value)
  return [`|${isIndented ? '2' : ''}${chomp}`, ...lines]
}

/** The lines below `>` as they are, without their indent; undefined for the odd cases. */
function foldedAgain(raw: string): readonly string[] | undefined {
  const [first = '', ...lines] = raw.split(/\r?\n/)
  const mark = /^>-?/.exec(first)?.[0] ?? '>'
  if (!/^>-?[ \t]*(?:$|#)/.test(first) && !/^>-?[ \t]+#/.test(first)) return undefined
  while (lines.at(-1)?.trim() === '') lines.pop()
  const indent = /^ */.exec(lines.find((line) => line.trim() !== '') ?? '')?.[0].length ?? 0
  const isOdd = lines.some((line) => /^\s+$/.test(line.slice(indent)) || /\t/.test(line))
  if (isOdd || indent === 0 || lines.length === 0) return undefined
  return [mark, ...lines.map((line) => line.slice(indent))]
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
