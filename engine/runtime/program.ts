/**
 * A plan with its expressions compiled: made once per plan, shared by all its runs.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { compileTemplate, refsOf, type Scope, type Template } from '#engine/dsl/template.ts'
import type { Plan } from '#engine/plan/plan.ts'

import type { Store } from './ports.ts'

export interface CompiledTemplate {
  evaluate(scope: Scope): Json
  /** Ids of the steps it names. */
  readonly refs: readonly string[]
}

export interface Program {
  readonly plan: Plan
  readonly digest: Digest
  compiled(template: Template): CompiledTemplate
}

export function openProgram(digest: Digest, plan: Plan): Program {
  const known = new Map<Template, CompiledTemplate>()
  return {
    plan,
    digest,
    compiled(template) {
      let found = known.get(template)
      if (found === undefined) {
        found = { evaluate: compileTemplate(template), refs: refsOf(template) }
        known.set(template, found)
      }
      return found
    },
  }
}

export interface Programs {
  /** Throws `JOURNAL_PAYLOAD_MISSING` when the store has no such plan. */
  get(plan: Digest): Program
}

/** Compiled plans by digest, the most recently used ones. */
export function openPrograms(store: Pick<Store, 'get'>): Programs {
  const known = new Map<Digest, Program>()
  return {
    get(digest) {
      let program = known.get(digest)
      if (program === undefined) {
        program = openProgram(digest, readPlan(store, digest))
        const oldest =
          known.size >= limits.programsResidentMax ? known.keys().next().value : undefined
        if (oldest !== undefined) known.delete(oldest)
        known.set(digest, program)
      }
      return program
    },
  }
}

function readPlan(store: Pick<Store, 'get'>, digest: Digest): Plan {
  const plan = JSON.parse(new TextDecoder().decode(store.get(digest))) as Plan
  const type: string = plan.$type
  if (type === 'ionflux.plan/v1') return plan
  throw new IonError('JOURNAL_VERSION_UNKNOWN', `This ionflux cannot run a plan of type "${type}".`)
}
