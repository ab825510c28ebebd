/**
 * What a step lets others do in the flow's name: the flow that it calls, the tools of the agent
 * that it asks.
 *
 * Both stay below the permissions of the flow whose step it is. Whether they do is judged in
 * `check/powers.ts`.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { agentDocument } from '#engine/dsl/agent/file.ts'
import { parseReference } from '#engine/dsl/reference.ts'
import type { Document } from '#engine/dsl/text.ts'
import type { ActionSpec, FlowSpec, World } from '#engine/dsl/world.ts'

/** The flow that a step calls; undefined for one that is not there, and for any other step. */
export function calledFlow(world: World, { flow }: JsonObject): FlowSpec | undefined {
  return typeof flow === 'string' ? world.findFlow(flow) : undefined
}

export interface AgentPowers {
  /** The class of models that it asks. */
  readonly model: string
  readonly tools: readonly ActionSpec[]
}

/** What the agent of a step uses; undefined for any other step. */
export function toolsOf(
  { document, world }: { readonly document: Document; readonly world: World },
  { agent }: JsonObject,
): AgentPowers | undefined {
  if (typeof agent !== 'string') return undefined
  const value = agentDocument(world, { file: document.file, path: agent })?.value
  if (!isObject(value)) return undefined
  const { tools, model } = value
  const found = (Array.isArray(tools) ? tools : []).flatMap((tool: Json) => {
    const name = typeof tool === 'string' ? parseReference(tool)?.name : undefined
    return (name === undefined ? undefined : world.findAction(name)) ?? []
  })
  return { model: typeof model === 'string' ? model : 'medium', tools: found }
}
