/**
 * A second reading of the language: a plan evaluated by plain recursion, without journal,
 * frames or time. What a run gives must equal what this gives.
 *
 * `isRacy` says that the outcome hangs on who is first (a join, siblings that fail, a
 * deadline); then there is nothing to compare.
 */
import type { Failure } from '#engine/core/error.ts'
import { isTransient, toFailure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { compileTemplate, type Scope, type Template } from '#engine/dsl/template.ts'
import type { Block, CallStep, FlowStep, Plan, PlanStep, RetryPolicy } from '#engine/plan/plan.ts'

import type { Built } from './build.ts'
import { answerOf } from './world.ts'

export type Ending =
  | { readonly kind: 'done'; readonly output: Json }
  | { readonly kind: 'failed'; readonly code: string }

export interface Reading {
  readonly ending: Ending
  readonly isRacy: boolean
}

type Leave =
  | { readonly leave: 'error'; readonly error: Failure }
  | { readonly leave: 'return'; readonly output: Json }
type Result = { readonly output: Json } | Leave

interface Reader {
  readonly built: Built
  isRacy: boolean
}

/** Evaluates the main flow of `built` for a run with this input. */
export function read(built: Built, facts: { readonly run: Json; readonly input: Json }): Reading {
  const reader: Reader = { built, isRacy: false }
  const ending = flow(reader, { plan: built.main, ...facts })
  return { ending, isRacy: reader.isRacy }
}

function flow(
  reader: Reader,
  one: { readonly plan: Plan; readonly run: Json; readonly input: Json },
): Ending {
  if (one.plan.timeoutMs !== undefined) reader.isRacy = true
  const scope: Scope = { inputs: one.input, steps: {}, run: one.run }
  const steps: Record<string, { output: Json }> = {}
  const result = block(reader, one.plan.body, { ...scope, steps })
  if ('leave' in result) {
    if (result.leave === 'return') return { kind: 'done', output: result.output }
    return { kind: 'failed', code: result.error.code }
  }
  if (one.plan.outputs === undefined) return { kind: 'done', output: result.output }
  const outputs = see(one.plan.outputs, { ...scope, steps })
  return 'leave' in outputs ? failedOf(outputs) : { kind: 'done', output: outputs.output }
}

function failedOf(result: Leave): Ending {
  return result.leave === 'error'
    ? { kind: 'failed', code: result.error.code }
    : { kind: 'done', output: result.output }
}

function see(template: Template | undefined, scope: Scope): { readonly output: Json } | Leave {
  if (template === undefined) return { output: {} }
  try {
    return { output: compileTemplate(template)(scope) }
  } catch (thrown) {
    return { leave: 'error', error: toFailure(thrown, 'RUN_EXPRESSION_FAILED') }
  }
}

/** Steps write their outputs into `scope.steps`, which the caller made for this block. */
function block(reader: Reader, { steps, output }: Block, scope: Scope): Result {
  let last: Json = null
  const end = steps.at(-1)
  if (end?.kind === 'emit' || end?.kind === 'state' || isDetached(end)) reader.isRacy = true
  for (const one of steps) {
    const result = step(reader, one, scope)
    if ('leave' in result) return result
    last = result.output
    ;(scope.steps as Record<string, { output: Json }>)[one.id] = { output: last }
  }
  return output === undefined ? { output: last } : see(output, scope)
}

function isDetached(step: PlanStep | undefined): boolean {
  return step?.kind === 'flow' && step.detach === true
}

function inside(reader: Reader, one: Block, scope: Scope, more: Partial<Scope> = {}): Result {
  return block(reader, one, { ...scope, ...more, steps: { ...scope.steps } })
}

function step(reader: Reader, one: PlanStep, scope: Scope): Result {
  const isCall = one.kind === 'call'
  if (one.timeoutMs !== undefined && !isCall) reader.isRacy = true
  switch (one.kind) {
    case 'call':
      return call(reader, one, scope)
    case 'flow':
      return child(reader, one, scope)
    case 'let':
      return see(one.value, scope)
    case 'return': {
      const value = see(one.value, scope)
      return 'leave' in value ? value : { leave: 'return', output: value.output }
    }
    case 'sleep':
    case 'until':
      return { output: null }
    case 'state':
    case 'emit':
      return { output: null }
    case 'approve':
    case 'await':
      reader.isRacy = true
      return { output: null }
    case 'fail':
      return { leave: 'error', error: { code: one.code, message: '' } }
    case 'assert': {
      const holds = see(one.when, scope)
      if ('leave' in holds) return holds
      return holds.output === true
        ? { output: null }
        : { leave: 'error', error: { code: 'RUN_ASSERTION_FAILED', message: '' } }
    }
    case 'if': {
      const holds = see(one.when, scope)
      if ('leave' in holds) return holds
      const taken = holds.output === true ? one.then : one.else
      return taken === undefined ? { output: null } : inside(reader, taken, scope)
    }
    case 'switch': {
      const value = see(one.value, scope)
      if ('leave' in value) return value
      const found = one.cases.find(({ when }) => when === JSON.stringify(value.output))
      return inside(reader, found?.block ?? one.default, scope)
    }
    case 'component': {
      const given = see(one.with, scope)
      if ('leave' in given) return given
      const result = block(reader, one.body, { inputs: given.output, run: scope.run, steps: {} })
      const isReturned = 'leave' in result && result.leave === 'return'
      return isReturned ? { output: result.output } : result
    }
    case 'each':
      return each(reader, one, scope)
    case 'while':
      return loop(reader, one, scope)
    case 'parallel':
      return parallel(reader, one, scope)
    case 'race':
      return race(reader, one, scope)
    case 'try':
      return attempt(reader, one, scope)
  }
}

function call(reader: Reader, one: CallStep, scope: Scope): Result {
  const script = reader.built.calls.get(one.id)
  const input = see(one.with, scope)
  if ('leave' in input || script === undefined) return input
  for (let n = 1; ; n++) {
    const { does } = script.attempts[Math.min(n, script.attempts.length) - 1] ?? { does: 'ok' }
    if (does === 'hang') {
      return { leave: 'error', error: { code: 'RUN_STEP_TIMEOUT', message: '' } }
    }
    // Whether the rest is in time hangs on how often a crash began it anew.
    if (one.timeoutMs !== undefined) reader.isRacy = true
    if (does === 'ok') return { output: answerOf(input.output) }
    const code = does === 'bug' ? 'SANDBOX_GUEST_THREW' : 'net'
    if (!isTriedAgain(one.retry, n, code)) return { leave: 'error', error: { code, message: '' } }
  }
}

function isTriedAgain(retry: RetryPolicy | undefined, attempt: number, code: string): boolean {
  if (retry === undefined || attempt >= retry.max) return false
  return retry.on === undefined ? isTransient(code) : retry.on.includes(code)
}

function child(reader: Reader, one: FlowStep, scope: Scope): Result {
  const input = see(one.with, scope)
  if ('leave' in input) return input
  if (isDetached(one)) return { output: null }
  const ending = flow(reader, { plan: reader.built.child, run: scope.run, input: input.output })
  if (ending.kind === 'done') return { output: ending.output }
  return { leave: 'error', error: { code: 'RUN_CHILD_FAILED', message: '' } }
}

function each(reader: Reader, one: Extract<PlanStep, { kind: 'each' }>, scope: Scope): Result {
  const items = see(one.in, scope)
  if ('leave' in items) return items
  const list = items.output as readonly Json[]
  const outputs: Json[] = []
  for (const [index, item] of list.entries()) {
    const turn = { index, previous: null }
    const result = inside(reader, one.body, scope, {
      names: { ...scope.names, [one.as]: item },
      turn,
    })
    if (!('leave' in result)) outputs.push(result.output)
    else if (result.leave === 'return' || one.onError === 'fail') {
      if (one.concurrency > 1 && list.length > 1) reader.isRacy = true
      return result
    } else if (one.onError === 'collect') outputs.push({ error: { code: result.error.code } })
  }
  return { output: outputs }
}

function loop(reader: Reader, one: Extract<PlanStep, { kind: 'while' }>, scope: Scope): Result {
  let previous: Json = null
  for (let index = 0; ; index++) {
    const turn = { index, previous }
    const holds = see(one.when, { ...scope, turn })
    if ('leave' in holds) return holds
    if (holds.output !== true) return { output: previous }
    if (index >= one.max)
      return { leave: 'error', error: { code: 'RUN_LOOP_EXCEEDED', message: '' } }
    const result = inside(reader, one.body, scope, { turn })
    if ('leave' in result) return result
    previous = result.output
  }
}

function parallel(
  reader: Reader,
  one: Extract<PlanStep, { kind: 'parallel' }>,
  scope: Scope,
): Result {
  if (one.join !== 'all') reader.isRacy = true
  const branches: Record<string, { output: Json }> = {}
  // `needs` only name branches before, so the order of the file is an order.
  for (const branch of one.branches) {
    const result = inside(reader, branch.block, scope, { branches })
    if ('leave' in result) {
      if (one.branches.length > 1) reader.isRacy = true
      return result
    }
    branches[branch.name] = { output: result.output }
  }
  if (one.output !== undefined) return see(one.output, { ...scope, branches })
  return {
    output: Object.fromEntries(
      Object.entries(branches).map(([name, { output }]) => [name, output]),
    ),
  }
}

/** Who is first is not known here; with one branch it is that one. */
function race(reader: Reader, one: Extract<PlanStep, { kind: 'race' }>, scope: Scope): Result {
  const [first] = one.branches
  if (one.branches.length > 1) reader.isRacy = true
  if (first === undefined) return { output: null }
  const result = inside(reader, first.block, scope)
  return 'leave' in result ? result : { output: { winner: first.name, output: result.output } }
}

function attempt(reader: Reader, one: Extract<PlanStep, { kind: 'try' }>, scope: Scope): Result {
  let result = inside(reader, one.body, scope)
  if ('leave' in result && result.leave === 'error') {
    const { error } = result
    const taker = one.catches.find(({ on }) => on === undefined || on.includes(error.code))
    const seen = { code: error.code, message: error.message, data: error.data ?? null }
    if (taker !== undefined) result = inside(reader, taker.block, scope, { error: seen })
  }
  if (one.finally === undefined) return result
  const last = inside(reader, one.finally, scope)
  return 'leave' in last ? last : result
}
