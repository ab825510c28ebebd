/**
 * `approve`: a step that asks people and goes on with their answer.
 *
 * What is asked is evaluated once and recorded with a digest over all of it; an answer names
 * the digest, so nobody approves something else than what was shown. Answers are counted as
 * records, in their order: of a thousand at once exactly the wanted number counts. Whether
 * somebody may answer, and answers what was asked for, is checked in `live/answer.ts`.
 */
import { type Digest, digestOf } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { isApprover } from '#engine/dsl/subject.ts'
import type { Template } from '#engine/dsl/template.ts'
import { type Command, record } from '#engine/runtime/decider/command.ts'
import type { ApproveFrame, Frame, Vote } from '#engine/runtime/decider/frames.ts'
import { evaluate, type Sight } from '#engine/runtime/decider/scope.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'
import { complete, enter, fail } from '#engine/runtime/decider/tree.ts'
import { wakeInstant } from '#engine/runtime/waits/instant.ts'
import type { Held } from '#engine/runtime/payload.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { ApprovalDecided, ApprovalOpened } from '#engine/runtime/waits/record.ts'

import { stopWait } from './stop.ts'

// ─── Deciding ───────────────────────────────────────────────────────────────

/** Asks, once. */
export function asks(sight: Sight, state: RunState, frame: ApproveFrame): Command | undefined {
  if (frame.phase !== 'ready') return undefined
  const { step, path, parent: block } = frame
  const at = state.now
  const see = (template: Template): Json => evaluate(sight, state, { template, block })
  const ask = text(see(step.ask))
  const show = step.show === undefined ? null : see(step.show)
  const by = people(see(step.by), path)
  const { quorum, escalate, within } = step
  if (quorum > by.length && by.every((one) => one.startsWith('user:'))) throw tooFew(path)
  const more =
    escalate === undefined
      ? undefined
      : { due: wakeInstant({ for: see(escalate.after) }, at), to: people(see(escalate.to), path) }
  return record({
    kind: 'approval.opened',
    path,
    at,
    ask,
    ...(step.show === undefined ? {} : { show: sight.payloads.hold(show) }),
    by,
    quorum,
    digest: digestOfAsked({ run: state.run, path, ask, show, form: step.form }),
    ...(within === undefined ? {} : { due: wakeInstant({ for: see(within) }, at) }),
    ...(more === undefined ? {} : { escalation: more }),
  })
}

/** Over everything that an answer is an answer to. */
function digestOfAsked(asked: {
  readonly run: string
  readonly path: string
  readonly ask: string
  readonly show: Json
  readonly form: JsonObject | undefined
}): Digest {
  const { run, path, ask, show, form = null } = asked
  try {
    return digestOf({ $type: 'ionflux.approval/v1', run, path, ask, show, form })
  } catch (cause) {
    // `canonical` takes no half of a character.
    if (!(cause instanceof TypeError)) throw cause
    const message = `"show" of "${path}" has a text that is no valid Unicode; show another value.`
    throw new IonError('RUN_EXPRESSION_FAILED', message, { cause })
  }
}

function text(value: Json): string {
  const whole = typeof value === 'string' ? value : JSON.stringify(value)
  return whole.slice(0, limits.askCharsMax).toWellFormed()
}

function people(value: Json, path: string): readonly string[] {
  const list: readonly Json[] = Array.isArray(value) ? value : [value]
  const isGood = (one: Json): one is string => typeof one === 'string' && isApprover(one)
  if (list.length > 0 && list.length <= limits.approversMax && list.every(isGood)) return list
  const shown = JSON.stringify(value).slice(0, 80)
  const message = `"by" of "${path}" is ${shown}; write a list of user:name, team:name or anyone.`
  throw new IonError('RUN_EXPRESSION_FAILED', message)
}

function tooFew(path: string): IonError {
  return new IonError('RUN_EXPRESSION_FAILED', `"${path}" asks fewer people than its quorum.`)
}

// ─── Applying ───────────────────────────────────────────────────────────────

export function isApproval(frame: Frame | undefined): frame is ApproveFrame {
  return frame?.kind === 'step' && frame.step.kind === 'approve'
}

