/**
 * Applies the fixes of problems to a text: by range, and every other byte stays.
 */
import type { Fix, Problem, TextEdit } from '#engine/core/problem.ts'

export interface AppliedFixes {
  readonly text: string
  /** The problems whose fix was applied. */
  readonly applied: readonly Problem[]
  /** Those whose fix touches a range that another one changed; check again and retry. */
  readonly refused: readonly Problem[]
}

/**
 * Applies the fixes of `problems`, earlier ones first; one that overlaps an earlier one is
 * refused whole. Fixes marked `review` are applied only when `withReview` is set.
 */
export function applyFixes(
  text: string,
  problems: readonly Problem[],
  { withReview = false }: { withReview?: boolean } = {},
): AppliedFixes {
  const edits: TextEdit[] = []
  const applied: Problem[] = []
  const refused: Problem[] = []
  for (const problem of problems) {
    const { fix } = problem
    if (fix === undefined || (fix.applicability === 'review' && !withReview)) continue
    if (!isWithin(text, fix) || fix.edits.some((edit) => edits.some((one) => touches(one, edit)))) {
      refused.push(problem)
      continue
    }
    edits.push(...fix.edits)
    applied.push(problem)
  }
  let fixed = text
  for (const { span, text: by } of edits.toSorted((a, b) => b.span.start - a.span.start)) {
    fixed = fixed.slice(0, span.start) + by + fixed.slice(span.end)
  }
  return { text: fixed, applied, refused }
}

function isWithin(text: string, fix: Fix): boolean {
  const inOrder = fix.edits.toSorted((a, b) => a.span.start - b.span.start)
  return inOrder.every(({ span }, i) => {
    const next = inOrder[i + 1]?.span.start ?? text.length
    return span.start >= 0 && span.start <= span.end && span.end <= next
  })
}

/** Two edits at one place have no order, so they count as overlapping. */
function touches(a: TextEdit, b: TextEdit): boolean {
  if (a.span.start === b.span.start) return true
  return a.span.start < b.span.end && b.span.start < a.span.end
}
