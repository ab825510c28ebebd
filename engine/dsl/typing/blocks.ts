/**
 * What each kind of step yields, and what can be seen inside it.
 *
 * One function per kind, in the order of the language (DESIGN 4). A block yields the output
 * of its last step unless it says otherwise.
 */
import type { Json } from '#engine/core/json.ts'
import { pointer } from '#engine/core/json.ts'
import type {
  EachStep,
  IfStep,
  ParallelStep,
  RaceStep,
  Step,
  SwitchStep,
  TryStep,
  WhileStep,
} from '#engine/dsl/flow.ts'

import { ofAgent } from '#engine/dsl/agent/typing.ts'
import { ofComponent } from '#engine/dsl/component/typing.ts'
import { ofPages } from '#engine/dsl/pages/typing.ts'
import { ofApprove, ofAwait, ofEmit, ofState, type WalkInside } from '#engine/dsl/waits/typing.ts'

import { ofCall } from './calls.ts'
import { check, checkKind, checkReturned, type Walk } from './place.ts'
import { jsonTypeOf } from './schema.ts'
import { layerOver, type Sight } from './sight.ts'
import { areClauses, isBranch, isList } from './steps.ts'
import {
  alternatives,
  any,
  fieldsOf,
  listOf,
  recordOf,
  simple,
  unionOf,
  type Type,
} from './type.ts'

interface At<S> {
  readonly step: S
  /** Pointer of the step. */
  readonly at: string
  readonly sight: Sight
}

const none = simple('null')
const text = simple('string')

/** Checks the steps of one list in order; each sees those before it. */
export function walkList(
  walk: Walk,
  list: { readonly steps: readonly Step[]; readonly at: string; readonly sight: Sight },
): { readonly output: Type; readonly sight: Sight } {
  const steps = layerOver(list.sight.steps)
  const sight = { ...list.sight, steps }
  let output: Type = simple('null')
  list.steps.forEach((step, i) => {
    output = jsonTypeOf(typeOfStep(walk, { step, at: list.at + pointer(i), sight }))
    steps.own.set(step.id, output)
  })
  return { output, sight }
}

/** Checks the expressions of one step and gives the type of its output. */
function typeOfStep(walk: Walk, here: At<Step>): Type {
  const { step, at, sight } = here
  if ('use' in step || 'transform' in step || 'flow' in step) {
    return ofCall(walk, { step, at, sight })
  }
  if ('agent' in step) return ofAgent(walk, { step, at, sight })
  if ('component' in step) return ofComponent(walk, { step, at, sight }, walkList)
  if ('if' in step) return ofIf(walk, { step, at, sight })
  if ('switch' in step) return ofSwitch(walk, { step, at, sight })
  if ('each' in step) return ofEach(walk, { step, at, sight })
  if ('while' in step) return ofWhile(walk, { step, at, sight })
  if ('parallel' in step) return ofParallel(walk, { step, at, sight })
  if ('race' in step) return ofRace(walk, { step, at, sight })
  if ('try' in step) return ofTry(walk, { step, at, sight })
  if ('emit' in step) return ofEmit(walk, { step, at, sight })
  if ('state' in step) return ofState(walk, { step, at, sight })
  if ('approve' in step) return ofApprove(walk, { step, at, sight }, insideOf(walk))
  if ('await' in step) return ofAwait(walk, { step, at, sight }, insideOf(walk))
  return ofPlain(walk, here)
}

/** Checks the steps inside of one that waits. */
function insideOf(walk: Walk): WalkInside {
  return (steps, at, sight) => walkList(walk, { steps, at, sight }).output
}