/** Whether an answer still counts; undefined for any other record. */
export function isAnswered(state: RunState, one: RunRecord): boolean | undefined {
  if (one.kind !== 'approval.decided') return undefined
  const frame = state.frames.get(one.path)
  if (!isApproval(frame) || frame.phase !== 'waiting' || frame.digest !== one.digest) return false
  return !frame.votes.some(({ by }) => by === one.by)
}

export function asked(state: RunState, frame: ApproveFrame, one: ApprovalOpened): void {
  frame.phase = 'waiting'
  frame.show = one.show
  frame.by = one.by
  frame.digest = one.digest
  frame.due = one.due
  frame.escalation = one.escalation
  if (one.due !== undefined) state.timers.push({ path: one.path, timer: 'sleep', due: one.due })
  askAgain(state, frame)
}

/** Has the step found by people from here on; after a retry once more. */
export function askAgain(state: RunState, frame: Frame): void {
  if (!isApproval(frame) || frame.phase !== 'waiting') return
  const { path, escalation } = frame
  state.outside.push({ kind: 'setWait', path, wait: { kind: 'approval' } })
  if (escalation !== undefined) {
    state.timers.push({ path, timer: 'escalate', due: escalation.due })
  }
}

/** Nobody answered for long: more people may. */
export function escalated(frame: ApproveFrame): void {
  frame.by = [...new Set([...frame.by, ...(frame.escalation?.to ?? [])])]
  frame.escalation = undefined
}

export function decided(state: RunState, frame: ApproveFrame, one: ApprovalDecided): void {
  const { path } = frame
  frame.votes.push(one)
  if (one.decision === 'reject') {
    const why = one.reason === undefined ? '.' : `: ${one.reason}`
    return deny(state, path, { by: one.by, message: `${one.by} denied "${path}"${why}` })
  }
  if (frame.votes.length >= frame.step.quorum) complete(state, frame, granted(frame, one))
}

function deny(
  state: RunState,
  path: string,
  one: { readonly by: string | null; readonly message: string },
): void {
  const frame = state.frames.get(path)
  if (!isApproval(frame)) return
  const reason = frame.votes.at(-1)?.reason ?? null
  const message = one.message.slice(0, limits.failureMessageCharsMax)
  const error = { code: 'RUN_APPROVAL_DENIED', message, data: { by: one.by, reason } }
  fail(state, frame, { kind: 'error', error, path, cause: state.seq })
}

function granted({ show, digest, votes }: ApproveFrame, last: Vote | undefined): Held {
  return {
    entries: [
      ['approved', { value: true }],
      ['by', { value: last?.by ?? null }],
      ['at', { value: last === undefined ? null : printInstant(last.at) }],
      ['reason', { value: last?.reason ?? null }],
      ['form', last?.form ?? { value: null }],
      ['show', show ?? { value: null }],
      ['digest', { value: digest ?? null }],
      ['votes', { items: votes.map(voteOf) }],
    ],
  }
}

function voteOf({ by, at, reason, form }: Vote): Held {
  return {
    entries: [
      ['by', { value: by }],
      ['at', { value: printInstant(at) }],
      ['reason', { value: reason ?? null }],
      ['form', form ?? { value: null }],
    ],
  }
}

/** The time to answer is up. */
export function timeIsUp(state: RunState, frame: ApproveFrame): void {
  const { path, step } = frame
  const { onTimeout } = step
  if (onTimeout === 'approve') return complete(state, frame, granted(frame, undefined))
  if (onTimeout === 'deny') {
    return deny(state, path, { by: null, message: `Nobody approved "${path}" in time.` })
  }
  if (onTimeout !== 'fail') {
    stopWait(state, frame)
    return enter(state, frame, onTimeout)
  }
  const got = `${frame.votes.length} of ${step.quorum}`
  const message = `"${path}" has ${got} approvals and is out of time.`
  const error = { code: 'RUN_STEP_TIMEOUT', message }
  fail(state, frame, { kind: 'error', error, path, cause: state.seq })
}
