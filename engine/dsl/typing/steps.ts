/**
 * Where every step of a flow stands, and why one cannot be seen from a place.
 *
 * A step sees those before it in its own list and in the lists around it. Everything else
 * gets a sentence that says which rule is in the way.
 */
import { pointer } from '#engine/core/json.ts'
import type { Branch, CatchClause, Flow, Racer, Step } from '#engine/dsl/flow.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import type { Explained } from './type.ts'

/** A step and its place. */
export interface PlacedStep {
  readonly id: string
  /** Pointer of the step. */
  readonly at: string
  /** Pointer of the list that it is in. */
  readonly list: string
}

/** A list of steps inside a step, with its pointer below the step. */
export interface InnerList {
  readonly key: string
  readonly steps: readonly Step[]
}

/** The lists of steps directly inside `step`. */
export function innerLists(step: Step): readonly InnerList[] {
  const lists: InnerList[] = []
  const add = (key: string, steps: readonly Step[] | undefined): void => {
    if (steps !== undefined) lists.push({ key, steps })
  }
  if ('if' in step) {
    add('/then', step.then)
    add('/else', step.else)
  } else if ('switch' in step) {
    for (const [name, steps] of Object.entries(step.cases)) add('/cases' + pointer(name), steps)
    add('/default', step.default)
  } else if ('each' in step || 'while' in step) {
    add('/steps', step.steps)
  } else if ('parallel' in step) {
    for (const [name, branch] of Object.entries(step.parallel)) {
      const key = '/parallel' + pointer(name)
      add(isBranch(branch) ? `${key}/steps` : key, isBranch(branch) ? branch.steps : branch)
    }
  } else if ('race' in step) {
    for (const [name, racer] of Object.entries(step.race)) {
      const key = '/race' + pointer(name)
      if (isList(racer)) add(key, racer)
      else add(`${key}/steps`, racer.steps)
    }
  } else if ('try' in step) {
    add('/try', step.try)
    const clauses = step.catch ?? []
    if (areClauses(clauses)) clauses.forEach((clause, i) => add(`/catch/${i}/steps`, clause.steps))
    else add('/catch', clauses)
    add('/finally', step.finally)
  } else if ('approve' in step && Array.isArray(step.approve.on_timeout)) {
    add('/approve/on_timeout', step.approve.on_timeout as readonly Step[])
  } else if ('await' in step && Array.isArray(step.await.on_timeout)) {
    add('/await/on_timeout', step.await.on_timeout as readonly Step[])
  }
  return lists
}

export function isBranch(branch: readonly Step[] | Branch): branch is Branch {
  return !Array.isArray(branch)
}

/** Whether a branch of a race is written as its steps alone. */
export function isList(racer: readonly Step[] | Racer): racer is readonly Step[] {
  return Array.isArray(racer)
}

/** Whether a `catch` is a list of clauses; a plain list of steps catches everything. */
export function areClauses(
  list: readonly Step[] | readonly CatchClause[],
): list is readonly CatchClause[] {
  const [first] = list
  return first !== undefined && !('id' in first)
}

/** Every step of the flow by id; of two with one id, the first. */
export function placeSteps(
  flow: Pick<Flow, 'steps' | 'on_failure'>,
): ReadonlyMap<string, PlacedStep> {
  const placed = new Map<string, PlacedStep>()
  const visit = (steps: readonly Step[], list: string): void => {
    steps.forEach((step, i) => {
      const at = list + pointer(i)
      if (!placed.has(step.id)) placed.set(step.id, { id: step.id, at, list })
      for (const inner of innerLists(step)) visit(inner.steps, at + inner.key)
    })
  }
  visit(flow.steps, '/steps')
  visit(flow.on_failure ?? [], '/on_failure')
  return placed
}

/** How many ids are compared with a misspelt one; the nearest come first. */
const suggestionsMax = 500

