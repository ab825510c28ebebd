/**
 * Applies the records of steps that wait for others; the part of `evolve` that is about them.
 */
import * as awaits from '#engine/runtime/decider/await.ts'
import type { Frame } from '#engine/runtime/decider/frames.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import * as approvals from './approve.ts'

const kinds = [
  'await.opened',
  'await.taken',
  'approval.opened',
  'approval.decided',
  'signal.received',
  'event.received',
  'event.emitted',
  'run.paused',
  'run.resumed',
] as const satisfies readonly RunRecord['kind'][]

export type WaitRecord = Extract<RunRecord, { readonly kind: (typeof kinds)[number] }>

const known: ReadonlySet<RunRecord['kind']> = new Set(kinds)

export function isWaitRecord(record: RunRecord): record is WaitRecord {
  return known.has(record.kind)
}

/** True when it fits the state. */
export function applyWait(state: RunState, record: WaitRecord): boolean {
  if (record.kind === 'signal.received') {
    awaits.received(state, record)
    return true
  }
  if (record.kind === 'event.received') {
    awaits.reached(state, record)
    return true
  }
  if (record.kind === 'run.paused' || record.kind === 'run.resumed') {
    state.isPaused = record.kind === 'run.paused'
    return true
  }
  const frame = state.frames.get(record.path)
  if (record.kind === 'event.emitted') {
    if (frame?.kind === 'step') awaits.emitted(state, frame, record)
    return frame?.kind === 'step'
  }
  return awaits.isAwait(frame) || approvals.isApproval(frame)
    ? applyTo(state, frame, record)
    : false
}

function applyTo(
  state: RunState,
  frame: Frame,
  record: Extract<WaitRecord, { kind: `await.${string}` | `approval.${string}` }>,
): boolean {
  if (awaits.isAwait(frame)) {
    if (record.kind === 'await.opened') awaits.opened(state, frame, record)
    else if (record.kind === 'await.taken') awaits.taken(state, frame, record)
    else return false
    return true
  }
  if (!approvals.isApproval(frame)) return false
  if (record.kind === 'approval.opened') approvals.asked(state, frame, record)
  else if (record.kind === 'approval.decided') approvals.decided(state, frame, record)
  else return false
  return true
}
