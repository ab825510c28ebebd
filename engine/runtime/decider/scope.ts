/**
 * What an expression at a place of the tree can see (DESIGN 4): the steps before it in its
 * own block and in those around it, the items and turns it is in, the error it handles.
 *
 * Only what a template names is looked up, so a scope costs what it uses.
 */
import { type Failure, IonError } from '#engine/core/error.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { Json } from '#engine/core/json.ts'
import type { Scope, Template } from '#engine/dsl/template.ts'
import type { Payloads } from '#engine/runtime/payload.ts'
import type { Program } from '#engine/runtime/program.ts'

import { branchEntries } from './join.ts'
import type { BlockFrame, ComponentFrame, EachFrame, ParallelFrame } from './frames.ts'
import type { TryFrame, WhileFrame } from './frames.ts'
import type { RunState } from './state.ts'

/** What deciding needs besides the state: the compiled plan and the values behind digests. */
export interface Sight {
  readonly program: Program
  readonly payloads: Payloads
}

/** Evaluates `template` as seen from inside `block`. Throws `RUN_EXPRESSION_FAILED`. */
export function evaluate(
  sight: Sight,
  state: RunState,
  place: { readonly template: Template; readonly block: BlockFrame },
): Json {
  if (place.template.kind === 'value') return place.template.value
  const compiled = sight.program.compiled(place.template)
  return compiled.evaluate(scopeAt(sight, state, { refs: compiled.refs, block: place.block }))
}

function scopeAt(
  sight: Sight,
  state: RunState,
  place: { readonly refs: readonly string[]; readonly block: BlockFrame },
): Scope {
  const steps: Record<string, { output: Json }> = {}
  for (const id of place.refs) {
    const output = outputOf(sight, place.block, id)
    if (output !== undefined) steps[id] = { output }
  }
  const { started } = state
  const component = componentAround(place.block)
  const event = component === undefined ? started.event : undefined
  const scope = {
    inputs: sight.payloads.value(component?.input ?? started.input),
    steps,
    run: runFacts(state),
    ...(event === undefined ? {} : { event: sight.payloads.value(event) }),
  }
  return place.block.owner === undefined && state.after === undefined
    ? scope
    : { ...scope, ...around(sight, state, place.block) }
}

function outputOf(sight: Sight, from: BlockFrame, id: string): Json | undefined {
  for (let block: BlockFrame | undefined = from; block !== undefined; block = block.owner?.parent) {
    const held = block.outputs.get(id)
    if (held !== undefined) return sight.payloads.value(held)
    if (block.owner?.step.kind === 'component') return undefined
  }
  return undefined
}

/** The component that the block is in, if it is in one: what is around that is not seen. */
function componentAround(from: BlockFrame): ComponentFrame | undefined {
  for (let block = from; block.owner !== undefined; block = block.owner.parent) {
    if (block.owner.step.kind === 'component') return block.owner as ComponentFrame
  }
  return undefined
}

const factsOf = new WeakMap<RunState, Json>()

function runFacts(state: RunState): Json {
  let facts = factsOf.get(state)
  if (facts === undefined) {
    const { run, flow, at, source } = state.started
    const commit = source.commit ?? null
    facts = { id: run, flow, startedAt: printInstant(at), commit }
    factsOf.set(state, facts)
  }
  return facts
}

/** Names that the blocks around give: the innermost of each wins. */
function around(sight: Sight, state: RunState, from: BlockFrame): Partial<Scope> {
  const names: Record<string, Json> = {}
  let turn: Json | undefined
  let error: Json | undefined
  let branches: Record<string, { output: Json }> | undefined
  let block: BlockFrame = from
  for (; block.owner !== undefined; block = block.owner.parent) {
    const owner = block.owner
    if (owner.step.kind === 'component') break
    switch (owner.step.kind) {
      case 'each': {
        const item = itemsOf(sight, state, owner as EachFrame)[block.index] ?? null
        if (!Object.hasOwn(names, owner.step.as)) names[owner.step.as] = item
        turn ??= { index: block.index, previous: null }
        break
      }
      case 'while':
        turn ??= turnOf(sight, owner as WhileFrame)
        break
      case 'try':
        error ??= errorOf(owner as TryFrame)
        break
      case 'parallel':
        branches ??= branchesOf(sight, owner as ParallelFrame)
        break
      default:
    }
  }
  if (block === state.after && state.closing?.kind === 'error') error ??= shown(state.closing.error)
  return {
    names,
    ...(turn === undefined ? {} : { turn }),
    ...(error === undefined ? {} : { error }),
    ...(branches === undefined ? {} : { branches }),
  }
}

function errorOf(frame: TryFrame): Json | undefined {
  return frame.part !== 'catch' || frame.error === undefined ? undefined : shown(frame.error)
}

function shown({ code, message, data }: Failure): Json {
  return { code, message, data: data ?? null }
}

/** The items of an `each`: evaluated when first needed, the same at every replay. */
export function itemsOf(sight: Sight, state: RunState, frame: EachFrame): readonly Json[] {
  if (frame.items !== undefined) return frame.items
  const items = evaluate(sight, state, { template: frame.step.in, block: frame.parent })
  if (frame.phase === 'open' && (items as readonly Json[]).length !== frame.count) {
    throw new IonError(
      'JOURNAL_DIVERGED',
      `"${frame.path}" had ${frame.count} items when it began and has another number now.`,
    )
  }
  frame.items = items as readonly Json[]
  return frame.items
}

/** what `turn` is in the condition and the body of a `while`. */
export function turnOf(sight: Sight, frame: WhileFrame): Json {
  return { index: frame.turn, previous: sight.payloads.value(frame.previous) }
}

/** What `branches` is inside and at the end of a `parallel`. */
export function branchesOf(
  sight: Sight,
  frame: ParallelFrame,
): Record<string, { readonly output: Json }> {
  return Object.fromEntries(
    branchEntries(frame).map(([name, held]) => [name, { output: sight.payloads.value(held) }]),
  )
}

/** Evaluates with more names than the place gives by itself. */
export function evaluateWith(
  sight: Sight,
  state: RunState,
  place: { readonly template: Template; readonly block: BlockFrame; readonly more: Partial<Scope> },
): Json {
  const compiled = sight.program.compiled(place.template)
  const scope = scopeAt(sight, state, { refs: compiled.refs, block: place.block })
  return compiled.evaluate({ ...scope, ...place.more })
}
