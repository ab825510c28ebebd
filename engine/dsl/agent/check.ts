/**
 * Checks the agents that a flow or a component names, as files of their own.
 */
import agentSchema from '#schemas/agent.json' with { type: 'json' }
import flowSchema from '#schemas/flow.json' with { type: 'json' }

import type { Problem } from '#engine/core/problem.ts'
import { locate } from '#engine/dsl/check/locate.ts'
import type { ShapeSchema } from '#engine/dsl/check/node.ts'
import { checkInputs, checkSchema } from '#engine/dsl/check/schemas.ts'
import { checkShape } from '#engine/dsl/check/shape.ts'
import type { FoundStep } from '#engine/dsl/check/walk.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { parseReference } from '#engine/dsl/reference.ts'
import type { Document } from '#engine/dsl/text.ts'
import type { World } from '#engine/dsl/world.ts'

import { agentDocument } from './file.ts'

const shapeSchema = { ...agentSchema, $defs: flowSchema.$defs } as unknown as ShapeSchema

/** What is wrong with the agents of `steps`, each told once, with its own file and place. */
export function checkAgents(
  { document, world }: { readonly document: Document; readonly world: World },
  steps: readonly FoundStep[],
): readonly Problem[] {
  const paths = new Set(
    steps.flatMap(({ step }) => (typeof step['agent'] === 'string' ? [step['agent']] : [])),
  )
  return [...paths].flatMap((path) => {
    const agent = agentDocument(world, { file: document.file, path })
    return agent === undefined ? [] : checkAgent(agent, world)
  })
}

/** What is wrong with one agent. */
export function checkAgent(document: Document, world: World): readonly Problem[] {
  const { value } = document
  if (value === undefined) return document.problems
  const { inputs, output, tools } = isObject(value) ? value : {}
  const found = [
    ...checkShape(document, shapeSchema),
    ...checkInputs(inputs),
    ...checkSchema(inputs, '/inputs'),
    ...checkSchema(output, '/output'),
    ...checkTools(tools, world),
  ]
  return [...document.problems, ...locate(document, found)]
}

function checkTools(tools: Json | undefined, world: World): readonly Problem[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool: Json, i): readonly Problem[] => {
    const name = typeof tool === 'string' ? parseReference(tool)?.name : undefined
    if (name !== undefined && world.findAction(name) !== undefined) return []
    const message = `There is no action ${JSON.stringify(tool)}.`
    return [{ code: 'DSL_REFERENCE_UNKNOWN', severity: 'error', message, at: `/tools/${i}` }]
  })
}
