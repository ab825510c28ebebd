/**
 * A small world and the steps that the tests of names and types are made of.
 */
import type { Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Flow, Step } from '#engine/dsl/flow.ts'
import { checkNames } from '#engine/dsl/names.ts'
import type { World } from '#engine/dsl/world.ts'

const log = {
  name: 'std/git/log',
  version: '1.0.0',
  effects: 'read',
  capabilities: {},
  input: {
    type: 'object',
    required: ['from'],
    properties: { from: { type: 'string' }, max: { type: 'integer' } },
  },
  output: {
    type: 'array',
    items: {
      type: 'object',
      required: ['hash'],
      properties: { hash: { type: 'string' }, by: { $ref: '#/$defs/who' } },
    },
    $defs: { who: { type: 'object', properties: { name: { type: 'string' } } } },
  },
} as const

const world: World = {
  findAction: (name) => (name === log.name ? log : undefined),
  findFlow: (id) =>
    id === 'child'
      ? {
          id,
          file: 'child.flow.yaml',
          inputs: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
        }
      : undefined,
  actionNames: () => [log.name],
  flowIds: () => ['child'],
  readText: () => undefined,
}

const inputs = {
  type: 'object',
  properties: { n: { type: 'integer' }, name: { type: 'string' }, list: { type: 'array' } },
} as const

export function check(steps: readonly Json[], more: Partial<Flow> = {}): readonly Problem[] {
  const flow: Flow = { dsl: 'flux/1', id: 'f', inputs, steps: steps as unknown as Step[], ...more }
  return checkNames(flow, world)
}

/** A step that names `source`. */
export function says(source: string, id = 'x'): Json {
  return { id, let: `\${{ ${source} }}` }
}

export const a: Json = { id: 'a', let: 1 }
export const use: Json = { id: 'log', use: 'std/git/log@^1', with: { from: 'HEAD' } }
export const gate: Json = {
  id: 'gate',
  if: '${{ inputs.n > 1 }}',
  then: [{ id: 'yes', let: { k: 1 } }],
  else: [{ id: 'no', let: { k: 2 } }],
}
export const loop: Json = {
  id: 'loop',
  each: { in: '${{ steps.log.output }}', as: 'commit' },
  steps: [{ id: 'one', let: '${{ commit.hash + string(turn.index) }}' }],
}
