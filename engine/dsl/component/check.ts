/**
 * Checks the components that a flow uses, each once, as files of their own.
 *
 * A component is judged where it is used: what its steps may do is bounded by the flow's
 * permissions. A mistake is told with its place in the component's file and the place that
 * uses it.
 */
import componentSchema from '#schemas/component.json' with { type: 'json' }
import flowSchema from '#schemas/flow.json' with { type: 'json' }

import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { hasErrors, type Problem, type Related } from '#engine/core/problem.ts'
import { checkAgents } from '#engine/dsl/agent/check.ts'
import { bundleSchema } from '#engine/dsl/check/bundle.ts'
import { locate } from '#engine/dsl/check/locate.ts'
import type { ShapeSchema } from '#engine/dsl/check/node.ts'
import { checkPowers } from '#engine/dsl/check/powers.ts'
import { checkReferences } from '#engine/dsl/check/references.ts'
import { checkInputs, checkSchema } from '#engine/dsl/check/schemas.ts'
import { checkShape } from '#engine/dsl/check/shape.ts'
import { checkSteps } from '#engine/dsl/check/steps.ts'
import { findSteps, type FoundStep } from '#engine/dsl/check/walk.ts'
import { resolvePath } from '#engine/dsl/path.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import { walkList } from '#engine/dsl/typing/blocks.ts'
import type { World } from '#engine/dsl/world.ts'

import { componentsOf, type Component, type ComponentFile } from './file.ts'
import { typeOfComponent } from './typing.ts'

export interface CheckedComponents {
  /** By path from the root; only those without errors. */
  readonly known: ReadonlyMap<string, ComponentFile>
  /** Each with its file and its place. */
  readonly problems: readonly Problem[]
}

interface Checking {
  readonly world: World
  readonly flow: Document
  readonly known: Map<string, ComponentFile>
  readonly seen: Set<string>
  readonly problems: Problem[]
}

/** Checks every component that `steps` of the flow in `document` lead to. */
export function checkComponents(
  { document, world }: { readonly document: Document; readonly world: World },
  steps: readonly FoundStep[],
): CheckedComponents {
  const known = new Map<string, ComponentFile>()
  const checking: Checking = { world, flow: document, known, seen: new Set(), problems: [] }
  visit(checking, { document, steps, chain: [] })
  return { known, problems: checking.problems }
}

interface User {
  readonly document: Document
  readonly steps: readonly FoundStep[]
  /** Paths of the components from the flow to this one. */
  readonly chain: readonly string[]
}

function visit(checking: Checking, { document, steps, chain }: User): void {
  for (const { step, at, loop } of steps) {
    const { component } = step
    const path = typeof component === 'string' ? resolvePath(document.file, component) : undefined
    const text = path === undefined ? undefined : checking.world.readText(path)
    if (path === undefined || text === undefined) continue
    const wrong = tooFar(path, chain)
    if (wrong !== undefined) {
      checking.problems.push(...locate(document, [{ ...wrong, at: `${at}/component` }]))
    } else if (!checking.seen.has(path)) {
      checking.seen.add(path)
      const span = document.span(`${at}/component`)
      const user = { message: 'The component is used here.', file: document.file, at, span }
      checkOne(checking, { file: path, text, user, isInLoop: loop !== undefined, chain })
    }
  }
}

function tooFar(path: string, chain: readonly string[]): Omit<Problem, 'at'> | undefined {
  if (chain.includes(path)) {
    const ring = [...chain.slice(chain.indexOf(path)), path].map((one) => `"${one}"`).join(' → ')
    const message = `These components use each other in a ring: ${ring}.`
    const help = 'A component is put where it is used, so it may not contain itself.'
    return { code: 'PLAN_COMPONENT_CYCLE', severity: 'error', message, help }
  }
  if (chain.length < limits.componentDepthMax) return undefined
  const message = `Components are nested more than ${limits.componentDepthMax} deep here.`
  return { code: 'DSL_LIMIT_EXCEEDED', severity: 'error', message }
}

interface One {
  readonly file: string
  readonly text: string
  readonly user: Related
  readonly isInLoop: boolean
  readonly chain: readonly string[]
}

function checkOne(checking: Checking, one: One): void {
  const { world, flow, known } = checking
  const document = parseDocument({ file: one.file, text: one.text })
  const { value } = document
  const steps = findSteps(value).map((step) => (one.isInLoop ? inLoop(step) : step))
  visit(checking, { document, steps, chain: [...one.chain, one.file] })
  const shape = checkShape(document, shapeSchema)
  const component = isObject(value) ? closed(document, value, world) : undefined
  const found = [...shape, ...checkSteps(steps), ...checkInputs(component?.inputs)]
  found.push(...checkReferences({ document, world }, steps))
  found.push(...checkPowers({ document, world, flow }, steps))
  if (!hasErrors(found)) found.push(...checkSchema(component?.inputs, '/inputs'))
  if (component !== undefined && !hasErrors(shape)) {
    const used = { component, components: componentsOf(one.file, known) }
    found.push(...typeOfComponent(walkList, world, used).problems)
  }
  const agents = checkAgents({ document, world }, steps)
  const all = [...document.problems, ...locate(document, found), ...agents]
  checking.problems.push(
    ...all.map((problem) => ({ ...problem, related: [...(problem.related ?? []), one.user] })),
  )
  if (component !== undefined && !hasErrors(all)) {
    known.set(one.file, { path: one.file, document, component })
  }
}

const shapeSchema = { ...componentSchema, $defs: flowSchema.$defs } as unknown as ShapeSchema

function inLoop(found: FoundStep): FoundStep {
  return found.loop === undefined ? { ...found, loop: { kind: 'each', at: '' } } : found
}

function closed(document: Document, value: Json, world: World): Component {
  const component = value as unknown as Component
  if (!isObject(component.inputs)) return component
  const readText = (path: string): string | undefined => world.readText(path)
  return { ...component, inputs: bundleSchema(component.inputs, { file: document.file, readText }) }
}
