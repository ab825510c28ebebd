/**
 * The steps of a flow and the ways through it, with their places in the file: what mocks
 * may name and what coverage counts.
 *
 * It reads the value of the file and not the plan, because a person is told lines.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { findSteps } from '#engine/dsl/check/walk.ts'
import { nameOf } from '#engine/dsl/reference.ts'

export interface OutlineStep {
  readonly id: string
  /** JSON Pointer of the step. */
  readonly at: string
  /** Of a step that is called: the action without its range, `transform`, the flow, or an agent's file. */
  readonly calls?: { readonly kind: 'action' | 'transform' | 'flow'; readonly name: string }
}

/**
 * One way out of a choice: `then`, `else`, `none`, `case:<value>`, `default`, `catch:<index>`,
 * `timeout`.
 */
export interface OutlineBranch {
  readonly step: string
  readonly name: string
  readonly at: string
  /** The first step of a way that no record names; only its beginning tells that it was taken. */
  readonly first?: string
}

export interface Outline {
  readonly steps: ReadonlyMap<string, OutlineStep>
  /** Ids of the steps that use a component. */
  readonly components: ReadonlySet<string>
  readonly branches: readonly OutlineBranch[]
}

/** The outline of the value of a flow file that was checked. */
export function outlineOf(flow: Json | undefined): Outline {
  const found = findSteps(flow)
  const steps = new Map<string, OutlineStep>()
  const components = new Set<string>()
  let owner = ''
  for (const { step, at } of found) {
    const own = step['id']
    if (typeof own === 'string') owner = own
    // What undoes a step, and the call for its pages, come right after it.
    const part = at.endsWith('/each/pages') ? paging : undoing
    const id = typeof own === 'string' ? own : `${owner}/${part}`
    steps.set(id, { id, at, ...calledBy(step) })
    if (typeof step['component'] === 'string') components.add(id)
  }
  return { steps, components, branches: found.flatMap(({ step, at }) => branchesOf(step, at)) }
}

/**
 * The id of the step at a path: `scan[3]/check` is one turn of `check`. The call that undoes a
 * step, or gives its pages, goes by the id of the step: `post/compensate`, `all/get-page`. Inside of a
 * component ids are the component's own, so its steps go by the step that uses it: `tell/send`.
 */
export function stepAt(path: string, components?: ReadonlySet<string>): string {
  const parts = path.replaceAll(/\[\d+\]/g, '').split('/')
  const outer = components === undefined ? -1 : parts.findIndex((id) => components.has(id))
  if (outer !== -1 && outer < parts.length - 1) return parts.slice(outer).join('/')
  const last = parts.at(-1) ?? ''
  const isPart = (last === undoing || last === paging) && parts.length > 1
  return parts.slice(isPart ? -2 : -1).join('/')
}

const undoing = 'compensate'
const paging = 'get-page'

function calledBy(step: JsonObject): Pick<OutlineStep, 'calls'> {
  const { use, transform, flow, agent } = step
  if (typeof agent === 'string') return { calls: { kind: 'action', name: agent } }
  if (typeof use === 'string') return { calls: { kind: 'action', name: nameOf(use) } }
  if (typeof transform === 'string') return { calls: { kind: 'transform', name: 'transform' } }
  return typeof flow === 'string' ? { calls: { kind: 'flow', name: flow } } : {}
}

function branchesOf(step: JsonObject, at: string): readonly OutlineBranch[] {
  const id = step['id']
  if (typeof id !== 'string') return []
  const one = (name: string, place: string): OutlineBranch => ({ step: id, name, at: at + place })
  if ('if' in step) {
    return [one('then', '/then'), 'else' in step ? one('else', '/else') : one('none', '/if')]
  }
  if ('switch' in step && isObject(step['cases'])) {
    const cases = Object.keys(step['cases'])
    return [
      ...cases.map((name) => one(`case:${name}`, `/cases${pointer(name)}`)),
      one('default', '/default'),
    ]
  }
  for (const key of ['await', 'approve']) {
    const wait = step[key]
    const late = isObject(wait) ? wait['on_timeout'] : undefined
    const first = Array.isArray(late) ? idOf(late[0] as Json | undefined) : undefined
    if (first !== undefined) return [{ ...one('timeout', `/${key}/on_timeout`), first }]
  }
  return 'try' in step ? catchesOf(step['catch'], one) : []
}

function catchesOf(
  clauses: Json | undefined,
  one: (name: string, place: string) => OutlineBranch,
): readonly OutlineBranch[] {
  if (!Array.isArray(clauses)) return []
  const list = clauses as readonly Json[]
  if (list.every((clause) => isObject(clause) && 'id' in clause)) {
    const first = idOf(list[0])
    return first === undefined ? [] : [{ ...one('catch:0', '/catch'), first }]
  }
  return list.flatMap((clause, index) => {
    const steps = isObject(clause) ? clause['steps'] : undefined
    const first = Array.isArray(steps) ? idOf(steps[0] as Json | undefined) : undefined
    return first === undefined ? [] : [{ ...one(`catch:${index}`, `/catch/${index}`), first }]
  })
}

function idOf(step: Json | undefined): string | undefined {
  const id = isObject(step) ? step['id'] : undefined
  return typeof id === 'string' ? id : undefined
}
