/**
 * What a guest may know about the run it works for.
 *
 * Time is that of the run's birth, which its name carries, and chance is seeded with
 * the step's key: both are equal in every attempt and after every crash.
 */
import { birthOf } from '#engine/core/id.ts'
import type { Unit } from '#engine/plan/plan.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'

import type { GuestFacts } from './protocol.ts'

/** The facts of one call; a transform is told nothing but time and chance. */
export function factsOf(
  request: CallRequest,
  { kind, capabilities }: Pick<Unit, 'kind' | 'capabilities'>,
): GuestFacts {
  const { run, path, attempt, key } = request
  const facts = { now: birthOf(run), seed: key }
  if (kind === 'transform') return facts
  const hasNet = capabilities.net === undefined ? {} : { hasNet: true as const }
  return { ...facts, ...hasNet, run: { id: run, path, attempt, key } }
}
