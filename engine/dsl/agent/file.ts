/**
 * What an agent's file holds: the blueprint of `schemas/agent.json`.
 */
import type { JsonObject } from '#engine/core/json.ts'
import type { AgentLimits, Flow } from '#engine/dsl/flow.ts'
import { resolvePath } from '#engine/dsl/path.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'

export interface Agent {
  readonly dsl: Flow['dsl']
  readonly id: string
  readonly description?: string
  readonly model?: 'small' | 'medium' | 'large'
  readonly instructions: string
  readonly tools?: readonly string[]
  readonly limits?: AgentLimits
  /** JSON Schemas (2020-12). */
  readonly inputs?: JsonObject
  readonly output?: JsonObject
}

interface Texts {
  readText(path: string): string | undefined
}

/** The document that `path` in `file` names; undefined where there is none. */
export function agentDocument(
  { readText }: Texts,
  { file, path }: { readonly file: string; readonly path: string },
): Document | undefined {
  const target = resolvePath(file, path)
  const text = target === undefined ? undefined : readText(target)
  return target === undefined || text === undefined
    ? undefined
    : parseDocument({ file: target, text })
}
