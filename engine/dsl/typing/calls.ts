/**
 * What a call yields, and whether what is passed to it fits: actions, transforms, flows, and
 * the calls that undo them.
 */
import type { Json } from '#engine/core/json.ts'
import type { Compensate, FlowStep, TransformStep, UseStep } from '#engine/dsl/flow.ts'

import { misfits } from './fit.ts'
import { check, checkKind, type Walk } from './place.ts'
import { jsonTypeOf, typeOfSchema } from './schema.ts'
import { layerOver, type Sight } from './sight.ts'
import { any, recordOf, simple, type Type } from './type.ts'

interface At<S> {
  readonly step: S
  /** Pointer of the step. */
  readonly at: string
  readonly sight: Sight
}

type Used = UseStep | Compensate

/** Checks the expressions of a call and gives the type of its output. */
export function ofCall(
  walk: Walk,
  { step, at, sight }: At<UseStep | TransformStep | FlowStep>,
): Type {
  const output = outputOf(walk, { step, at, sight })
  const { compensate } = step
  if (compensate !== undefined) {
    // What undoes a step sees its output, and whatever the step itself could see.
    const steps = layerOver(sight.steps)
    steps.own.set(step.id, jsonTypeOf(output))
    ofUse(walk, { step: compensate, at: `${at}/compensate`, sight: { ...sight, steps } })
  }
  return output
}

function outputOf(walk: Walk, { step, at, sight }: At<UseStep | TransformStep | FlowStep>): Type {
  if ('use' in step) return ofUse(walk, { step, at, sight })
  if ('transform' in step) return ofWith(walk, { value: step.with, at, sight })
  const yields = ofFlow(walk, { id: step.flow, value: step.with, at, sight })
  return step.detach === true ? recordOf({ run: simple('string') }) : yields
}

function ofUse(walk: Walk, { step, at, sight }: At<Used>): Type {
  const name = step.use.split('@')[0] ?? ''
  const action = walk.world.findAction(name)
  const before = walk.problems.length
  const given = typeOfWith(walk, { value: step.with ?? {}, at: `${at}/with`, sight })
  if (action?.input !== undefined && walk.problems.length === before) {
    const place = step.with === undefined ? `${at}/use` : `${at}/with`
    const wanted = typeOfSchema(action.input)
    walk.problems.push(...misfits({ given, wanted, at: place, who: `"${name}"` }))
  }
  if (step.idempotency !== undefined) {
    const kinds = ['string', 'number', 'int'] as const
    const value = step.idempotency
    checkKind(walk, { value, at: `${at}/idempotency`, sight, kinds, key: 'idempotency' })
  }
  return typeOfSchema(action?.output)
}

/** The type of what is passed, as the callee gets it. */
function typeOfWith(walk: Walk, checked: Parameters<typeof check>[1]): Type {
  return jsonTypeOf(check(walk, checked))
}

function ofWith(
  walk: Walk,
  {
    value,
    at,
    sight,
  }: { readonly value: Json | undefined; readonly at: string; readonly sight: Sight },
): Type {
  if (value !== undefined) check(walk, { value, at: `${at}/with`, sight })
  return any
}

function ofFlow(
  walk: Walk,
  from: {
    readonly id: string
    readonly value: Json | undefined
    readonly at: string
    readonly sight: Sight
  },
): Type {
  const { id, value, at, sight } = from
  const before = walk.problems.length
  const given = typeOfWith(walk, { value: value ?? {}, at: `${at}/with`, sight })
  const { inputs, returns } = walk.world.findFlow(id) ?? {}
  const yields = returns === undefined ? any : typeOfSchema(returns)
  if (inputs === undefined || walk.problems.length > before) return yields
  const place = value === undefined ? `${at}/flow` : `${at}/with`
  const wanted = typeOfSchema(inputs)
  walk.problems.push(...misfits({ given, wanted, at: place, who: `The flow "${id}"` }))
  return yields
}
