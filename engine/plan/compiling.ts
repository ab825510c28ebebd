/**
 * What compiling a flow shares: what it knows of the world outside the file, where it is, and
 * the templates on the way.
 */
import type { Digest } from '#engine/core/digest.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Components } from '#engine/dsl/component/file.ts'
import { parseTemplate, type Template } from '#engine/dsl/template.ts'

import type { PlanStep, UnitAction } from './plan.ts'

/** What a flow refers to, found and built beforehand. */
export interface Resolution {
  /** By the name in `use:` without its range. */
  action(name: string): ResolvedAction | undefined
  /** The unit made from the text, or the path, as it stands in `transform:`. */
  transform(code: string, file?: string): Digest | undefined
  /** By flow id. */
  flow(id: string): { readonly plan: Digest } | undefined
  /** The agent in the file at `path`, as a call. Absent where a flow names none. */
  readonly agent?: (path: string, file?: string) => ResolvedAction | undefined
  /** The components that the flow's file names; absent where it names none. */
  readonly components?: Components
}

export interface ResolvedAction {
  readonly name: string
  readonly unit: Digest
  /** The name the unit exports it by. */
  readonly export: string
  readonly action: UnitAction
  /** Whether it may ask models. */
  readonly spends?: boolean
}

export interface Compiler {
  readonly resolution: Resolution
  /** What the file that is compiled can name. */
  readonly components: Components | undefined
  /** The component that is compiled; absent for the flow itself. */
  readonly file?: string
  readonly problems: Problem[]
}

/** A step of the plan but for what all kinds share. */
export type Made<Kind extends PlanStep['kind']> = Omit<
  Extract<PlanStep, { readonly kind: Kind }>,
  'id'
>

export interface Place<One> {
  readonly step: One
  readonly path: string
}

export function withOf(
  at: Compiler,
  { step, path }: Place<{ readonly with?: JsonObject }>,
): { readonly with?: Template } {
  return step.with === undefined ? {} : { with: template(at, step.with, `${path}/with`) }
}

export function optional(
  at: Compiler,
  value: Json | undefined,
  path: string,
): Template | undefined {
  return value === undefined ? undefined : template(at, value, path)
}

export function template(at: Compiler, value: Json, path: string): Template {
  const parsed = parseTemplate(value, path)
  at.problems.push(...parsed.problems)
  return parsed.template
}

/** The digest of what was not found; a plan with it is never handed out. */
export const nowhere = '' as Digest

export function missing(at: Compiler, one: { readonly what: string; readonly path: string }): void {
  at.problems.push({
    code: 'DSL_REFERENCE_UNKNOWN',
    severity: 'error',
    message: `The ${one.what} was not found.`,
    at: one.path,
  })
}
