/**
 * Edits that checks offer: always of a range, so that every other byte stays.
 */
import type { Span, TextEdit } from '#engine/core/problem.ts'
import type { Document } from '#engine/dsl/text.ts'

/** Replaces a key or a value by a plain word, in the quotes it had. */
export function rename({ text }: Document, span: Span, word: string): TextEdit {
  const quote = text.charAt(span.start)
  return { span, text: quote === '"' || quote === "'" ? `${quote}${word}${quote}` : word }
}
