/**
 * Tells problems on stderr and counts them, for every command that loads a flow.
 */
import type { Problem } from '#engine/core/problem.ts'

import { problemText, type ReadText } from './problem-text.ts'
import type { Terminal } from './terminal.ts'

const shownMax = 50

/** Writes each problem through `write`, at most fifty of them. */
export function showProblems(
  { terminal, readText }: { readonly terminal: Terminal; readonly readText: ReadText },
  problems: readonly Problem[],
  write: (text: string) => void = (text) => terminal.note(text),
): void {
  for (const problem of problems.slice(0, shownMax))
    write(problemText(terminal, problem, readText) + '\n')
  const rest = problems.length - shownMax
  if (rest > 0) write(terminal.paint('muted', `… and ${rest} more; --format json prints all.`))
}

/** `2 errors, 1 warning`. */
export function countText(problems: readonly Problem[]): string {
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length
    const word = severity === 'info' ? 'note' : severity
    return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`]
  })
  return counts.length === 0 ? 'no problems' : counts.join(', ')
}
