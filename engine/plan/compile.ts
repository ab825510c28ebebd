/**
 * Compiles a checked flow to a plan: plain data that names its code by digest.
 *
 * Pure: what the flow refers to has been resolved before (`Resolution`), so the same flow and
 * the same code give the same `execDigest` on every machine. Descriptions and triggers are
 * left out, because they change nothing of what a run does.
 */
import { canonical } from '#engine/core/canonical.ts'
import { type Digest, digestOf } from '#engine/core/digest.ts'
import { type Json, pointer } from '#engine/core/json.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import type { ComponentStep, Flow, ParallelStep, RaceStep, Step } from '#engine/dsl/flow.ts'
import type { SwitchStep, TryStep, WhileStep } from '#engine/dsl/flow.ts'
import type { Template } from '#engine/dsl/template.ts'

import { agent, call, transform, use } from './calls.ts'
import { each, pages } from './each.ts'
import { componentOf } from './component.ts'
import {
  type Compiler,
  type Made,
  missing,
  optional,
  type Place,
  type Resolution,
  template,
} from './compiling.ts'
import { gatesOf } from './gates.ts'
import type { Block, Plan, PlanStep } from './plan.ts'
import { limitOf, retryOf } from './timing.ts'
import { type Around, waitOf, waits } from './waits.ts'

export type { Resolution, ResolvedAction } from './compiling.ts'

export interface Compiled {
  /** Absent when there are errors. */
  readonly plan?: Plan
  readonly problems: readonly Problem[]
}

/**
 * Compiles `flow`. Never throws: a reference without a resolution is a problem.
 *
 * @example
 * const { plan, problems } = compile(flow, resolution)
 */
export function compile(flow: Flow, resolution: Resolution): Compiled {
  const at: Compiler = { resolution, components: resolution.components, problems: [] }
  const body = block(at, { steps: flow.steps, path: '/steps' })
  const outputs = optional(at, flow.outputs, '/outputs')
  const plan: Plan = {
    $type: 'ionflux.plan/v1',
    flow: flow.id,
    body,
    permissions: { ...flow.permissions },
    ...gatesOf(at, flow),
    ...onFailure(at, flow.on_failure),
    ...(flow.inputs === undefined ? {} : { inputs: flow.inputs }),
    ...(flow.returns === undefined ? {} : { returns: flow.returns }),
    ...(outputs === undefined ? {} : { outputs }),
    ...limitOf(flow.timeout),
  }
  return hasErrors(at.problems) ? { problems: at.problems } : { plan, problems: at.problems }
}

/** The plan as the bytes that its digest is over, and that the content store keeps. */
export function printPlan(plan: Plan): string {
  return canonical(plan as unknown as Json)
}

/** What approvals, caches and journals key on (DESIGN 5). */
export function execDigest(plan: Plan): Digest {
  return digestOf(plan as unknown as Json)
}

function block(
  at: Compiler,
  from: { readonly steps: readonly Step[]; readonly path: string; readonly output?: Template },
): Block {
  const steps = from.steps.map((step, index) => stepAt(at, { step, path: `${from.path}/${index}` }))
  return from.output === undefined ? { steps } : { steps, output: from.output }
}

function stepAt(at: Compiler, { step, path }: Place<Step>): PlanStep {
  const timed = 'timeout' in step ? limitOf(step.timeout) : {}
  const base = { id: step.id, ...timed, ...('retry' in step ? retryOf(step.retry) : {}) }
  const see = (value: Json, key: string): Template => template(at, value, path + pointer(key))
  if ('use' in step) return { ...base, ...use(at, { step, path }) }
  if ('transform' in step) return { ...base, ...transform(at, { step, path }) }
  if ('flow' in step) return { ...base, ...call(at, { step, path }) }
  if ('agent' in step) return { ...base, ...agent(at, { step, path }) }
  if ('component' in step) return { ...base, ...component(at, { step, path }) }
  if ('if' in step) {
    const output = optional(at, step.output, `${path}/output`)
    const into = (steps: readonly Step[], key: string): Block =>
      inside(at, { steps, path: path + key, output })
    const otherwise = step.else === undefined ? {} : { else: into(step.else, '/else') }
    return {
      ...base,
      kind: 'if',
      when: see(step.if, 'if'),
      then: into(step.then, '/then'),
      ...otherwise,
    }
  }
  if ('switch' in step) return { ...base, ...choice(at, { step, path }) }
  if ('each' in step) {
    const body = inside(at, {
      steps: step.steps,
      path: `${path}/steps`,
      output: optional(at, step.output, `${path}/output`),
    })
    if ('pages' in step.each) return { ...base, ...pages(at, { each: step.each, path, body }) }
    return { ...base, ...each(at, { each: step.each, path, body }) }
  }
  if ('while' in step) return { ...base, ...loop(at, { step, path }) }
  if ('parallel' in step) return { ...base, ...parallel(at, { step, path }) }
  if ('race' in step) return { ...base, ...race(at, { step, path }) }
  if ('try' in step) return { ...base, ...attempt(at, { step, path }) }
  if ('sleep' in step) return { ...base, kind: 'sleep', for: see(step.sleep, 'sleep') }
  if ('until' in step) return { ...base, kind: 'until', at: see(step.until, 'until') }
  if (waits(step)) return { ...base, ...waitOf(around(at), { step, path }) }
  if ('let' in step) return { ...base, kind: 'let', value: see(step.let, 'let') }
  if ('return' in step) return { ...base, kind: 'return', value: see(step.return, 'return') }
  if ('assert' in step) {
    const message = optional(at, step.message, `${path}/message`)
    const said = message === undefined ? {} : { message }
    return { ...base, kind: 'assert', when: see(step.assert, 'assert'), ...said }
  }
  const fail = typeof step.fail === 'string' ? { message: step.fail } : step.fail
  const data = optional(at, fail.data, `${path}/fail/data`)
  const message = template(at, fail.message, `${path}/fail`)
  const code = fail.code ?? 'RUN_FAILED_BY_FLOW'
  return { ...base, kind: 'fail', code, message, ...(data === undefined ? {} : { data }) }
}

