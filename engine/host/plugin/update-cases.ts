/**
 * Writes what actions really gave into their cases, for an author who has looked at it.
 *
 * Only `output` is replaced; a case that expects nothing yet gets an `output` or an
 * `error`. The rest of the file stays byte for byte.
 */
import { pointer, type Json } from '#engine/core/json.ts'
import type { TextEdit } from '#engine/core/problem.ts'

import type { CaseFile } from './case-file.ts'
import type { CaseResult } from './run-cases.ts'

/** The text of `file` with the outputs of `results`, which are in the order of its cases. */
export function updatedText(file: CaseFile, results: readonly (CaseResult | undefined)[]): string {
  const edits = results.flatMap((result, index) =>
    result === undefined || result.ok ? [] : (editOf(file, index, result) ?? []),
  )
  let { text } = file.document
  for (const { span, text: words } of edits.toSorted((a, b) => b.span.start - a.span.start)) {
    text = text.slice(0, span.start) + words + text.slice(span.end)
  }
  return text
}

function editOf(
  { document, cases }: CaseFile,
  index: number,
  { result }: CaseResult,
): TextEdit | undefined {
  const one = cases[index]
  if (one === undefined || one.part !== undefined || one.error !== undefined) return undefined
  const at = pointer('cases', index)
  if (one.output !== undefined) {
    return result.ok
      ? { span: document.span(`${at}/output`), text: inline(result.output) }
      : undefined
  }
  const words = result.ok ? `output: ${inline(result.output)}` : `error: ${result.error.code}`
  const last = Object.keys(one).at(-1) ?? 'name'
  const { end } = document.span(at + pointer(last))
  const isFlow = document.text[document.span(at).start] === '{'
  const column = columnOf(document.text, document.span(at + pointer(last), 'key').start)
  const glue = isFlow ? ', ' : `\n${' '.repeat(column)}`
  return { span: { start: end, end }, text: glue + words }
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

/** JSON, which YAML reads as it is; what a reviewer could not see is escaped. */
function inline(value: Json): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
