/**
 * What a person does next about a run that failed: the command that can change something,
 * and why a step was not tried again.
 */
import { type Code, codes } from '#engine/core/codes.ts'
import type { RunView, StepView } from '#engine/host/views.ts'

import { exitOfFailure, exits } from '#engine/cli/exit.ts'
import { printable } from '#engine/cli/source.ts'

export interface Advice {
  readonly command: string
  readonly about?: string
}

/** Failures that the same flow with the same input meets again. */
const lasting: ReadonlySet<string> = new Set<Code>([
  'RUN_ASSERTION_FAILED',
  'RUN_EXPRESSION_FAILED',
  'RUN_FAILED_BY_FLOW',
  'RUN_LIMIT_EXCEEDED',
  'RUN_LOOP_EXCEEDED',
  'RUN_OUTPUT_REFUSED',
])

/** The command that makes sense after the failure of `run`. */
export function adviceOf({ id, error, steps }: RunView): Advice {
  const code = error?.code ?? ''
  if (exitOfFailure(code) === exits.denied) return { command: `ionflux explain ${code}` }
  const failed = steps.filter((step) => step.status === 'failed' && step.error?.code === code)
  const child = failed.find((step) => step.child !== undefined)?.child
  if (child !== undefined) return { command: `ionflux runs show ${child}`, about: 'why it failed' }
  const isByFlow = failed.some(({ kind }) => kind === 'fail' || kind === 'assert')
  if (isByFlow || lasting.has(code) || isLastingInSandbox(code))
    return { command: `ionflux runs show ${id}`, about: 'another try of it would fail alike' }
  return { command: `ionflux runs retry ${id}`, about: 'keeps what was committed' }
}

function isLastingInSandbox(code: string): boolean {
  if (!code.startsWith('SANDBOX_') || !Object.hasOwn(codes, code)) return false
  return codes[code as Code].retry === 'never'
}

/** Why a step with `retry` was not tried again; nothing where it was, or has none. */
export function notRetriedText({ notRetried, error }: StepView): string | undefined {
  if (notRetried === undefined || error === undefined) return undefined
  const code = printable(error.code)
  return notRetried === 'not_in_on'
    ? `not retried: retry.on does not name ${code}`
    : `not retried: ${code} is not transient; name it in retry.on`
}

/** Where flow and code of a run came from, as far as a commit tells. */
export function sourceText({
  commit,
  isWorkingTree,
}: {
  readonly commit?: string | null | undefined
  readonly isWorkingTree?: boolean | undefined
}): string {
  if (commit === undefined || commit === null) return isWorkingTree === true ? 'working tree' : ''
  const short = `commit ${commit.slice(0, 12)}`
  return isWorkingTree === true ? `working tree on ${short}` : short
}
