/**
 * Which events and which ends of runs start a flow, and what it sees of them.
 */
import { type Instant } from '#engine/core/clock.ts'
import type { RunId } from '#engine/core/id.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { EventTrigger, FlowTrigger } from '#engine/dsl/flow.ts'
import { fits } from '#engine/dsl/subject.ts'

/** An event that somebody or some run said. */
export interface SaidEvent {
  readonly id: string
  readonly subject: string
  readonly data: Json
  readonly key?: string
  readonly at: Instant
  /** How many runs stand behind it, each of which was started by what the one before did. */
  readonly depth: number
}

export function wantsSaid({ subject }: EventTrigger, said: Pick<SaidEvent, 'subject'>): boolean {
  return fits(subject, said.subject)
}

/** What a flow sees as `event`. */
export function saidEvent(trigger: string, said: SaidEvent): JsonObject {
  const { id, subject, data, key, at, depth } = said
  const time = printInstant(at)
  return { kind: 'event', trigger, id, subject, data, key: key ?? null, time, depth }
}

/** The end of a run of a flow. */
export interface EndedRun {
  readonly flow: string
  readonly run: RunId
  readonly status: 'done' | 'failed' | 'cancelled'
  /** Null where it did not end well. */
  readonly output: Json
  readonly error?: { readonly code: string; readonly message: string }
  readonly at: Instant
  readonly depth: number
}

export function wantsEnd(
  { flow, status = ['done'] }: FlowTrigger,
  end: Pick<EndedRun, 'flow' | 'status'>,
): boolean {
  return flow === end.flow && status.includes(end.status)
}

/** What a flow sees as `event`. */
export function endEvent(trigger: string, end: EndedRun): JsonObject {
  const { flow, run, status, output, error, at, depth } = end
  const why = error === undefined ? null : { code: error.code, message: error.message }
  const time = printInstant(at)
  return { kind: 'flow', trigger, flow, run, status, output, error: why, time, depth }
}