/** What compiling in files beside this one needs of it. */
function around(at: Compiler): Around {
  return {
    template: (value, place) => template(at, value, place),
    block: (steps, path) => block(at, { steps, path }),
  }
}

function onFailure(at: Compiler, steps: Flow['on_failure']): { readonly onFailure?: Block } {
  return steps === undefined ? {} : { onFailure: block(at, { steps, path: '/on_failure' }) }
}

function component(at: Compiler, { step, path }: Place<ComponentStep>): Made<'component'> {
  const used = at.components?.find(step.component)
  const what = `component "${step.component}"`
  if (used === undefined) missing(at, { what, path: `${path}/component` })
  const components = used?.components
  const inner: Compiler = { ...at, components, file: components?.file ?? '' }
  return componentOf({ outside: around(at), inside: around(inner) }, { step, path, used })
}

function choice(at: Compiler, { step, path }: Place<SwitchStep>): Made<'switch'> {
  const output = optional(at, step.output, `${path}/output`)
  const cases = Object.entries(step.cases).map(([when, steps]) => ({
    when,
    block: inside(at, { steps, path: `${path}/cases${pointer(when)}`, output }),
  }))
  const value = template(at, step.switch, `${path}/switch`)
  const last = inside(at, { steps: step.default, path: `${path}/default`, output })
  return { kind: 'switch', value, cases, default: last }
}

function loop(at: Compiler, { step, path }: Place<WhileStep>): Made<'while'> {
  const output = optional(at, step.output, `${path}/output`)
  const when = template(at, step.while, `${path}/while`)
  const body = inside(at, { steps: step.steps, path: `${path}/steps`, output })
  return { kind: 'while', when, max: step.max, body }
}

function parallel(at: Compiler, { step, path }: Place<ParallelStep>): Made<'parallel'> {
  const branches = Object.entries(step.parallel).map(([name, one]) => {
    const here = `${path}/parallel${pointer(name)}`
    if (!('steps' in one)) return { name, needs: [], block: block(at, { steps: one, path: here }) }
    const output = optional(at, one.output, `${here}/output`)
    const steps = inside(at, { steps: one.steps, path: `${here}/steps`, output })
    return { name, needs: one.needs ?? [], block: steps }
  })
  const output = optional(at, step.output, `${path}/output`)
  const join = step.join ?? 'all'
  return { kind: 'parallel', branches, join, ...(output === undefined ? {} : { output }) }
}

function race(at: Compiler, { step, path }: Place<RaceStep>): Made<'race'> {
  const branches = Object.entries(step.race).map(([name, one]) => {
    const here = `${path}/race${pointer(name)}`
    if (!('steps' in one)) return { name, block: block(at, { steps: one, path: here }) }
    const output = optional(at, one.output, `${here}/output`)
    return { name, block: inside(at, { steps: one.steps, path: `${here}/steps`, output }) }
  })
  return { kind: 'race', branches }
}

function attempt(at: Compiler, { step, path }: Place<TryStep>): Made<'try'> {
  const output = optional(at, step.output, `${path}/output`)
  const last = step.finally
  return {
    kind: 'try',
    body: inside(at, { steps: step.try, path: `${path}/try`, output }),
    catches: catches(at, { step, path }),
    ...(last === undefined ? {} : { finally: block(at, { steps: last, path: `${path}/finally` }) }),
  }
}

function catches(
  at: Compiler,
  { step, path }: Place<TryStep>,
): Extract<PlanStep, { kind: 'try' }>['catches'] {
  const clauses = step.catch ?? []
  if (isSteps(clauses)) return [{ block: block(at, { steps: clauses, path: `${path}/catch` }) }]
  return clauses.map((clause, index) => {
    const taken = block(at, { steps: clause.steps, path: `${path}/catch/${index}/steps` })
    return clause.on === undefined ? { block: taken } : { on: clause.on, block: taken }
  })
}

/** A list of steps takes every error; a list of clauses says which. */
function isSteps(clauses: NonNullable<TryStep['catch']>): clauses is readonly Step[] {
  return clauses.length > 0 && clauses.every((one) => 'id' in one)
}

function inside(
  at: Compiler,
  from: {
    readonly steps: readonly Step[]
    readonly path: string
    readonly output: Template | undefined
  },
): Block {
  const { steps, path, output } = from
  return block(at, output === undefined ? { steps, path } : { steps, path, output })
}
