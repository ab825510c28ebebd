/**
 * Checks every expression of a flow: that what it names exists, comes before it and may be
 * seen from there, and that its types can work.
 *
 * The type of a step is what is known of its output: an action's schema, or what its own
 * expressions give. Silent about what is not known. Shape and references of the file are
 * checked elsewhere (`check.ts`); a flow half typed is a normal input.
 */
import { pointer, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Components } from '#engine/dsl/component/file.ts'
import { isRoot } from '#engine/dsl/expression/path.ts'
import { walkList } from '#engine/dsl/typing/blocks.ts'
import { check, checkReturned, type Walk } from '#engine/dsl/typing/place.ts'
import { typeOfSchema, typeOfTemplate } from '#engine/dsl/typing/schema.ts'
import { layerOver, type Sight } from '#engine/dsl/typing/sight.ts'
import { innerLists, placeSteps } from '#engine/dsl/typing/steps.ts'
import { any } from '#engine/dsl/typing/type.ts'

import { parseExpression } from './expression.ts'
import type { Flow, Step, Triggers } from './flow.ts'
import { parseTemplate } from './template.ts'
import type { World } from './world.ts'

/** Every mistake in the expressions of `flow`, in the order of the file. Never throws. */
export function checkNames(flow: Flow, world: World, components?: Components): readonly Problem[] {
  const problems: Problem[] = []
  const landscape = { placed: placeSteps(flow), items: itemsOf(flow, problems) }
  const known = components === undefined ? {} : { components }
  const apart: Walk = { world, landscape, problems, ...known }
  const walk: Walk =
    flow.returns === undefined ? apart : { ...apart, returns: typeOfSchema(flow.returns) }
  const inputs = typeOfSchema(flow.inputs)
  const start: Sight = { inputs, steps: layerOver(), names: new Map() }
  checkTriggers(walk, flow.on)
  const end = walkList(walk, { steps: flow.steps, at: '/steps', sight: start })
  walkList(apart, {
    steps: flow.on_failure ?? [],
    at: '/on_failure',
    sight: { ...start, isCaught: true },
  })
  for (const gate of ['concurrency', 'rate_limit', 'debounce'] as const) {
    const value = flow[gate]?.key
    if (value !== undefined) check(walk, { value, at: `/${gate}/key`, sight: start })
  }
  const last = flow.steps.at(-1)
  if (flow.outputs !== undefined) {
    const given = check(walk, { value: flow.outputs, at: '/outputs', sight: end.sight })
    checkReturned(walk, { given, at: '/outputs' })
  } else if (last !== undefined && !('fail' in last) && !('return' in last)) {
    checkReturned(walk, { given: end.output, at: `/steps${pointer(flow.steps.length - 1)}` })
  }
  return problems.slice(0, limits.expressionProblemsMax)
}

function itemsOf(flow: Flow, problems: Problem[]): ReadonlyMap<string, string> {
  const body = itemNames(flow.steps, problems, '/steps')
  return new Map([...body, ...itemNames(flow.on_failure ?? [], problems, '/on_failure')])
}

/** The `as` names of all `each` steps; a name that is taken is a problem. */
function itemNames(
  steps: readonly Step[],
  problems: Problem[],
  at: string,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  steps.forEach((step, i) => {
    const here = at + pointer(i)
    if ('each' in step) {
      const name = step.each.as ?? 'item'
      names.set(name, step.id)
      if (!isFree(name)) problems.push(takenName(name, `${here}/each/as`))
    }
    for (const { key, steps: inner } of innerLists(step)) {
      for (const [name, id] of itemNames(inner, problems, here + key)) names.set(name, id)
    }
  })
  return names
}

/** Whether an expression can say `name` and mean the item. */
function isFree(name: string): boolean {
  const { node } = parseExpression(name)
  return node?.op === 'name' && !isRoot(node.name)
}

function takenName(name: string, at: string): Problem {
  const message = `"${name}" already means something in expressions, so it cannot name the item.`
  return { code: 'DSL_VALUE_FORMAT', severity: 'error', message, at, help: 'Choose another name.' }
}

/** A trigger's `inputs` see nothing but the event. */
function checkTriggers(walk: Walk, triggers: Triggers | undefined): void {
  const variables = new Map([['event', any]])
  const explain = (name: string) => ({
    code: 'DSL_NAME_UNKNOWN' as const,
    message: `A trigger cannot see "${name}": there is no run yet.`,
    help: 'Only "event" is known here.',
  })
  for (const [kind, given] of Object.entries(triggers ?? {})) {
    const list = Array.isArray(given) ? given : [given]
    list.forEach((trigger: { readonly inputs?: Json }, i) => {
      const at = `/on/${kind}${Array.isArray(given) ? pointer(i) : ''}/inputs`
      if (trigger?.inputs === undefined) return
      const parsed = parseTemplate(trigger.inputs, at)
      const typed = typeOfTemplate(parsed.template, { variables, explain }, parsed.expressions)
      walk.problems.push(...parsed.problems, ...typed.problems)
    })
  }
}
