/**
 * Gives problems their file and their range in its text.
 *
 * A check knows where a mistake is in the data; this finds the characters, and moves
 * edits that were made for a value into the way the value is written. A fix that cannot
 * be placed with certainty is dropped: no fix is better than a wrong one.
 */
import type { Json } from '#engine/core/json.ts'
import type { Fix, Problem, Related, Span, TextEdit } from '#engine/core/problem.ts'
import { findPointer } from '#engine/core/schema/faults.ts'
import type { Document } from '#engine/dsl/text.ts'

/** The problems with `file` and `span` filled in, in the order of the text. */
export function locate(document: Document, problems: readonly Problem[]): readonly Problem[] {
  return problems
    .map((problem) => locateOne(document, problem))
    .toSorted((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))
}

function locateOne(document: Document, problem: Problem): Problem {
  const { file } = document
  const related = problem.related?.map((one) => locateRelated(document, one))
  const told = related === undefined ? problem : { ...problem, related }
  if (told.span !== undefined) return { ...told, file: told.file ?? file }
  const { within, fix, ...rest } = told
  if (within === undefined) {
    const part = aboutKeys.has(told.code) ? 'key' : 'value'
    const bare = { ...rest, file, span: firstLine(document, document.span(told.at, part)) }
    return fix === undefined ? bare : { ...bare, fix }
  }
  const scalar = writtenScalar(document, told.at)
  const whole = firstLine(document, document.span(told.at))
  const bare = { ...rest, file, span: scalar?.place(within) ?? whole }
  const moved = scalar === undefined || fix === undefined ? undefined : moveFix(scalar, fix)
  return moved === undefined ? bare : { ...bare, fix: moved }
}

/** Problems that are about a key, or about what a mapping lacks. */
const aboutKeys: ReadonlySet<string> = new Set([
  'DSL_KEY_UNKNOWN',
  'DSL_KEY_MISSING',
  'DSL_KEY_DUPLICATE',
  'DSL_STEP_KIND',
  'PLAN_BRANCH_CYCLE',
])

function locateRelated(document: Document, related: Related): Related {
  if (related.span !== undefined || related.at === undefined) return related
  const span = firstLine(document, document.span(related.at))
  return { file: document.file, ...related, span }
}

/** A range is shown on one line: the first, for a value that goes on. */
function firstLine({ text }: Document, { start, end }: Span): Span {
  const lineBreak = text.slice(start, end).search(/\r?\n/)
  return { start, end: lineBreak === -1 ? end : Math.max(start + lineBreak, start) }
}

// ─── Scalars as they are written ────────────────────────────────────────────

interface Written {
  readonly style: 'plain' | 'single' | 'double' | 'block'
  readonly value: string
  readonly raw: string
  readonly span: Span
  /** A range of the value as a range of the text; undefined when that is not certain. */
  place(within: Span): Span | undefined
}

function writtenScalar(document: Document, at: string): Written | undefined {
  const value: Json | undefined =
    document.value === undefined ? undefined : findPointer(document.value, at)
  if (typeof value !== 'string') return undefined
  const span = document.span(at)
  const raw = document.text.slice(span.start, span.end)
  const style = styleOf(raw)
  const lead = style === 'single' || style === 'double' ? 1 : 0
  const isLiteral = raw.slice(lead, lead + value.length) === value
  return {
    style,
    value,
    raw,
    span,
    place(within: Span): Span | undefined {
      if (isLiteral) {
        const start = span.start + lead
        return { start: start + within.start, end: start + within.end }
      }
      // Written otherwise than it reads: certain where the words stand exactly once.
      const words = value.slice(within.start, within.end)
      const first = words === '' ? -1 : raw.indexOf(words)
      if (first === -1 || raw.includes(words, first + 1)) return undefined
      return { start: span.start + first, end: span.start + first + words.length }
    },
  }
}

function styleOf(raw: string): Written['style'] {
  if (raw.startsWith("'")) return 'single'
  if (raw.startsWith('"')) return 'double'
  return /^[|>]/.test(raw) ? 'block' : 'plain'
}

function moveFix(scalar: Written, fix: Fix): Fix | undefined {
  const [edit, ...others] = fix.edits
  if (edit === undefined || others.length > 0) return undefined
  const moved = moveEdit(scalar, edit)
  return moved === undefined ? undefined : { ...fix, edits: [moved] }
}

function moveEdit(scalar: Written, { span, text }: TextEdit): TextEdit | undefined {
  const { style, value } = scalar
  if (style === 'plain') {
    const after = value.slice(0, span.start) + text + value.slice(span.end)
    if (!isPlainAfter(value, after)) {
      return { span: scalar.span, text: `'${after.replaceAll("'", "''")}'` }
    }
  }
  const place = scalar.place(span)
  if (place === undefined) return undefined
  if (style === 'single') return { span: place, text: text.replaceAll("'", "''") }
  if (style === 'double') return { span: place, text: JSON.stringify(text).slice(1, -1) }
  return { span: place, text }
}

/** Whether a plain scalar stays one when its value becomes `after`. */
function isPlainAfter(before: string, after: string): boolean {
  if (/^[A-Za-z][\w./@^~-]*$/.test(after))
    return !/^(?:true|false|null|yes|no|on|off)$/i.test(after)
  const isRisky = /[{}[\],"'\n]|: |:$| #|^\W/
  return isRisky.test(before) && before.startsWith('${{') && after.startsWith('${{')
    ? !/: |:$| #|\n/.test(after)
    : !isRisky.test(after)
}
