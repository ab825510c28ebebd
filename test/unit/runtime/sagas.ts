/**
 * Flows that undo what they did, in a laboratory, with actions that break in different ways.
 */
import type { Json } from '#engine/core/json.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'
import { lab, type Lab, type LabSetup } from '#test/fake/lab.ts'

export const failure = (code: string): Error => Object.assign(new Error(code), { code })
const book = ['idempotent', (input: Json) => input] as const
const undo = ['idempotent', (input: Json) => input] as const
const broken = [
  'idempotent',
  (): Json => {
    throw failure('net')
  },
] as const
const bug = [
  'idempotent',
  (): Json => {
    throw failure('SANDBOX_GUEST_THREW')
  },
] as const
/** Answers once it is told to stop; what it did stays done. */
const slow = [
  'idempotent',
  (input: Json, { signal }: CallRequest) =>
    new Promise<Json>((resolve) => signal.addEventListener('abort', () => resolve(input))),
] as const
const deaf = ['idempotent', () => new Promise<Json>(() => undefined)] as const

const flow = (steps: readonly string[], rest = ''): string =>
  `dsl: flux/1\nid: demo\n${rest}steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`

export function open(steps: readonly string[], rest = '', setup: Partial<LabSetup> = {}): Lab {
  const actions = { book, undo, broken, bug, slow, deaf, ...setup.actions }
  return lab({ flows: [...(setup.flows ?? []), flow(steps, rest)], actions })
}

export const booked = (id: string, more = ''): string =>
  `{ id: ${id}, use: book, with: { n: ${id} }${more}, compensate: { use: undo, with: { of: "\${{ steps.${id}.output.n }}" } } }`
