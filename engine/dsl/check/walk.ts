/**
 * Finds every step of a value that may be a flow, in the order of the file.
 *
 * It assumes nothing: a flow half typed has steps too, and their problems matter now.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'

export interface FoundStep {
  readonly step: JsonObject
  readonly at: string
  /** The nearest `each` or `while` around the step. */
  readonly loop?: { readonly kind: 'each' | 'while'; readonly at: string }
}

/** The steps of a flow's value; what does not look like a step is left out. */
export function findSteps(flow: Json | undefined): readonly FoundStep[] {
  const found: FoundStep[] = []
  if (!isObject(flow)) return found
  visitList(flow['steps'], '/steps', { found })
  visitList(flow['on_failure'], '/on_failure', { found })
  return found
}

interface Visit {
  readonly found: FoundStep[]
  readonly loop?: FoundStep['loop']
}

function visitList(list: Json | undefined, at: string, visit: Visit): void {
  if (!Array.isArray(list)) return
  list.forEach((step: Json, i) => {
    if (isObject(step)) visitStep(step, at + pointer(i), visit)
  })
}

function visitStep(step: JsonObject, at: string, visit: Visit): void {
  visit.found.push({ step, at, ...(visit.loop === undefined ? {} : { loop: visit.loop }) })
  const { compensate } = step
  // A call like others, but for its id: what undoes a step runs once, whatever is around it.
  if (isObject(compensate)) visit.found.push({ step: compensate, at: `${at}/compensate` })
  const kind = 'each' in step ? 'each' : 'while' in step ? 'while' : undefined
  const inside = kind === undefined ? visit : { ...visit, loop: { kind, at } as const }
  const pages = isObject(step['each']) ? step['each']['pages'] : undefined
  if (isObject(pages)) visitStep(pages, `${at}/each/pages`, inside)
  visitList(step['steps'], `${at}/steps`, inside)
  for (const key of ['then', 'else', 'default', 'try', 'finally']) {
    visitList(step[key], `${at}/${key}`, visit)
  }
  visitMap(step['cases'], `${at}/cases`, visit)
  visitMap(step['parallel'], `${at}/parallel`, visit)
  const { await: awaited, approve: asked } = step
  if (isObject(asked)) visitList(asked['on_timeout'], `${at}/approve/on_timeout`, visit)
  if (isObject(awaited)) visitList(awaited['on_timeout'], `${at}/await/on_timeout`, visit)
  visitMap(step['race'], `${at}/race`, visit)
  const handlers = step['catch']
  if (!Array.isArray(handlers)) return
  handlers.forEach((one: Json, i) => {
    const here = `${at}/catch${pointer(i)}`
    if (!isObject(one)) return
    // A clause has no id; with an id it is a step, which may have `steps` of its own.
    if ('id' in one || !('steps' in one)) visitStep(one, here, visit)
    else visitList(one['steps'], `${here}/steps`, visit)
  })
}

function visitMap(map: Json | undefined, at: string, visit: Visit): void {
  if (!isObject(map)) return
  for (const [name, part] of Object.entries(map)) {
    const here = at + pointer(name)
    if (isObject(part)) visitList(part['steps'], `${here}/steps`, visit)
    else visitList(part, here, visit)
  }
}
