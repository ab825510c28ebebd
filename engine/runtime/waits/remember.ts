/**
 * What a `state` step asks for, evaluated: the key, the value, the version that must be there.
 */
import { assert, IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import type { Template } from '#engine/dsl/template.ts'
import type { Command } from '#engine/runtime/decider/command.ts'
import type { PlainFrame } from '#engine/runtime/decider/frames.ts'
import { evaluate, type Sight } from '#engine/runtime/decider/scope.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'

export function remembers(sight: Sight, state: RunState, frame: PlainFrame): Command {
  const { step, path, parent: block } = frame
  assert(step.kind === 'state', 'only a state step remembers')
  const see = (template: Template): Json => evaluate(sight, state, { template, block })
  const { does, value, expected } = step
  return {
    kind: 'useState',
    path,
    does,
    key: text(see(step.key)),
    ...(value === undefined ? {} : { value: see(value) }),
    ...(expected === undefined ? {} : { expected: version(see(expected), path) }),
  }
}

function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function version(value: Json, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  const shown = JSON.stringify(value).slice(0, 80)
  const message = `"expected" of "${path}" is ${shown}; write a version, as a get gives it.`
  throw new IonError('RUN_EXPRESSION_FAILED', message)
}
