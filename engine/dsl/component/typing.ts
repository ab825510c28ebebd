/**
 * Types of components: what they yield, and whether what is passed fits their parameters.
 */
import type { Problem } from '#engine/core/problem.ts'
import type { ComponentStep, Step } from '#engine/dsl/flow.ts'
import { misfits } from '#engine/dsl/typing/fit.ts'
import { check, type Walk } from '#engine/dsl/typing/place.ts'
import { jsonTypeOf, typeOfSchema } from '#engine/dsl/typing/schema.ts'
import { layerOver, type Sight } from '#engine/dsl/typing/sight.ts'
import { placeSteps } from '#engine/dsl/typing/steps.ts'
import { any, type Type } from '#engine/dsl/typing/type.ts'

import type { Component, UsedComponent } from './file.ts'

/** Checks the steps of a list in order. */
export type WalkList = (
  walk: Walk,
  list: { readonly steps: readonly Step[]; readonly at: string; readonly sight: Sight },
) => { readonly output: Type; readonly sight: Sight }

/** What is wrong in the expressions of a component, and the type of what it yields. */
export function typeOfComponent(
  walkList: WalkList,
  world: Walk['world'],
  { component, components }: UsedComponent,
): { readonly type: Type; readonly problems: readonly Problem[] } {
  const landscape = { placed: placeSteps(component), items: new Map<string, string>() }
  const walk: Walk = { world, landscape, components, problems: [] }
  const inputs = typeOfSchema(component.inputs)
  const start: Sight = { inputs, steps: layerOver(), names: new Map(), isApart: true }
  const body = walkList(walk, { steps: component.steps, at: '/steps', sight: start })
  const { output } = component
  const type =
    output === undefined
      ? body.output
      : check(walk, { value: output, at: '/output', sight: body.sight })
  return { type: jsonTypeOf(type), problems: walk.problems }
}

/** A component is used in many places and typed once. */
const typed = new WeakMap<Component, Type>()

/** The type of what a step with a component yields. */
export function ofComponent(
  walk: Walk,
  place: { readonly step: ComponentStep; readonly at: string; readonly sight: Sight },
  walkList: WalkList,
): Type {
  const { step, at, sight } = place
  const before = walk.problems.length
  const given = jsonTypeOf(check(walk, { value: step.with ?? {}, at: `${at}/with`, sight }))
  const used = walk.components?.find(step.component)
  if (used === undefined) return any
  const { component } = used
  if (component.inputs !== undefined && walk.problems.length === before) {
    const where = step.with === undefined ? `${at}/component` : `${at}/with`
    const wanted = typeOfSchema(component.inputs)
    const who = `The component "${component.id}"`
    walk.problems.push(...misfits({ given, wanted, at: where, who }))
  }
  const known = typed.get(component)
  if (known !== undefined) return known
  typed.set(component, any)
  const { type } = typeOfComponent(walkList, walk.world, used)
  typed.set(component, type)
  return type
}
