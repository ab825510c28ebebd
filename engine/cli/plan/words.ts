/**
 * Words that every way of showing a change shares.
 */
import { indexLines } from '#engine/dsl/text/lines.ts'
import type { Tone } from '#engine/cli/terminal.ts'
import type { ChangeSeverity, Finding } from '#engine/plan/change/change.ts'

export const severityTones: Readonly<Record<ChangeSeverity, Tone>> = {
  info: 'muted',
  review: 'note',
  escalation: 'warn',
  block: 'fail',
}

/** The line of a finding, from 1; undefined where there is none. */
export function lineOf(
  { file, span, line }: Finding,
  readText: (file: string) => string | undefined,
): number | undefined {
  if (line !== undefined) return line
  const text = file === undefined ? undefined : readText(file)
  if (text === undefined || span === undefined) return undefined
  return indexLines(text).position(span.start).line
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 7)
}
