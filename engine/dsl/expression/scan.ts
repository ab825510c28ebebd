/**
 * Finds `${{ … }}` in the text of a scalar.
 *
 * The end is found by reading the expression's own strings, comments and braces, so
 * `${{ "}}" }}` and `${{ {"a": {"b": 1}} }}` end where a person sees them end. `$${{` is
 * the text `${{`.
 */
import type { Fault } from './fault.ts'

/** Text, or an expression with the place of its source in the scalar. */
export type Part = string | { readonly source: string; readonly offset: number }

export interface Scanned {
  readonly parts: readonly Part[]
  readonly problem?: Fault
}

export function scanScalar(text: string): Scanned {
  const parts: Part[] = []
  let plain = ''
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('${{', at)
    if (open < 0) break
    if (open > at && text[open - 1] === '$') {
      plain += text.slice(at, open - 1) + '${{'
      at = open + 3
      continue
    }
    const close = endOf(text, open + 3)
    if (close === undefined) return { parts: [], problem: unclosed(text, open) }
    plain += text.slice(at, open)
    if (plain !== '') parts.push(plain)
    plain = ''
    parts.push(sourceAt(text, open + 3, close))
    at = close + 2
  }
  plain += text.slice(at)
  if (plain !== '' || parts.length === 0) parts.push(plain)
  return { parts }
}

function sourceAt(text: string, start: number, end: number): Part {
  const raw = text.slice(start, end)
  const source = raw.trim()
  return { source, offset: start + (source === '' ? 0 : raw.indexOf(source)) }
}

/** The index of the `}}` that ends the expression starting at `from`. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0
  let at = from
  while (at < text.length) {
    const char = text[at]
    if (char === '"' || char === "'") {
      at = endOfString(text, at)
    } else if (char === '/' && text[at + 1] === '/') {
      const newline = text.indexOf('\n', at)
      at = newline < 0 ? text.length : newline
    } else if (char === '{') {
      depth += 1
      at += 1
    } else if (char === '}') {
      if (depth === 0 && text[at + 1] === '}') return at
      depth = Math.max(0, depth - 1)
      at += 1
    } else {
      at += 1
    }
  }
  return undefined
}

/** The index after the string that starts at `from`; triple quotes and escapes count. */
function endOfString(text: string, from: number): number {
  const quote = text[from] as string
  const isTriple = text.startsWith(quote.repeat(3), from)
  const closing = isTriple ? quote.repeat(3) : quote
  let at = from + closing.length
  while (at < text.length) {
    if (text.startsWith(closing, at)) return at + closing.length
    at += text[at] === '\\' ? 2 : 1
  }
  return text.length
}

function unclosed(text: string, start: number): Fault {
  return {
    code: 'DSL_EXPRESSION_SYNTAX',
    message: 'This "${{" is never closed with "}}".',
    help: 'Close the expression, or write "$${{" for the text itself.',
    start,
    end: text.length,
  }
}
