/**
 * Types of agents: whether what is passed fits, and what they answer.
 */
import { isObject } from '#engine/core/json.ts'
import type { AgentStep } from '#engine/dsl/flow.ts'
import { misfits } from '#engine/dsl/typing/fit.ts'
import { check, type Walk } from '#engine/dsl/typing/place.ts'
import { jsonTypeOf, typeOfSchema } from '#engine/dsl/typing/schema.ts'
import type { Sight } from '#engine/dsl/typing/sight.ts'
import { any, simple, type Type } from '#engine/dsl/typing/type.ts'

import { agentDocument } from './file.ts'

/** The type of what a step with an agent yields: what its schema says, or text. */
export function ofAgent(
  walk: Walk,
  { step, at, sight }: { readonly step: AgentStep; readonly at: string; readonly sight: Sight },
): Type {
  const before = walk.problems.length
  const given = jsonTypeOf(check(walk, { value: step.with ?? {}, at: `${at}/with`, sight }))
  const file = walk.components?.file
  const document =
    file === undefined ? undefined : agentDocument(walk.world, { file, path: step.agent })
  const { inputs, output } = isObject(document?.value) ? document.value : {}
  if (isObject(inputs) && walk.problems.length === before) {
    const place = step.with === undefined ? `${at}/agent` : `${at}/with`
    const wanted = typeOfSchema(inputs)
    walk.problems.push(...misfits({ given, wanted, at: place, who: 'The agent' }))
  }
  if (document === undefined) return any
  return isObject(output) ? typeOfSchema(output) : simple('string')
}
