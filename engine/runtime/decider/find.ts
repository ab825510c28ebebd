/**
 * Finds the frame that a record is about, or says that the record does not fit its plan.
 */
import { IonError } from '#engine/core/error.ts'

import type { ComponentFrame, StepFrame } from './frames.ts'
import { isCall, type RunState } from './state.ts'

/** The frame of the step at `path`. Throws `JOURNAL_DIVERGED`. */
export function step(state: RunState, path: string): StepFrame {
  const frame = state.frames.get(path)
  if (frame?.kind !== 'step') throw diverged({ path })
  return frame
}

export function call(state: RunState, path: string): Extract<StepFrame, { attempt: number }> {
  const frame = step(state, path)
  if (!isCall(frame)) throw diverged({ path })
  return frame
}

export function diverged(record: { readonly path?: string; readonly kind?: string }): IonError {
  const place = record.path === undefined || record.path === '' ? 'the run' : `"${record.path}"`
  return new IonError(
    'JOURNAL_DIVERGED',
    `The journal has a record for ${place} that does not fit its plan.`,
  )
}

export function component(state: RunState, path: string): ComponentFrame {
  const frame = step(state, path)
  if (frame.step.kind !== 'component') throw diverged({ path })
  return frame as ComponentFrame
}