/** Why `id` cannot be seen at the pointer `here`, where `visible` can be. */
export function explainStep(options: {
  readonly id: string
  readonly here: string
  readonly placed: ReadonlyMap<string, PlacedStep>
  readonly visible: Iterable<string>
}): Explained {
  const { id, here, placed, visible } = options
  const step = placed.get(id)
  if (step !== undefined) return hidden(step, here, placed)
  const message = `There is no step "${id}".`
  const ids = [...visible].slice(0, suggestionsMax)
  const near = suggest(id, ids)
  if (near !== undefined) {
    const help = `Did you mean "${near}"?`
    return { code: 'DSL_NAME_UNKNOWN', message, help, replacement: near }
  }
  const elsewhere = suggest(id, [...placed.keys()].slice(0, suggestionsMax))
  if (elsewhere !== undefined) {
    const reason = hidden(placed.get(elsewhere) as PlacedStep, here, placed)
    return { ...reason, message: `${message.slice(0, -1)}; "${elsewhere}" cannot be seen here.` }
  }
  const seen = ids
    .slice(0, 12)
    .map((one) => `"${one}"`)
    .join(', ')
  const help = seen === '' ? 'No step comes before this one.' : `Seen from here: ${seen}.`
  return { code: 'DSL_NAME_UNKNOWN', message, help }
}

function isBelow(at: string, above: string): boolean {
  return at === above || at.startsWith(`${above}/`)
}

function hidden(
  step: PlacedStep,
  here: string,
  placed: ReadonlyMap<string, PlacedStep>,
): Explained {
  const { id, at, list } = step
  const related = [{ message: `"${id}" is here.`, at: `${at}/id` }]
  const because = (message: string, help: string): Explained => {
    return { code: 'DSL_NAME_UNKNOWN', message, help, related }
  }
  if (isBelow(at, '/on_failure') !== isBelow(here, '/on_failure')) {
    return because(
      `The steps of the flow and those of "on_failure" do not see each other.`,
      'The run may have failed before the step; error says what went wrong.',
    )
  }
  if (isBelow(here, at)) {
    return because(
      `"${id}" has no output yet: this is inside it.`,
      'Name a step that comes before it.',
    )
  }
  if (isBelow(here, list)) {
    return because(
      `The step "${id}" comes later, so it has no output yet.`,
      `Move "${id}" above this step.`,
    )
  }
  const block = outermost(step, here, placed)
  if (isBelow(here, block.at)) return because(...beside({ step, block, here }))
  if (isBelow(here, block.list) && comesAfter(block, here)) {
    return because(
      `The step "${id}" is inside "${block.id}", which comes later.`,
      `Move "${block.id}" above this step, and name steps.${block.id}.output.`,
    )
  }
  return because(
    `The step "${id}" is inside "${block.id}"; from outside only the output of the block is seen.`,
    `Use steps.${block.id}.output, and give "${block.id}" an "output" if it needs one.`,
  )
}

/** The outermost block around `step` that does not hold `here` in the same list as `step`. */
function outermost(
  step: PlacedStep,
  here: string,
  placed: ReadonlyMap<string, PlacedStep>,
): PlacedStep {
  const around = [...placed.values()]
    .filter((one) => one.id !== step.id && isBelow(step.at, one.at))
    .toSorted((a, b) => a.at.length - b.at.length)
  const outside = around.find((one) => !isBelow(here, one.at))
  return outside ?? around.at(-1) ?? step
}

function comesAfter(block: PlacedStep, here: string): boolean {
  const index = (at: string): number => Number(at.slice(block.list.length + 1).split('/')[0])
  return index(here) < index(block.at)
}

/** Message and help for a step in another part of the block that `here` is in. */
function beside(options: {
  readonly step: PlacedStep
  readonly block: PlacedStep
  readonly here: string
}): [string, string] {
  const { step, block, here } = options
  const [key, name] = step.at.slice(block.at.length + 1).split('/')
  if (key === 'parallel') {
    const branch = name ?? ''
    return [
      `The step "${step.id}" is in the branch "${branch}", which runs at the same time.`,
      `Give this branch "needs: [${branch}]" and use branches.${branch}.output.`,
    ]
  }
  if (key === 'race') {
    return [
      `The step "${step.id}" is in the branch "${name ?? ''}", which runs at the same time.`,
      `Branches of a race see nothing of each other; put what both need before "${block.id}".`,
    ]
  }
  const own = here.slice(block.at.length + 1).split('/')[0]
  return [
    `The step "${step.id}" is in "${key}" of "${block.id}", which "${own}" cannot look into.`,
    `Put what both need before "${block.id}".`,
  ]
}
