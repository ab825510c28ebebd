/** The texts of YAML: plain, in quotes, and in blocks. */
import type { Json } from 'ionflux/plugin'

import { Fault, isBlank, isGap, isMark, lineEnd, malformed, type Scanner } from './scan.ts'

/** A scalar of the core schema. Numbers that would lose digits stay text. */
export function resolve(text: string, at: number): Json {
  if (/^(?:null|Null|NULL|~|)$/.test(text)) return null
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(text)) return exact(Number(text), text)
  if (/^[-+]?\d+$/.test(text)) return exact(Number(text), text)
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : text
  }
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text))
    throw new Fault('not_json', at, `"${text}" is no JSON value; quote it if it is text.`)
  return text
}

function exact(value: number, text: string): Json {
  return Number.isSafeInteger(value) || String(value) === text ? value : text
}

const indicators = new Set(',[]{}#&*!|>\'"%@`')

/** Whether plain text can begin here. */
export function isPlainStart({ text, at }: Scanner, isFlow: boolean): boolean {
  const char = text[at]
  if (char === undefined || isGap(char) || indicators.has(char)) return false
  if (char !== '-' && char !== '?' && char !== ':') return true
  const after = text[at + 1]
  return !isGap(after) && !(isFlow && ',[]{}'.includes(after ?? ''))
}

/** Where the plain text of this line ends: before a comment, a `: `, or a mark of a flow collection. */
export function plainEnd({ text }: Scanner, from: number, isFlow: boolean): number {
  const find = isFlow ? /[\n,[\]{}]|[ \t]#|:(?=[ \t\n,[\]{}]|$)/g : /\n|[ \t]#|:(?=[ \t\n]|$)/g
  find.lastIndex = from
  const found = find.exec(text)?.index ?? text.length
  let end = found
  while (end > from && isBlank(text[end - 1])) end--
  return end
}

