/**
 * What a flow asks for outside itself: the actions it uses, the code of its transforms,
 * the flows it calls. Each named once, in the order of the file.
 */
import type { Json } from '#engine/core/json.ts'
import { findSteps } from '#engine/dsl/check/walk.ts'
import type { Flow } from '#engine/dsl/flow.ts'

export interface Needs {
  /** As written in `use:`, with the range. */
  readonly actions: readonly string[]
  /** The text or the path, as written in `transform:`. */
  readonly transforms: readonly Transform[]
  readonly flows: readonly FlowCall[]
  /** Paths as written in `agent:`. */
  readonly agents: readonly string[]
}

export interface FlowCall {
  readonly id: string
  /** JSON Pointer of the `flow:`. */
  readonly at: string
}

export interface Transform {
  readonly code: string
  /** JSON Pointer of the `transform:`. */
  readonly at: string
}

/** Collects what `flow` asks for. */
export function needsOf(flow: Pick<Flow, 'steps'>): Needs {
  const actions = new Set<string>()
  const transforms = new Map<string, string>()
  const flows = new Map<string, string>()
  const agents = new Set<string>()
  for (const { step, at } of findSteps(flow as unknown as Json)) {
    const { use, transform, flow: called, agent } = step
    if (typeof agent === 'string') agents.add(agent)
    if (typeof use === 'string') actions.add(use)
    if (typeof transform === 'string' && !transforms.has(transform)) {
      transforms.set(transform, `${at}/transform`)
    }
    if (typeof called === 'string' && !flows.has(called)) flows.set(called, `${at}/flow`)
  }
  return {
    actions: [...actions],
    transforms: [...transforms].map(([code, at]) => ({ code, at })),
    flows: [...flows].map(([id, at]) => ({ id, at })),
    agents: [...agents],
  }
}