/** The kinds without steps inside and without a call. */
function ofPlain(walk: Walk, { step, at, sight }: At<Step>): Type {
  const kind = (key: string, value: Json, kinds: Parameters<typeof checkKind>[1]['kinds']): Type =>
    checkKind(walk, { value, at: `${at}/${key}`, sight, kinds, key })
  if ('let' in step) return check(walk, { value: step.let, at: `${at}/let`, sight })
  if ('return' in step) {
    const given = check(walk, { value: step.return, at: `${at}/return`, sight })
    checkReturned(walk, { given, at: `${at}/return` })
    return given
  }
  if ('sleep' in step) kind('sleep', step.sleep, ['string', 'number', 'int', 'duration'])
  else if ('until' in step) kind('until', step.until, ['string', 'timestamp'])
  else if ('assert' in step) {
    kind('assert', step.assert, ['bool'])
    if (step.message !== undefined) check(walk, { value: step.message, at: `${at}/message`, sight })
  } else if ('fail' in step) {
    check(walk, { value: step.fail as Json, at: `${at}/fail`, sight })
  }
  return none
}

function ofIf(walk: Walk, { step, at, sight }: At<IfStep>): Type {
  checkKind(walk, { value: step.if, at: `${at}/if`, sight, kinds: ['bool'], key: 'if' })
  const parts = [walkList(walk, { steps: step.then, at: `${at}/then`, sight })]
  parts.push(walkList(walk, { steps: step.else ?? [], at: `${at}/else`, sight }))
  return ofParts(walk, { parts, output: step.output, at, sight })
}

function ofSwitch(walk: Walk, { step, at, sight }: At<SwitchStep>): Type {
  const kinds = ['string', 'number', 'int', 'bool', 'null'] as const
  checkKind(walk, { value: step.switch, at: `${at}/switch`, sight, kinds, key: 'switch' })
  const parts = Object.entries(step.cases).map(([name, steps]) =>
    walkList(walk, { steps, at: `${at}/cases${pointer(name)}`, sight }),
  )
  parts.push(walkList(walk, { steps: step.default, at: `${at}/default`, sight }))
  return ofParts(walk, { parts, output: step.output, at, sight })
}

/** A block of which one part runs: its `output` may name the steps of every part. */
function ofParts(
  walk: Walk,
  block: {
    readonly parts: readonly { readonly output: Type; readonly sight: Sight }[]
    readonly output: Json | undefined
    readonly at: string
    readonly sight: Sight
  },
): Type {
  const { parts, output, at, sight } = block
  if (output === undefined) return unionOf(parts.map((part) => part.output))
  const steps = layerOver(sight.steps)
  for (const part of parts) for (const [id, type] of part.sight.steps.own) steps.own.set(id, type)
  return check(walk, { value: output, at: `${at}/output`, sight: { ...sight, steps } })
}

function ofEach(walk: Walk, { step, at, sight }: At<EachStep>): Type {
  const { as = 'item', on_error: onError } = step.each
  const type = ofItems(walk, { step, at, sight })
  const names = new Map([...sight.names, [as, itemOf(type)]])
  const turn = recordOf({ index: simple('integer'), previous: any })
  const inner = { ...sight, names, turn }
  const body = walkList(walk, { steps: step.steps, at: `${at}/steps`, sight: inner })
  const output = ofParts(walk, { parts: [body], output: step.output, at, sight: body.sight })
  if (onError !== 'collect') return listOf(output)
  return listOf(unionOf([output, recordOf({ error: recordOf({ code: text, message: text }) })]))
}

/** The type of the list that is gone through, or of the items of one page. */
function ofItems(walk: Walk, { step, at, sight }: At<EachStep>): Type {
  if ('pages' in step.each) return ofPages(walk, { id: step.id, each: step.each, at, sight })
  const value = step.each.in as Json
  return checkKind(walk, { value, at: `${at}/each/in`, sight, kinds: ['list'], key: 'in' })
}

/** The items of a list type; the keys are not what `each` goes over. */
function itemOf(list: Type): Type {
  const items = alternatives(list).flatMap((type) => (type.kind === 'list' ? [type.items] : []))
  return items.length === 1 ? (items[0] as Type) : any
}

