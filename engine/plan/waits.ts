/**
 * Compiles the steps that wait for others: `await`.
 */
import type { Json } from '#engine/core/json.ts'
import type {
  AwaitStep as WrittenAwait,
  EmitStep as WrittenEmit,
  ApproveStep as WrittenApprove,
  StateStep as WrittenState,
  Step,
} from '#engine/dsl/flow.ts'
import type { Template } from '#engine/dsl/template.ts'

import type { Block } from './plan.ts'
import type { ApproveStep, AwaitStep, EmitStep, StateStep } from './waiting.ts'

/** What compiling a step asks of the flow around it. */
export interface Around {
  /** The template that stands at the pointer `at`. */
  template(value: Json, at: string): Template
  block(steps: readonly Step[], at: string): Block
}

/** The steps that are compiled here. */
type Written = WrittenAwait | WrittenEmit | WrittenApprove | WrittenState

export function waits(step: Step): step is Written {
  return 'await' in step || 'emit' in step || 'approve' in step || 'state' in step
}

/** The step at the pointer `path`. */
export function waitOf(
  around: Around,
  { step, path }: { readonly step: Written; readonly path: string },
): Omit<AwaitStep, 'id'> | Omit<EmitStep, 'id'> | Omit<ApproveStep, 'id'> | Omit<StateStep, 'id'> {
  if ('state' in step) return stateOf(around, { step, path })
  if ('approve' in step) return approveOf(around, { step, path })
  return 'emit' in step ? emitOf(around, { step, path }) : awaitOf(around, { step, path })
}

function emitOf(
  around: Around,
  { step, path }: { readonly step: WrittenEmit; readonly path: string },
): Omit<EmitStep, 'id'> {
  const { event, data, key } = step.emit
  const see = (name: string, value: Json): Template =>
    around.template(value, `${path}/emit/${name}`)
  return {
    kind: 'emit',
    event: see('event', event),
    ...(data === undefined ? {} : { data: see('data', data) }),
    ...(key === undefined ? {} : { key: see('key', key) }),
  }
}

function awaitOf(
  around: Around,
  { step, path }: { readonly step: WrittenAwait; readonly path: string },
): Omit<AwaitStep, 'id'> {
  const { signal, event, match, where, count, timeout, on_timeout: late } = step.await
  const on = signal === undefined ? 'event' : 'signal'
  const here = `${path}/await`
  const see = (key: string, value: Json): Template => around.template(value, `${here}/${key}`)
  return {
    kind: 'await',
    on,
    topic: see(on, signal ?? event ?? ''),
    count: count ?? 1,
    ...(match === undefined ? {} : { match: see('match', match) }),
    ...(where === undefined ? {} : { where: see('where', where) }),
    ...(timeout === undefined ? {} : { within: see('timeout', timeout) }),
    ...(late === undefined || late === 'fail'
      ? {}
      : { onTimeout: around.block(late, `${here}/on_timeout`) }),
    ...(step.output === undefined
      ? {}
      : { output: around.template(step.output, `${path}/output`) }),
  }
}

/** The `approve` at the pointer `path`. */
function approveOf(
  around: Around,
  { step, path }: { readonly step: WrittenApprove; readonly path: string },
): Omit<ApproveStep, 'id'> {
  const { ask, show, form, by, quorum, timeout, on_timeout: late, escalate } = step.approve
  const here = `${path}/approve`
  const see = (key: string, value: Json): Template => around.template(value, `${here}/${key}`)
  const isSteps = typeof late === 'object'
  return {
    kind: 'approve',
    ask: see('ask', ask),
    by: see('by', by ?? ['anyone']),
    quorum: quorum ?? 1,
    onTimeout: isSteps ? around.block(late, `${here}/on_timeout`) : (late ?? 'fail'),
    ...(show === undefined ? {} : { show: see('show', show) }),
    ...(form === undefined ? {} : { form }),
    ...(timeout === undefined ? {} : { within: see('timeout', timeout) }),
    ...(escalate === undefined
      ? {}
      : {
          escalate: {
            after: see('escalate/after', escalate.after),
            to: see('escalate/to', escalate.to),
          },
        }),
  }
}

/** The `state` at the pointer `path`. */
function stateOf(
  around: Around,
  { step, path }: { readonly step: WrittenState; readonly path: string },
): Omit<StateStep, 'id'> {
  const { get, set, delete: gone, value, default: otherwise, expected } = step.state
  const does = get !== undefined ? 'get' : set !== undefined ? 'set' : 'delete'
  const see = (key: string, one: Json): Template => around.template(one, `${path}/state/${key}`)
  const [key, given] = does === 'get' ? ['default', otherwise] : ['value', value]
  return {
    kind: 'state',
    does,
    key: see(does, get ?? set ?? gone ?? ''),
    ...(given === undefined ? {} : { value: see(key as string, given as Json) }),
    ...(expected === undefined ? {} : { expected: see('expected', expected) }),
  }
}
