/**
 * What all cases of a test file share: the compiled plan, its code, its mocks and schemas.
 *
 * Made once per file, so that a case costs what its run costs.
 */
import type { Digest } from '#engine/core/digest.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { compileSchema, type Validator } from '#engine/core/schema.ts'
import { execDigest, printPlan } from '#engine/plan/compile.ts'
import type { Block, CallStep, Plan, PlanAction, PlanStep, Unit } from '#engine/plan/plan.ts'
import type { Caller, InputCheck } from '#engine/runtime/ports.ts'
import { openPrograms, type Programs } from '#engine/runtime/program.ts'
import type { RunSource } from '#engine/runtime/record.ts'

import type { TestFile } from './file.ts'
import { readMocks, type Mocks } from './mock.ts'
import type { Outline } from './outline.ts'

/** The blobs of flows and code by digest. */
export type Blobs = Map<Digest, Uint8Array>

export interface SuiteParts {
  readonly file: TestFile
  readonly plan: Plan
  readonly outline: Outline
  /** Plans, units and code that runs of `plan` need, itself included. */
  readonly blobs: Blobs
  /** Calls what is not mocked: pure code, and what a case allows. */
  readonly real: Caller
  readonly checkInput: InputCheck
  /** Where the data of calls that are really made comes from. */
  readonly source: RunSource
}

export interface Suite extends SuiteParts {
  readonly programs: Programs
  /** Mocks for all cases. */
  readonly mocks: Mocks
  /** The plan in which the `flow` steps with these ids are calls, which a mock answers. */
  withMocked(flowSteps: ReadonlySet<string>): { readonly digest: Digest; readonly plan: Plan }
  schemasOf(action: PlanAction): Schemas
}

/** What an action says of its values; an absent check accepts everything. */
export interface Schemas {
  readonly defaults?: JsonObject
  readonly input?: Validator
  readonly output?: Validator
}

export function openSuite(parts: SuiteParts): Suite {
  const { plan, blobs } = parts
  const plans = new Map<string, { readonly digest: Digest; readonly plan: Plan }>()
  const schemas = new Map<string, Schemas>()
  return {
    ...parts,
    programs: openPrograms({ get: (digest) => blobOf(blobs, digest) }),
    mocks: readMocks(parts.file.mocks, '/mocks'),
    withMocked(flowSteps) {
      const key = [...flowSteps].toSorted().join(' ')
      let found = plans.get(key)
      if (found === undefined) {
        const mocked = flowSteps.size === 0 ? plan : mockFlows(plan, flowSteps)
        found = { digest: execDigest(mocked), plan: mocked }
        blobs.set(found.digest, new TextEncoder().encode(printPlan(mocked)))
        plans.set(key, found)
      }
      return found
    },
    schemasOf(action) {
      const key = `${action.unit} ${action.export}`
      let found = schemas.get(key)
      if (found === undefined) schemas.set(key, (found = readSchemas(blobs, action)))
      return found
    },
  }
}

export function blobOf(blobs: Blobs, digest: Digest): Uint8Array {
  const bytes = blobs.get(digest)
  if (bytes === undefined) throw new Error(`broken assumption: the suite holds ${digest}`)
  return bytes
}

function readSchemas(blobs: Blobs, { unit: digest, export: name }: PlanAction): Schemas {
  const bytes = blobs.get(digest)
  if (bytes === undefined) return {}
  const unit = JSON.parse(new TextDecoder().decode(bytes)) as Unit | Plan
  if (unit.$type !== 'ionflux.unit/v1') {
    // The flow that a mock answers for.
    return unit.returns === undefined ? {} : { output: compileSchema(unit.returns) }
  }
  const spec = Object.hasOwn(unit.actions, name) ? unit.actions[name] : undefined
  return {
    ...(spec?.input === undefined
      ? {}
      : { defaults: spec.input, input: compileSchema(spec.input) }),
    ...(spec?.output === undefined ? {} : { output: compileSchema(spec.output) }),
  }
}

// ─── Flows that a mock answers for ──────────────────────────────────────────

/** The name by which the mock of a `flow` step is called. */
export function flowAction(flow: string): string {
  return `flow ${flow}`
}

function mockFlows(plan: Plan, ids: ReadonlySet<string>): Plan {
  return { ...plan, body: mapBlock(plan.body, ids) }
}

function mapBlock(block: Block, ids: ReadonlySet<string>): Block {
  return { ...block, steps: block.steps.map((step) => mapStep(step, ids)) }
}

function mapStep(step: PlanStep, ids: ReadonlySet<string>): PlanStep {
  if (step.kind === 'flow') {
    if (!ids.has(step.id)) return step
    const { flow, plan: unit, kind: _, ...rest } = step
    const name = flowAction(flow)
    const action = { name, unit, export: name, effects: 'idempotent' } as const
    return { ...rest, kind: 'call', action } satisfies CallStep
  }
  const entries = Object.entries(step).map(([key, part]) => [key, mapPart(part as Json, ids)])
  return Object.fromEntries(entries) as PlanStep
}

/** A block, or a list of what holds blocks; anything else stays as it is. */
function mapPart(part: unknown, ids: ReadonlySet<string>): unknown {
  if (isBlock(part)) return mapBlock(part, ids)
  if (!Array.isArray(part)) return part
  return part.map((one: unknown) => {
    const inner = (one as { readonly block?: unknown } | null)?.block
    return isBlock(inner) ? { ...(one as object), block: mapBlock(inner, ids) } : one
  })
}

function isBlock(part: unknown): part is Block {
  if (typeof part !== 'object' || part === null || 'kind' in part) return false
  return Array.isArray((part as { readonly steps?: unknown }).steps)
}
