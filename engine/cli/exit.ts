/**
 * The exit code of the process, derived from the code of what went wrong and from
 * nowhere else (DESIGN 12), so that scripts can rely on it.
 */
import type { Code } from '#engine/core/codes.ts'
import type { Problem } from '#engine/core/problem.ts'

export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  problems: 3,
  denied: 4,
  changes: 5,
  waits: 6,
  unavailable: 69,
  bug: 70,
  interrupted: 130,
} as const

export type Exit = (typeof exits)[keyof typeof exits]

const single: Readonly<Partial<Record<Code, Exit>>> = {
  PLAN_PERMISSION_MISSING: exits.denied,
  CAP_NOT_GRANTED: exits.denied,
  CONN_HOST_DENIED: exits.denied,
  CONN_ADDRESS_DENIED: exits.denied,
  CONN_SECRET_UNKNOWN: exits.usage,
  CONN_SECRET_REFUSED: exits.usage,
  RUN_INPUT_REFUSED: exits.usage,
  RUN_NOT_FOUND: exits.usage,
  RUN_INTERNAL: exits.bug,
  JOURNAL_CHAIN_BROKEN: exits.failed,
  JOURNAL_DIVERGED: exits.bug,
  RUN_APPROVAL_REFUSED: exits.denied,
  JOURNAL_UNTRUSTED: exits.denied,
  MIRROR_PLAN_BLOCKED: exits.denied,
  MIRROR_PLAN_UNAPPROVED: exits.denied,
  MIRROR_REF_UNKNOWN: exits.usage,
  REG_UNREACHABLE: exits.unavailable,
  REG_LOG_MOVED: exits.unavailable,
  REG_VIEW_STALE: exits.unavailable,
  REG_NOT_FOUND: exits.unavailable,
  REG_UNTRUSTED: exits.denied,
  REG_ROLLED_BACK: exits.denied,
  MIRROR_UNKNOWN: exits.usage,
  MIRROR_NAME_TAKEN: exits.usage,
  MIRROR_COMPILE_FAILED: exits.problems,
  CLI_USAGE: exits.usage,
  CLI_INTERRUPTED: exits.interrupted,
}

const areas: Readonly<Record<string, Exit>> = {
  DSL: exits.problems,
  PLAN: exits.problems,
  LOCK: exits.problems,
  RUN: exits.failed,
  SANDBOX: exits.failed,
  AGENT: exits.failed,
  CAP: exits.denied,
  CONN: exits.unavailable,
  JOURNAL: exits.unavailable,
  MIRROR: exits.unavailable,
  REG: exits.problems,
  CLI: exits.unavailable,
}

/** What the process ends with when `code` stopped a command. */
export function exitOfCode(code: Code): Exit {
  return single[code] ?? areas[code.slice(0, code.indexOf('_'))] ?? exits.failed
}

const denials: ReadonlySet<string> = new Set([
  'CAP_NOT_GRANTED',
  'CONN_ADDRESS_DENIED',
  'CONN_HOST_DENIED',
  'PLAN_PERMISSION_MISSING',
])

/** What a run ends the process with; only what was denied differs from "it failed". */
export function exitOfFailure(code: string): Exit {
  return denials.has(code) ? exits.denied : exits.failed
}

/** Denied only when nothing but permissions is wrong: a broken file comes first. */
export function exitOfProblems(problems: readonly Problem[]): Exit {
  const errors = problems.filter((problem) => problem.severity === 'error')
  if (errors.length === 0) return exits.done
  return errors.every((problem) => exitOfCode(problem.code) === exits.denied)
    ? exits.denied
    : exits.problems
}
