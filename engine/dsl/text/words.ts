/**
 * Words for what can be wrong with a text before it has a meaning.
 *
 * The library says what its grammar missed; an author needs to know what to change,
 * most often to quote an expression, and that can be done for them.
 */
import type { Fix, Problem, Span } from '#engine/core/problem.ts'

/** A bound was reached, so nothing of the file is used. */
export function limit(message: string, at: number, text: string): Problem {
  const start = Math.max(0, Math.min(at, text.length - 1))
  return {
    code: 'DSL_LIMIT_EXCEEDED',
    severity: 'error',
    message,
    at: '',
    span: { start, end: Math.min(text.length, start + 1) },
    help: 'Split it into several files, or move data out of it.',
  }
}

const features = {
  'an anchor': 'Write the value where it is needed.',
  'an alias': 'Write the value where it is needed.',
  'a merge key': 'Write the keys where they are needed.',
  'a tag': 'Write the value without it.',
  'a directive': 'Remove the line.',
  'several documents': 'Put each document into a file of its own.',
} as const

/** Something of YAML that the files of ionflux do not use. */
export type Feature = keyof typeof features

export function feature(what: Feature, span: Span): Problem {
  return {
    code: 'DSL_YAML_FEATURE',
    severity: 'error',
    message: `The file uses ${what}, which hides from a reader what it means.`,
    at: '',
    span,
    help: features[what],
  }
}

export interface SyntaxFacts {
  /** The library's own code. */
  readonly code: string
  readonly message: string
  readonly span: Span
  readonly text: string
}

/** A place where the text is not YAML. */
export function syntax({ code, message, span, text }: SyntaxFacts): Problem {
  const start = Math.max(0, Math.min(span.start, text.length - 1))
  const place = { start, end: Math.min(text.length, Math.max(span.end, start + 1)) }
  const fix = quoteExpression(text, start)
  const bare = { code: 'DSL_YAML_SYNTAX', severity: 'error', at: '', span: place } as const
  if (fix !== undefined) {
    const help = 'Quote an expression that holds ": ", or that stands inside { } or [ ].'
    return { ...bare, message: 'This expression needs quotes.', help, fix }
  }
  const end = code === 'BAD_INDENT' ? /end with a ([\]}])/.exec(message)?.[1] : undefined
  const words = end === undefined ? advice[code] : unclosed(end)
  if (words === undefined) return { ...bare, message: sentence(message) }
  return { ...bare, message: words[0] ?? sentence(message), help: words[1] }
}

/** By the library's code: what is wrong (absent keeps its words) and what to do. */
const advice: Readonly<Record<string, readonly [string | undefined, string]>> = {
  BLOCK_AS_IMPLICIT_KEY: [
    'A value goes on with another "key: value".',
    'Quote a text that holds ": "; give the nested keys a line each below their own key.',
  ],
  MULTILINE_IMPLICIT_KEY: [
    'A key, or the ":" after it, is missing on this line.',
    'Write key: value, and indent the lines that go on with a value.',
  ],
  BAD_SCALAR_START: [
    'Text cannot start with this character unless it is quoted.',
    'Quote the text.',
  ],
  TAB_AS_INDENT: ['A tab indents this line.', 'Indent with spaces.'],
  BAD_INDENT: ['This line is indented differently from its neighbours.', 'Line it up with them.'],
  BAD_DQ_ESCAPE: [undefined, 'Use single quotes, or write \\\\ for a backslash.'],
  MISSING_CHAR: [undefined, 'Close what was opened, or quote the text.'],
  UNEXPECTED_TOKEN: [undefined, 'Check the indentation and the quotes of this line.'],
}

/** Brackets that are open where the line can be none of what stands in them. */
function unclosed(end: string): readonly [string, string] {
  const begin = end === ']' ? '[' : '{'
  return [
    `A "${begin}" is still open where this line begins.`,
    `Close it with "${end}", or indent the lines that stand in it.`,
  ]
}

function sentence(message: string): string {
  const bare = message.trim().replace(/[.:]?$/, '')
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}.`
}

/** Quotes the unquoted `${{ … }}` on the line of `at`, where that is what is missing. */
function quoteExpression(text: string, at: number): Fix | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const lineBreak = text.indexOf('\n', at)
  const line = text.slice(lineStart, lineBreak === -1 ? text.length : lineBreak).trimEnd()
  const open = line.indexOf('${{')
  if (open === -1 || /["'#|>]/.test(line.slice(0, open))) return undefined
  // A block value is quoted to the end of its line, a value in a flow collection alone.
  const isBlockValue = /^\s*(?:- )*(?:[\w-]+: +)?$/.test(line.slice(0, open))
  const close = isBlockValue ? line.length : line.indexOf('}}', open) + 2
  const inner = line.slice(open, close)
  if (!inner.endsWith('}}') || inner.includes(' #')) return undefined
  const span = { start: lineStart + open, end: lineStart + close }
  const quoted = `'${inner.replaceAll("'", "''")}'`
  return { title: 'Quote the expression', applicability: 'safe', edits: [{ span, text: quoted }] }
}
