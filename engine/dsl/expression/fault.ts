/**
 * What is wrong with an expression, with places counted from the start of its source.
 *
 * `problemOf` makes a problem of the file out of it, whose ranges count from the start of the
 * scalar (`Problem.within`).
 */
import type { Code } from '#engine/core/codes.ts'
import type { Fix, Problem, Related, Span } from '#engine/core/problem.ts'

/** What is wrong with the text of an expression, and where in it. */
export interface Fault {
  readonly code: Code
  readonly message: string
  readonly help?: string
  readonly start: number
  readonly end: number
  /** What the range should say instead, when that is sure. */
  readonly replacement?: string
  readonly related?: readonly Related[]
}

/** A fault as a problem of the file: `offset` is where the expression starts in the scalar at `at`. */
export function problemOf(
  fault: Fault,
  { at, offset }: { readonly at: string; readonly offset: number },
): Problem {
  const { code, message, help, replacement, related } = fault
  const within = { start: offset + fault.start, end: offset + fault.end }
  const problem = { code, severity: 'error', message, at, within } as const
  return {
    ...problem,
    ...(help === undefined ? {} : { help }),
    ...(related === undefined ? {} : { related }),
    ...(replacement === undefined ? {} : { fix: replace(within, replacement) }),
  }
}

function replace(span: Span, text: string): Fix {
  return { title: `Write "${text}"`, applicability: 'safe', edits: [{ span, text }] }
}
