/**
 * Takes in what a person answers to an `approve`: who may, to what, with which form.
 *
 * All of it is checked before the answer becomes a record; whether it still counts is decided
 * where the record is applied, in the order of all records of the run.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { isApprover } from '#engine/dsl/subject.ts'
import type { ApproveFrame } from '#engine/runtime/decider/frames.ts'
import type { ApprovalDecided } from '#engine/runtime/waits/record.ts'
import { isApproval } from '#engine/runtime/waits/approve.ts'
import { mustBeWhole } from '#engine/runtime/whole.ts'

import type { Inside } from './inside.ts'
import type { LiveRun } from './turn.ts'

export interface Answer {
  /** The path of the step that asks. */
  readonly path: string
  readonly decision: 'approve' | 'reject'
  /** The person: `user:ann`. */
  readonly by: string
  /** Teams that the person is of: `team:finance`. */
  readonly of?: readonly string[]
  readonly reason?: string
  /** Answers to the form. */
  readonly form?: Json
  /** What the person saw; absent takes what is asked now. */
  readonly digest?: Digest
  /** An answer that is given twice counts once; a fresh one by default. */
  readonly id?: string
}

/** Resolves once the answer is durable and counts. */
export async function takeAnswer(engine: Inside, live: LiveRun, answer: Answer): Promise<void> {
  const { path, decision, by, of = [], reason } = answer
  const { run } = live.state
  const frame = mustAsk(live, answer)
  const { digest } = frame ?? {}
  if (frame === undefined || digest === undefined) return
  if (answer.digest !== undefined && answer.digest !== digest) throw stale(run, path)
  const who = mustBeAsked(frame, by, of)
  if (reason !== undefined && reason.length > limits.askCharsMax) throw tooLong()
  const form = await checkedForm(engine, frame, answer)
  const id = answer.id ?? engine.ports.ids.runId()
  const record: ApprovalDecided = {
    kind: 'approval.decided',
    path,
    at: engine.ports.clock.now(),
    by,
    ...(who === by ? {} : { of: who }),
    decision,
    digest,
    id,
    ...(reason === undefined ? {} : { reason }),
    ...(form === undefined ? {} : { form: engine.payloads.hold(form) }),
  }
  live.post(record)
  await live.caughtUp()
  if (!frame.votes.some((vote) => vote.id === id)) throw closed(live, path)
}

/** The step that asks; undefined when this very answer was given before. */
function mustAsk(live: LiveRun, { path, id, by }: Answer): ApproveFrame | undefined {
  const frame = live.state.frames.get(path)
  if (!isApproval(frame) || frame.phase !== 'waiting') throw closed(live, path)
  const before = frame.votes.find((vote) => vote.by === by)
  if (before === undefined) return frame
  if (before.id === id) return undefined
  throw new IonError('RUN_APPROVAL_CLOSED', `${by} has answered "${path}" already.`)
}

/** The entry of `by` that lets the person answer. */
function mustBeAsked(frame: ApproveFrame, by: string, of: readonly string[]): string {
  const isPerson = by.startsWith('user:') && isApprover(by)
  // A person answers for teams, and for no other person.
  const teams = of.filter((one) => one.startsWith('team:'))
  const found = isPerson
    ? [by, ...teams, 'anyone'].find((one) => frame.by.includes(one))
    : undefined
  if (found !== undefined) return found === 'anyone' ? by : found
  const message = isPerson
    ? `"${frame.path}" does not ask ${[by, ...of].join(', ')}; it asks ${frame.by.join(', ')}.`
    : `"${by}" is no person; write user:name.`
  throw new IonError('RUN_APPROVAL_REFUSED', message, { data: { by, asked: frame.by } })
}

async function checkedForm(
  engine: Inside,
  { step, path }: ApproveFrame,
  { form, decision }: Answer,
): Promise<Json | undefined> {
  const isEmpty = form === undefined || (isObject(form) && Object.keys(form).length === 0)
  mustBeWhole(form ?? null, { code: 'RUN_INPUT_REFUSED', what: `The form of "${path}"` })
  if (decision === 'reject' && isEmpty) return undefined
  if (step.form === undefined) {
    if (isEmpty) return undefined
    throw new IonError('RUN_INPUT_REFUSED', `"${path}" asks for no form.`)
  }
  const checked = await engine.ports.checkInput(step.form, form ?? {})
  if (checked.ok) return checked.input
  const { message, data } = checked.error
  throw new IonError('RUN_INPUT_REFUSED', message, isObject(data) ? { data } : {})
}

function stale(run: RunId, path: string): IonError {
  const message = `What "${path}" asks is not what was shown. Look again: \`ionflux approvals show ${run} ${path}\`.`
  return new IonError('RUN_APPROVAL_STALE', message)
}

function closed({ state }: LiveRun, path: string): IonError {
  const open = [...state.frames.values()].filter(
    (frame) => isApproval(frame) && frame.phase === 'waiting',
  )
  const others = open.map((frame) => `"${frame.path}"`).join(', ')
  const what = open.length === 0 ? 'Nothing is asked in this run now.' : `Asked is ${others}.`
  const message = `"${path}" is not asked any more, or not yet. ${what}`
  return new IonError('RUN_APPROVAL_CLOSED', message, { data: { run: state.run, path } })
}

function tooLong(): IonError {
  const message = `A reason has at most ${limits.askCharsMax} characters.`
  return new IonError('RUN_INPUT_REFUSED', message)
}
