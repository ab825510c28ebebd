/**
 * Finds frames: the one that a record is about, those that wait for a decision or a result.
 */
import { IonError } from '#engine/core/error.ts'

import { candidates } from '#engine/runtime/waits/mailbox.ts'

import type { AwaitFrame, CallFrame, ComponentFrame, Frame, StepFrame } from './frames.ts'
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

/** Steps under way whose result is not known: what a restart must look after. */
export function inFlight(state: RunState): readonly CallFrame[] {
  const found: CallFrame[] = []
  for (const frame of state.frames.values()) {
    if (frame.kind === 'step' && isCall(frame) && frame.phase === 'running') found.push(frame)
  }
  return found
}

/** Everything that waits for a decision; after a restart nobody else remembers. */
export function undecided(state: RunState): readonly Frame[] {
  const found: Frame[] = []
  for (const frame of state.frames.values()) {
    if (frame.kind === 'block') {
      if (frame.isClosing) found.push(frame)
    } else if (frame.phase === 'ready' || hasNews(state, frame)) found.push(frame)
    // A choice and a try hold their block themselves: it shares their path.
    else if (frame.step.kind !== 'while' && 'child' in frame && frame.child?.isClosing === true) {
      found.push(frame.child)
    }
  }
  if (state.root.isClosing || state.ending !== undefined) found.push(state.root)
  return found
}

/** Whether something came for a step that waits. */
function hasNews(state: RunState, frame: StepFrame): boolean {
  return frame.step.kind === 'await' && candidates(state.mail, frame as AwaitFrame).length > 0
}
