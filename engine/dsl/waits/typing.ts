/**
 * Types of steps that wait: what `event` is in their expressions, and what they yield.
 */
import type { Json } from '#engine/core/json.ts'
import type { ApproveStep, AwaitStep, EmitStep, StateStep, Step } from '#engine/dsl/flow.ts'
import { check, checkKind, type Walk } from '#engine/dsl/typing/place.ts'
import { typeOfSchema } from '#engine/dsl/typing/schema.ts'
import type { Sight } from '#engine/dsl/typing/sight.ts'
import {
  any,
  fieldsOf,
  listOf,
  recordOf,
  simple,
  type Type,
  unionOf,
} from '#engine/dsl/typing/type.ts'

export interface WaitPlace<S> {
  readonly step: S
  /** Pointer of the step. */
  readonly at: string
  readonly sight: Sight
}

/** Checks a list of steps inside; gives the type of what it yields. */
export type WalkInside = (steps: readonly Step[], at: string, sight: Sight) => Type

const text = simple('string')

/** The type of what the `await` yields. */
export function ofAwait(
  walk: Walk,
  { step, at, sight }: WaitPlace<AwaitStep>,
  inside: WalkInside,
): Type {
  const { signal, event, match, where, count, timeout, on_timeout: late } = step.await
  const here = `${at}/await`
  const isSignal = signal !== undefined
  const kind = (key: string, value: Json, kinds: Parameters<typeof checkKind>[1]['kinds']): Type =>
    checkKind(walk, { value, at: `${here}/${key}`, sight, kinds, key })
  const topic = signal ?? event
  if (topic !== undefined) kind(isSignal ? 'signal' : 'event', topic, ['string'])
  if (match !== undefined) check(walk, { value: match, at: `${here}/match`, sight })
  if (timeout !== undefined) kind('timeout', timeout, ['string', 'number', 'int', 'duration'])
  const came = { ...sight, event: messageOf(isSignal) }
  if (where !== undefined) {
    const place = { value: where, at: `${here}/where`, sight: came, key: 'where' } as const
    checkKind(walk, { ...place, kinds: ['bool'] })
  }
  const one =
    step.output === undefined
      ? came.event
      : check(walk, { value: step.output, at: `${at}/output`, sight: came })
  const taken = count === undefined || count === 1 ? one : listOf(one)
  if (!isSteps(late)) return taken
  return unionOf([taken, inside(late, `${here}/on_timeout`, sight)])
}

/** Steps, and not the word for what happens instead; a file half typed may have any word. */
function isSteps(late: unknown): late is readonly Step[] {
  return Array.isArray(late)
}

/** The type of what the `approve` yields. */
export function ofApprove(
  walk: Walk,
  { step, at, sight }: WaitPlace<ApproveStep>,
  inside: WalkInside,
): Type {
  const { ask, show, form, by, timeout, on_timeout: late, escalate } = step.approve
  const here = `${at}/approve`
  const kind = (key: string, value: Json, kinds: Parameters<typeof checkKind>[1]['kinds']): Type =>
    checkKind(walk, { value, at: `${here}/${key}`, sight, kinds, key })
  const times = ['string', 'number', 'int', 'duration'] as const
  check(walk, { value: ask, at: `${here}/ask`, sight })
  const shown = show === undefined ? none : check(walk, { value: show, at: `${here}/show`, sight })
  if (by !== undefined) kind('by', by as Json, ['list', 'string'])
  if (timeout !== undefined) kind('timeout', timeout, times)
  if (escalate !== undefined) {
    kind('escalate/after', escalate.after, times)
    kind('escalate/to', escalate.to as Json, ['list', 'string'])
  }
  const filled = form === undefined ? none : typeOfSchema(form)
  const vote = { by: text, at: text, reason: orNull, form: unionOf([filled, none]) }
  const granted = recordOf({
    approved: simple('bool'),
    by: late === 'approve' ? orNull : text,
    at: late === 'approve' ? orNull : text,
    reason: orNull,
    form: late === 'approve' ? unionOf([filled, none]) : filled,
    show: shown,
    digest: text,
    votes: listOf(recordOf(vote)),
  })
  if (!isSteps(late)) return granted
  return unionOf([granted, inside(late, `${here}/on_timeout`, sight)])
}

const none = simple('null')
const orNull = unionOf([text, none])

/** The type of what a `state` yields. */
export function ofState(walk: Walk, { step, at, sight }: WaitPlace<StateStep>): Type {
  const { get, set, delete: gone, value, default: otherwise, expected } = step.state
  const here = `${at}/state`
  const word = get !== undefined ? 'get' : set !== undefined ? 'set' : 'delete'
  const kinds = ['string', 'number', 'int'] as const
  const key = get ?? set ?? gone
  if (key !== undefined)
    checkKind(walk, { value: key, at: `${here}/${word}`, sight, kinds, key: word })
  if (value !== undefined) check(walk, { value, at: `${here}/value`, sight })
  if (otherwise !== undefined) check(walk, { value: otherwise, at: `${here}/default`, sight })
  if (expected !== undefined) {
    const place = { value: expected as Json, at: `${here}/expected`, sight, key: 'expected' }
    checkKind(walk, { ...place, kinds: ['number', 'int'] })
  }
  const now = { value: any, version: simple('integer') }
  return get === undefined ? recordOf({ ...now, before: any }) : recordOf(now)
}

/** The type of what an `emit` yields. */
export function ofEmit(walk: Walk, { step, at, sight }: WaitPlace<EmitStep>): Type {
  const { event, data, key } = step.emit
  const here = `${at}/emit`
  const kinds = ['string'] as const
  checkKind(walk, { value: event, at: `${here}/event`, sight, kinds, key: 'event' })
  if (data !== undefined) check(walk, { value: data, at: `${here}/data`, sight })
  if (key !== undefined) check(walk, { value: key, at: `${here}/key`, sight })
  return recordOf({ id: text, subject: text })
}

function messageOf(isSignal: boolean): Type & { readonly kind: 'map' } {
  const field = (type: Type, isOptional = false): { type: Type; isOptional: boolean } => ({
    type,
    isOptional,
  })
  return {
    kind: 'map',
    fields: fieldsOf([
      ['id', field(text)],
      [isSignal ? 'name' : 'subject', field(text)],
      ['data', field(any)],
      ['at', field(text)],
      isSignal ? ['by', field(text, true)] : ['key', field(text, true)],
    ]),
  }
}
