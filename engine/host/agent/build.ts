/**
 * Makes the unit of an agent: its blueprint by digest, so that a run keeps the agent that it
 * began with, whatever happens to the file.
 */
import { canonical } from '#engine/core/canonical.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { agentDocument, type Agent } from '#engine/dsl/agent/file.ts'
import type { ResolvedAction } from '#engine/plan/compile.ts'
import type { Unit } from '#engine/plan/plan.ts'

import type { Files } from '#engine/host/repository/files.ts'

export interface BuiltAgent {
  readonly action: ResolvedAction
  /** The unit and the blueprint, for the content store. */
  readonly blobs: readonly Uint8Array[]
}

/** The agent that `path` in `file` names; undefined for one that the checker refused. */
export function buildAgent(
  files: Files,
  named: { readonly file: string; readonly path: string },
): BuiltAgent | undefined {
  const value = agentDocument(files, named)?.value
  if (!isObject(value)) return undefined
  const { description: _, ...agent } = value as unknown as Agent
  const name = `agent/${agent.id}`
  const code = canonical(agent as unknown as Json)
  const action = {
    // A second answer changes nothing more in the world; what it costs is bounded.
    effects: 'idempotent',
    ...(agent.inputs === undefined ? {} : { input: agent.inputs }),
    output: agent.output ?? { type: 'string' },
  } as const
  const unit: Unit = {
    $type: 'ionflux.unit/v1',
    name,
    kind: 'agent',
    code: digestOfText(code),
    actions: { default: action },
    capabilities: {},
  }
  const text = canonical(unit as unknown as Json)
  const encoder = new TextEncoder()
  return {
    action: { name, unit: digestOfText(text), export: 'default', action, spends: true },
    blobs: [encoder.encode(text), encoder.encode(code)],
  }
}
