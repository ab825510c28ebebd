/**
 * Which kind a step is: exactly one of its keys says so.
 *
 * The schema lists the kinds once (`allOf` of "if it has this key, it is that step");
 * the words below are for steps that have none of them, or several.
 */
import type { JsonObject } from '#engine/core/json.ts'
import { pointer } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import { rename } from './fixes.ts'
import type { ShapeNode, Shaping } from './node.ts'

interface StepUnion extends ShapeNode {
  readonly allOf: readonly ShapeNode[]
}

export function isStepUnion(node: ShapeNode): node is StepUnion {
  return node.allOf !== undefined
}

/** The problem with the kind keys of a step; undefined when there is exactly one. */
export function stepProblem(
  shaping: Shaping,
  union: StepUnion,
  { value, at }: { value: JsonObject; at: string },
): Problem | undefined {
  const kinds = union.allOf.flatMap((branch) => branch.if?.required ?? [])
  const present = kinds.filter((kind) => Object.hasOwn(value, kind))
  if (present.length === 1) return undefined
  const [first, ...others] = present
  if (first === undefined) return noKind(shaping, kinds, { value, at })
  const list = present.map((kind) => `"${kind}"`).join(' and ')
  return {
    code: 'DSL_STEP_KIND',
    severity: 'error',
    message: `The step has ${list}; a step does one thing.`,
    at: at + pointer(others.at(-1) ?? first),
    related: [{ message: 'It has this one too.', at: at + pointer(first) }],
    help: present.includes('if') ? conditional(present) : 'Make each of them a step of its own.',
  }
}

/** A condition is no property of a step here; people who come from elsewhere expect one. */
function conditional(present: readonly string[]): string {
  const other = present.find((kind) => kind !== 'if') ?? 'use'
  return `A condition is a step around others: { id: …, if: …, then: [{ id: …, ${other}: … }] }.`
}

function noKind(
  { document }: Shaping,
  kinds: readonly string[],
  { value, at }: { value: JsonObject; at: string },
): Problem {
  const bare = { code: 'DSL_STEP_KIND', severity: 'error' } as const
  const plain = new Set([
    'id',
    'description',
    'with',
    'retry',
    'timeout',
    'output',
    'steps',
    'compensate',
  ])
  for (const key of Object.keys(value)) {
    const meant = plain.has(key) ? undefined : suggest(key, kinds)
    if (meant === undefined) continue
    const edits = [rename(document, document.span(at + pointer(key), 'key'), meant)]
    return {
      ...bare,
      message: `The step does not say what to do: "${key}" is not a kind of step.`,
      at: at + pointer(key),
      help: `Did you mean "${meant}"?`,
      fix: { title: `Rename the key to ${meant}`, applicability: 'safe', edits },
    }
  }
  const message = 'The step does not say what to do.'
  return { ...bare, message, at, help: `Give it one of: ${kinds.join(', ')}.` }
}
