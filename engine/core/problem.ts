/**
 * A mistake in a user's file: returned in a list, never thrown.
 *
 * One shape feeds the terminal, the check of a pull request, SARIF and the studio.
 * `at` says where in the data, `span` where in the text; the loader of the file
 * turns the first into the second (`dsl/text.ts`).
 */
import type { Code } from './codes.ts'

export type Severity = 'error' | 'warning' | 'info'

/** Half-open range of a text, in UTF-16 code units from its start. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Replaces `span` by `text`; every byte outside stays. */
export interface TextEdit {
  readonly span: Span
  readonly text: string
}

/** A change that mends the problem. `safe` keeps the meaning that was wanted; `review` may not. */
export interface Fix {
  readonly title: string
  readonly applicability: 'safe' | 'review'
  readonly edits: readonly TextEdit[]
}

export interface Related {
  readonly message: string
  readonly file?: string
  readonly at?: string
  readonly span?: Span
}

export interface Problem {
  readonly code: Code
  readonly severity: Severity
  /** One sentence with a full stop that names the user's own thing in quotes. */
  readonly message: string
  /** JSON Pointer (RFC 6901) into the document; empty for the whole of it. */
  readonly at: string
  /** Path of the file as the user would write it, with `/`. */
  readonly file?: string
  readonly span?: Span
  /**
   * A range inside the value of the scalar at `at`, in UTF-16 units, where only a part of it is
   * meant (an expression). While `span` is absent, the spans of `fix` count the same way. Who
   * locates the problem moves both to the text when the scalar is written as it reads (plain,
   * or quoted without an escape), and otherwise marks the whole scalar and drops the fix.
   */
  readonly within?: Span
  readonly related?: readonly Related[]
  /** What to do about it, in one sentence. */
  readonly help?: string
  readonly fix?: Fix
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error')
}
