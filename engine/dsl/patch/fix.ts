/**
 * Applies the fixes of problems to a text: by range, and every other byte stays.
 */
import type { Problem, TextEdit } from '#engine/core/problem.ts'

import { applyEdits, areApart } from './edits.ts'

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
    const isFree = !fix.edits.some((edit) => edits.some((one) => touches(one, edit)))
    if (!isFree || !areApart(fix.edits, text.length)) {
      refused.push(problem)
      continue
    }
    edits.push(...fix.edits)
    applied.push(problem)
  }
  return { text: applyEdits(text, edits), applied, refused }
}

/** Two edits at one place have no order, so they count as overlapping. */
function touches(a: TextEdit, b: TextEdit): boolean {
  if (a.span.start === b.span.start) return true
  return a.span.start < b.span.end && b.span.start < a.span.end
}
