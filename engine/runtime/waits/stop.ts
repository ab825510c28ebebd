/**
 * The end of a wait, however it came: nobody looks for the step any more, nobody is asked.
 */
import type { ApproveFrame, AwaitFrame, StepFrame } from '#engine/runtime/decider/frames.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'

import { unlisten } from './mailbox.ts'

/** Takes back what makes the step found; nothing for a step of another kind. */
export function stopWait(state: RunState, frame: StepFrame): void {
  if (frame.step.kind === 'await') stopWaiting(state, frame as AwaitFrame)
  if (frame.step.kind === 'approve') stopAsking(state, frame as ApproveFrame)
}

function stopWaiting(state: RunState, frame: AwaitFrame): void {
  unlisten(state.mail, frame)
  if (frame.step.on === 'event' && frame.topic !== '') {
    state.outside.push({ kind: 'setWait', path: frame.path })
  }
  frame.inbox = []
}

function stopAsking(state: RunState, { path, digest, escalation }: ApproveFrame): void {
  if (digest === undefined) return
  state.outside.push({ kind: 'setWait', path })
  if (escalation !== undefined) state.timers.push({ path, timer: 'escalate' })
}
