/**
 * Decides the steps that need nobody else: `let`, `return`, `sleep`, `until`, `assert`, `fail`
 * and `emit`, and what a `component` is given.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { withDefaults } from '#engine/core/schema/defaults.ts'

import { remembers } from '#engine/runtime/waits/remember.ts'

import { emits } from './await.ts'
import { type Command, condition, record, yields } from './command.ts'
import type { ComponentFrame, PlainFrame } from './frames.ts'
import { evaluate, type Sight } from './scope.ts'
import type { RunState } from './state.ts'
import { wakeInstant } from '#engine/runtime/waits/instant.ts'

export function plain(sight: Sight, state: RunState, frame: PlainFrame): Command {
  const { step, path, parent: block } = frame
  const at = state.now
  const see = (template: Parameters<typeof evaluate>[2]['template']): Json =>
    evaluate(sight, state, { template, block })
  switch (step.kind) {
    case 'let':
    case 'return':
      return yields(sight, state, { path, output: see(step.value) })
    case 'emit':
      return emits(sight, state, frame)
    case 'state':
      return remembers(sight, state, frame)
    case 'sleep':
      return record({ kind: 'timer.set', path, at, due: wakeInstant({ for: see(step.for) }, at) })
    case 'until':
      return record({ kind: 'timer.set', path, at, due: wakeInstant({ at: see(step.at) }, at) })
    case 'assert': {
      if (condition(see(step.when), path)) return yields(sight, state, { path, output: null })
      const said = step.message === undefined ? `"${path}" does not hold.` : text(see(step.message))
      const error = { code: 'RUN_ASSERTION_FAILED', message: said }
      return record({ kind: 'step.failed', path, attempt: 1, at, error })
    }
    case 'fail': {
      const error = { code: step.code, message: text(see(step.message)) }
      const data = step.data === undefined ? {} : { data: bounded(see(step.data), path) }
      return record({ kind: 'step.failed', path, attempt: 1, at, error: { ...error, ...data } })
    }
  }
}

function bounded(data: Json, path: string): Json {
  if (JSON.stringify(data).length <= limits.failureDataCharsMax) return data
  throw new IonError(
    'RUN_LIMIT_EXCEEDED',
    `The data of the failure at "${path}" is larger than ${limits.failureDataCharsMax} characters.`,
  )
}

function text(value: Json): string {
  const whole = typeof value === 'string' ? value : JSON.stringify(value)
  return whole.slice(0, limits.failureMessageCharsMax)
}

/** Evaluates the parameters of a component, where it stands. */
export function openComponent(sight: Sight, state: RunState, frame: ComponentFrame): Command {
  const { step, path, parent: block } = frame
  const given: Json =
    step.with === undefined ? {} : evaluate(sight, state, { template: step.with, block })
  const input = sight.payloads.hold(withDefaults(step.inputs, given))
  return record({ kind: 'component.opened', path, at: state.now, input })
}
