/**
 * What a run waits for that people can give it, and the command that gives it.
 */
import { printable } from '#engine/cli/source.ts'
import type { StepView } from '#engine/host/views.ts'

/** `for signal paid`; empty for a wait that only time ends. */
export function waitsText({ awaits }: StepView): string {
  return awaits === undefined ? '' : `for ${awaits.on} ${printable(awaits.topic)}`
}

/** The command that ends the wait of the step; undefined where nobody can at this terminal. */
export function waitsCommand(run: string, { awaits, status, path }: StepView): string | undefined {
  if (status === 'uncertain') return `ionflux runs settle ${run} ${printable(path)}`
  if (awaits === undefined || status !== 'waiting' || awaits.on !== 'signal') return undefined
  return `ionflux runs signal ${run} ${printable(awaits.topic)}`
}