function ofWhile(walk: Walk, { step, at, sight }: At<WhileStep>): Type {
  const turn = recordOf({ index: simple('integer'), previous: any })
  const inner = { ...sight, turn }
  checkKind(walk, {
    value: step.while,
    at: `${at}/while`,
    sight: inner,
    kinds: ['bool'],
    key: 'while',
  })
  const body = walkList(walk, { steps: step.steps, at: `${at}/steps`, sight: inner })
  const output = ofParts(walk, { parts: [body], output: step.output, at, sight: body.sight })
  return unionOf([output, none])
}

function ofParallel(walk: Walk, { step, at, sight }: At<ParallelStep>): Type {
  const outputs = new Map<string, Type>()
  for (const [name, branch] of inOrder(step.parallel)) {
    const here = `${at}/parallel${pointer(name)}`
    const needs = isBranch(branch) ? (branch.needs ?? []) : []
    const branches = new Map(needs.map((need) => [need, outputs.get(need) ?? any] as const))
    const inner = needs.length === 0 ? withoutBranches(sight) : { ...sight, branches }
    const steps = isBranch(branch) ? branch.steps : branch
    const place = isBranch(branch) ? `${here}/steps` : here
    const body = walkList(walk, { steps, at: place, sight: inner })
    const output = isBranch(branch) ? branch.output : undefined
    outputs.set(name, ofParts(walk, { parts: [body], output, at: here, sight: body.sight }))
  }
  const isAll = step.join === undefined || step.join === 'all'
  const fields = [...outputs].map(([name, type]) => [name, { type, isOptional: !isAll }] as const)
  if (step.output === undefined) return { kind: 'map', fields: fieldsOf(fields) }
  return check(walk, {
    value: step.output,
    at: `${at}/output`,
    sight: { ...sight, branches: outputs },
  })
}

/** Who wins is not known, so the output is that of any branch. */
function ofRace(walk: Walk, { step, at, sight }: At<RaceStep>): Type {
  const outputs = Object.entries(step.race).map(([name, racer]) => {
    const here = `${at}/race${pointer(name)}`
    const isPlain = isList(racer)
    const steps = isPlain ? racer : racer.steps
    const inner = withoutBranches(sight)
    const body = walkList(walk, { steps, at: isPlain ? here : `${here}/steps`, sight: inner })
    const output = isPlain ? undefined : racer.output
    return ofParts(walk, { parts: [body], output, at: here, sight: body.sight })
  })
  return recordOf({ winner: text, output: unionOf(outputs) })
}

function withoutBranches(sight: Sight): Sight {
  const inner: { -readonly [K in keyof Sight]: Sight[K] } = { ...sight }
  delete inner.branches
  return inner
}

type Branches = ParallelStep['parallel']

/** Branches after those they need; what is in a ring or unknown comes as it stands. */
function inOrder(branches: Branches): readonly (readonly [string, Branches[string]])[] {
  const done = new Map<string, Branches[string]>()
  const visit = (name: string, path: readonly string[]): void => {
    const branch = Object.hasOwn(branches, name) ? branches[name] : undefined
    if (branch === undefined || done.has(name) || path.includes(name)) return
    const needs = isBranch(branch) ? (branch.needs ?? []) : []
    for (const need of needs) visit(need, [...path, name])
    done.set(name, branch)
  }
  for (const name of Object.keys(branches)) visit(name, [])
  return [...done]
}

function ofTry(walk: Walk, { step, at, sight }: At<TryStep>): Type {
  const parts = [walkList(walk, { steps: step.try, at: `${at}/try`, sight })]
  const caught = { ...sight, isCaught: true }
  const clauses = step.catch ?? []
  if (areClauses(clauses)) {
    clauses.forEach(({ steps }, i) => {
      parts.push(walkList(walk, { steps, at: `${at}/catch/${i}/steps`, sight: caught }))
    })
  } else if (clauses.length > 0) {
    parts.push(walkList(walk, { steps: clauses, at: `${at}/catch`, sight: caught }))
  }
  walkList(walk, { steps: step.finally ?? [], at: `${at}/finally`, sight })
  return ofParts(walk, { parts, output: step.output, at, sight })
}
