/**
 * Compiles the steps that call something: actions, transforms, flows, and what undoes them.
 */
import { limits } from '#engine/core/limits.ts'
import type { AgentStep, Compensate, FlowStep, TransformStep, UseStep } from '#engine/dsl/flow.ts'
import { nameOf } from '#engine/dsl/reference.ts'

import {
  type Compiler,
  type Made,
  missing,
  nowhere,
  optional,
  type Place,
  withOf,
} from './compiling.ts'
import type { CallStep, PlanAction } from './plan.ts'
import { limitOf, retryOf } from './timing.ts'

/** `use:`, as a step or as what undoes one. */
export function use(at: Compiler, { step, path }: Place<UseStep | Compensate>): Made<'call'> {
  const found = at.resolution.action(nameOf(step.use))
  if (found === undefined) missing(at, { what: `action "${step.use}"`, path: `${path}/use` })
  const action: PlanAction = {
    name: found?.name ?? step.use,
    unit: found?.unit ?? nowhere,
    export: found?.export ?? '',
    effects: found?.action.effects ?? 'unsafe',
    ...(found?.spends === true ? { spends: true } : {}),
  }
  const key = optional(at, step.idempotency, `${path}/idempotency`)
  return {
    kind: 'call',
    action,
    ...withOf(at, { step, path }),
    ...(key === undefined ? {} : { idempotency: key }),
    ...undo(at, { step, path }),
  }
}

/** The call that undoes a step. One that may be repeated is tried a few times if nothing else is said. */
function undo(
  at: Compiler,
  { step, path }: Place<{ readonly compensate?: Compensate } | Compensate>,
): { readonly compensate?: CallStep } {
  const how = 'compensate' in step ? step.compensate : undefined
  if (how === undefined) return {}
  const call = use(at, { step: how, path: `${path}/compensate` })
  const isRepeatable = call.action.effects !== 'unsafe' || call.idempotency !== undefined
  const tries = how.retry ?? (isRepeatable ? limits.compensateAttemptsDefault : undefined)
  const timed = { ...limitOf(how.timeout), ...retryOf(tries) }
  return { compensate: { id: 'compensate', ...timed, ...call } }
}

/** `transform:` */
export function transform(at: Compiler, { step, path }: Place<TransformStep>): Made<'call'> {
  const unit = at.resolution.transform(step.transform, at.file)
  if (unit === undefined)
    missing(at, { what: `transform of "${step.id}"`, path: `${path}/transform` })
  const action: PlanAction = {
    name: 'transform',
    unit: unit ?? nowhere,
    export: 'default',
    effects: 'pure',
  }
  return { kind: 'call', action, ...withOf(at, { step, path }), ...undo(at, { step, path }) }
}

/** `agent:`: a call of the unit that its blueprint is. */
export function agent(at: Compiler, { step, path }: Place<AgentStep>): Made<'call'> {
  const found = at.resolution.agent?.(step.agent, at.file)
  if (found === undefined) missing(at, { what: `agent "${step.agent}"`, path: `${path}/agent` })
  const { turns, tokens, time } = step.limits ?? {}
  const { timeoutMs: timeMs } = limitOf(time)
  const asked = {
    ...(turns === undefined ? {} : { turns }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(timeMs === undefined ? {} : { timeMs }),
  }
  return {
    kind: 'call',
    action: {
      name: found?.name ?? step.agent,
      unit: found?.unit ?? nowhere,
      export: found?.export ?? '',
      effects: found?.action.effects ?? 'unsafe',
      ...(found?.spends === true ? { spends: true } : {}),
    },
    ...withOf(at, { step, path }),
    ...(step.limits === undefined ? {} : { limits: asked }),
  }
}

/** `flow:` */
export function call(at: Compiler, { step, path }: Place<FlowStep>): Made<'flow'> {
  const found = at.resolution.flow(step.flow)
  if (found === undefined) missing(at, { what: `flow "${step.flow}"`, path: `${path}/flow` })
  return {
    kind: 'flow',
    flow: step.flow,
    plan: found?.plan ?? nowhere,
    ...withOf(at, { step, path }),
    ...(step.detach === true ? { detach: true } : {}),
    ...undo(at, { step, path }),
  }
}
