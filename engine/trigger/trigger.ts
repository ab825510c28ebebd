/**
 * The triggers of a flow that becomes active: what starts it, with the inputs that each
 * kind of start gives it.
 *
 * Pure. A flow that was checked gives no surprise here; what is not a trigger is left out.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type {
  EventTrigger,
  FlowTrigger,
  GitTrigger,
  ScheduleTrigger,
  WebhookTrigger,
} from '#engine/dsl/flow.ts'
import { compileTemplate, parseTemplate } from '#engine/dsl/template.ts'

export type Trigger =
  | { readonly kind: 'schedule'; readonly id: string; readonly spec: ScheduleTrigger }
  | { readonly kind: 'git'; readonly id: string; readonly spec: GitTrigger }
  | { readonly kind: 'event'; readonly id: string; readonly spec: EventTrigger }
  | { readonly kind: 'flow'; readonly id: string; readonly spec: FlowTrigger }
  | { readonly kind: 'webhook'; readonly id: string; readonly spec: WebhookTrigger }

const kinds = ['schedule', 'git', 'event', 'flow', 'webhook'] as const

/** The triggers of `flow` that a watcher serves. `id` is the name, or the place in the list. */
export function triggersOf(flow: JsonObject): readonly Trigger[] {
  const on = flow['on']
  if (!isObject(on)) return []
  return kinds.flatMap((kind) => {
    const given = on[kind]
    const list: readonly (Json | undefined)[] = Array.isArray(given) ? given : [given]
    return list.flatMap((spec, i): readonly Trigger[] => {
      if (!isObject(spec)) return []
      const id = typeof spec['id'] === 'string' ? spec['id'] : String(i)
      return [{ kind, id, spec } as unknown as Trigger]
    })
  })
}

/**
 * The input that an event gives a run: the `inputs` of the trigger, or nothing at all.
 * Throws `RUN_EXPRESSION_FAILED`.
 */
export function inputOf({ spec }: Trigger, event: JsonObject): Json {
  const { template } = parseTemplate((spec.inputs ?? {}) as Json, '')
  return compileTemplate(template)({ inputs: {}, steps: {}, run: {}, event })
}
