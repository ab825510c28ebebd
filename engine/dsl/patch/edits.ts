/**
 * Applies edits to a text: each replaces a range, and every byte outside stays.
 */
import type { TextEdit } from '#engine/core/problem.ts'

/** `text` after `edits`, which do not overlap; two at one place come in the order given. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const inOrder = edits.toSorted(byPlace)
  let result = ''
  let at = 0
  for (const { span, text: by } of inOrder) {
    result += text.slice(at, span.start) + by
    at = span.end
  }
  return result + text.slice(at)
}

/** Whether no two of `edits` share a character, and all lie in a text of `length`. */
export function areApart(edits: readonly TextEdit[], length: number): boolean {
  const inOrder = edits.toSorted(byPlace)
  return inOrder.every(({ span }, i) => {
    const next = inOrder[i + 1]?.span.start ?? length
    return span.start >= 0 && span.start <= span.end && span.end <= next
  })
}

/** What only inserts comes before what replaces from the same place on. */
function byPlace(a: TextEdit, b: TextEdit): number {
  return a.span.start - b.span.start || a.span.end - b.span.end
}