/** Plain text, which goes on in lines that are deeper than `indent`. */
export function plain(s: Scanner, { indent, isFlow }: { indent: number; isFlow: boolean }): string {
  const { text } = s
  let end = plainEnd(s, s.at, isFlow)
  let value = text.slice(s.at, end)
  for (;;) {
    s.at = end
    let at = end
    while (isBlank(text[at])) at++
    if (text[at] !== '\n') return value
    let breaks = 0
    let start = at
    while (text[at] === '\n') {
      breaks++
      start = ++at
      while (isBlank(text[at])) at++
    }
    const spaces = text.slice(start, at).search(/[^ ]|$/)
    if (at >= text.length || text[at] === '#' || isMark(text, start) || spaces <= indent)
      return value
    const next = plainEnd(s, at, isFlow)
    // A mark of a flow collection; anything else that ends the line is part of it.
    if (next === at && isFlow) return value
    if (text[next] === ':' && !isFlow)
      throw malformed(
        at,
        'A key stands where the text of the lines before goes on; mind the indentation.',
      )
    value += (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + text.slice(at, next)
    end = next
  }
}

/** Both kinds of quotes; lines after the first are deeper than `indent`. */
export function quoted(s: Scanner, indent: number): string {
  const { text } = s
  const quote = text[s.at] as string
  const stop = quote === '"' ? /["\\\n]/g : /['\n]/g
  const opened = s.at++
  let value = ''
  for (;;) {
    stop.lastIndex = s.at
    const found = stop.exec(text)
    if (found === null) throw malformed(opened, 'A quote is never closed.')
    const part = text.slice(s.at, found.index)
    s.at = found.index + 1
    const [char] = found
    // Blanks at the end of a line count for nothing, unless they were written as escapes.
    value += char === '\n' ? part.replace(/[ \t]+$/, '') : part
    if (char === '\n') value += folded(s, indent, opened)
    else if (char === '\\') value += escaped(s, indent)
    else if (quote === "'" && text[s.at] === "'") {
      value += "'"
      s.at++
    } else return value
  }
}

/** Behind the end of a line in quotes: empty lines stay, one end alone is a space. */
function folded(s: Scanner, indent: number, opened: number): string {
  const empty = blankLines(s, indent, opened)
  return empty === 0 ? ' ' : '\n'.repeat(empty)
}

/** Goes to the first line that is not empty. */
function blankLines(s: Scanner, indent: number, opened: number): number {
  for (let lines = 0; ; lines++) {
    const start = s.at
    if (isMark(s.text, start))
      throw malformed(opened, 'A quote is not closed before the document ends.')
    while (s.text[s.at] === ' ') s.at++
    const spaces = s.at - start
    while (isBlank(s.text[s.at])) s.at++
    if (s.text[s.at] !== '\n') {
      if (spaces <= indent && s.at < s.text.length)
        throw malformed(s.at, 'A line in quotes is indented less than the value it belongs to.')
      return lines
    }
    s.at++
  }
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\u001b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
}

function escaped(s: Scanner, indent: number): string {
  const char = s.text[s.at++] ?? ''
  const simple = escapes[char]
  if (simple !== undefined && Object.hasOwn(escapes, char)) return simple
  if (char === '\n') return '\n'.repeat(blankLines(s, indent, s.at - 1))
  const digits = { x: 2, u: 4, U: 8 }[char]
  const code = digits === undefined ? '' : s.text.slice(s.at, s.at + digits)
  const value = Number.parseInt(code, 16)
  if (
    digits === undefined ||
    !/^[0-9a-fA-F]+$/.test(code) ||
    code.length < digits ||
    value > 0x10ffff
  )
    throw malformed(s.at - 2, `"\\${char}" is no escape of a text in double quotes.`)
  s.at += digits
  return String.fromCodePoint(value)
}

/** `|` and `>` with their lines, which are deeper than `indent`. */
export function blockText(s: Scanner, indent: number): string {
  const { text } = s
  const isFolded = text[s.at] === '>'
  const header = /[|>](?:([+-])?([1-9])?|([1-9])([+-]))(?=[ \t]+#.*|[ \t]*(?:\n|$))/y
  header.lastIndex = s.at
  const found = header.exec(text)
  if (found === null)
    throw malformed(
      s.at,
      'After "|" or ">" come "+", "-" or a digit, and nothing else on the line.',
    )
  const [, chomp = found[4] ?? '', digit = found[3]] = found
  s.at = Math.min(lineEnd(s, s.at) + 1, text.length)
  const lines = linesOf(
    s,
    digit === undefined ? { least: indent + 1 } : { exactly: Math.max(indent, 0) + Number(digit) },
  )
  let last = lines.length
  while (last > 0 && lines[last - 1] === '') last--
  const body = isFolded ? fold(lines.slice(0, last)) : lines.slice(0, last).join('\n')
  const rest = lines.length - last
  if (chomp === '-') return body
  if (chomp === '+') return last === 0 ? '\n'.repeat(rest) : body + '\n'.repeat(rest + 1)
  return last === 0 ? '' : `${body}\n`
}

/** The lines of a block without their indentation, which the first of them that is not empty sets. */
function linesOf(
  s: Scanner,
  { least = 0, exactly }: { least?: number; exactly?: number },
): readonly string[] {
  const { text } = s
  const lines: string[] = []
  let margin = exactly
  let deepest = 0
  while (s.at < text.length && !isMark(text, s.at)) {
    const end = lineEnd(s, s.at)
    const line = text.slice(s.at, end)
    const spaces = line.search(/[^ ]|$/)
    if (spaces === line.length && (margin === undefined || spaces <= margin)) {
      deepest = Math.max(deepest, spaces)
      lines.push('')
    } else {
      if (margin === undefined && spaces >= least) {
        if (deepest > spaces)
          throw malformed(s.at, 'An empty line is indented deeper than the text after it.')
        margin = spaces
      }
      if (margin === undefined || spaces < margin) break
      lines.push(line.slice(margin))
    }
    s.at = Math.min(end + 1, text.length)
    if (end >= text.length) break
  }
  // A value ends at the end of its last line.
  if (s.at > 0 && text[s.at - 1] === '\n') s.at--
  return lines
}

/** One line end becomes a space, unless a line next to it begins with a blank. */
function fold(lines: readonly string[]): string {
  let value = ''
  let breaks = 0
  let isDeeper = false
  lines.forEach((line, i) => {
    const isMore = isBlank(line[0])
    if (line === '') breaks++
    else {
      if (i > 0 && i > breaks) {
        const kept = isMore || isDeeper ? breaks + 1 : breaks
        value += kept === 0 ? ' ' : '\n'.repeat(kept)
      } else value += '\n'.repeat(breaks)
      value += line
      breaks = 0
      isDeeper = isMore
    }
  })
  return value
}
