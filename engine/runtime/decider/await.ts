/**
 * `await`: a step that waits for signals or events, and takes the ones that fit.
 *
 * What it waits for is evaluated once and recorded; what comes is looked at one by one, and
 * the answer is recorded too. So a replay needs no expression, and of two steps that want one
 * signal the same one gets it every time. The mailbox is `waits/mailbox.ts`.
 */
import type { Instant } from '#engine/core/clock.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { assert, IonError } from '#engine/core/error.ts'
import { printInstant } from '#engine/core/instant.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Held } from '#engine/runtime/payload.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type {
  AwaitOpened,
  AwaitTaken,
  EventEmitted,
  EventReceived,
  SignalReceived,
} from '#engine/runtime/waits/record.ts'
import {
  candidates,
  isNew,
  isWelcome,
  keepSignal,
  listen,
  remove,
} from '#engine/runtime/waits/mailbox.ts'
import { isMatch } from '#engine/runtime/waits/match.ts'
import { matchKey, topicKey } from '#engine/runtime/waits/route.ts'
import { stopWait } from '#engine/runtime/waits/stop.ts'
import { subjectOf, topicOf } from '#engine/runtime/waits/topic.ts'

import { type Command, condition, record } from './command.ts'
import type { AwaitFrame, Frame, Message, PlainFrame, StepFrame } from './frames.ts'
import { evaluate, evaluateWith, type Sight } from './scope.ts'
import type { RunState } from './state.ts'
import { complete, enter, fail } from './tree.ts'
import { wakeInstant } from '#engine/runtime/waits/instant.ts'

// ─── Deciding ───────────────────────────────────────────────────────────────

/** Begins to wait, or looks at what came. */
export function awaits(sight: Sight, state: RunState, frame: AwaitFrame): Command | undefined {
  return frame.phase === 'ready' ? opening(sight, state, frame) : look(sight, state, frame)
}

function opening(sight: Sight, state: RunState, frame: AwaitFrame): Command | undefined {
  const { step, path, parent: block } = frame
  const at = state.now
  const see = (template: AwaitStep['topic']): Json => evaluate(sight, state, { template, block })
  const topic = topicOf(see(step.topic), { path, on: step.on })
  const opened = { kind: 'await.opened', path, at, topic } as const
  return record({
    ...opened,
    ...(step.match === undefined ? {} : { match: matchOf(see(step.match), path) }),
    ...(step.within === undefined ? {} : { due: wakeInstant({ for: see(step.within) }, at) }),
  })
}

type AwaitStep = AwaitFrame['step']

function matchOf(value: Json, path: string): JsonObject {
  if (!isObject(value)) {
    throw new IonError('RUN_EXPRESSION_FAILED', `"match" of "${path}" is not a map.`)
  }
  if (JSON.stringify(value).length > limits.awaitMatchCharsMax) {
    const message = `"match" of "${path}" is larger than ${limits.awaitMatchCharsMax} characters.`
    throw new IonError('RUN_LIMIT_EXCEEDED', message)
  }
  return value
}

/** The first that fits; a signal that does not is left for others, an event is put away. */
function look(sight: Sight, state: RunState, frame: AwaitFrame): Command | undefined {
  const { step, path } = frame
  for (const message of candidates(state.mail, frame)) {
    const isSignal = step.on === 'signal'
    if (isSignal && !isMatch(frame.match, sight.payloads.value(message.data))) continue
    const seen = {
      template: step.where,
      block: frame.parent,
      more: { event: seenAs(sight, frame, message) },
    }
    const takes =
      step.where === undefined ||
      condition(evaluateWith(sight, state, { ...seen, template: step.where }), path)
    if (!takes && isSignal) continue
    const taken = { kind: 'await.taken', path, at: state.now, id: message.id, takes } as const
    if (!takes || step.output === undefined) return record(taken)
    const output = evaluateWith(sight, state, { ...seen, template: step.output })
    return record({ ...taken, output: sight.payloads.hold(output) })
  }
  return undefined
}

/** What `event` is in `where` and `output`. */
function seenAs(sight: Sight, frame: AwaitFrame, message: Message): Json {
  return sight.payloads.value(envelope(frame, message))
}

/** What the step yields of a message when it does not say otherwise. */
function envelope({ step }: AwaitFrame, { id, topic, data, at, by, key }: Message): Held {
  const named = step.on === 'signal' ? 'name' : 'subject'
  return {
    entries: [
      ['id', { value: id }],
      [named, { value: topic }],
      ['data', data],
      ['at', { value: printInstant(at) }],
      ...(by === undefined ? [] : [['by', { value: by }] as const]),
      ...(key === undefined ? [] : [['key', { value: key }] as const]),
    ],
  }
}

// ─── Applying ───────────────────────────────────────────────────────────────

export function isAwait(frame: Frame | undefined): frame is AwaitFrame {
  return frame?.kind === 'step' && frame.step.kind === 'await'
}

/** Whether a record about waiting still concerns something; undefined for any other record. */
export function isWanted(state: RunState, one: RunRecord): boolean | undefined {
  switch (one.kind) {
    case 'signal.received':
      return isWelcome(state.mail, one.id)
    case 'event.received':
      return isNew(state.mail, one.id) && receivers(state, one).length > 0
    case 'await.taken': {
      const frame = state.frames.get(one.path)
      return isAwait(frame) && candidates(state.mail, frame).some(({ id }) => id === one.id)
    }
    case 'step.failed': {
      // `where` gave no answer: the step fails while it waits.
      const frame = state.frames.get(one.path)
      return isAwait(frame) && frame.phase === 'waiting' ? true : undefined
    }
    default:
      return undefined
  }
}

export function opened(state: RunState, frame: AwaitFrame, one: AwaitOpened): void {
  frame.phase = 'waiting'
  frame.topic = one.topic
  frame.match = one.match
  frame.due = one.due
  if (one.due !== undefined) state.timers.push({ path: one.path, timer: 'sleep', due: one.due })
  listen(state.mail, frame)
  waitAgain(state, frame)
  if (candidates(state.mail, frame).length > 0) state.ready.push(frame)
}

export function received(state: RunState, one: SignalReceived): void {
  const { id, name: topic, data, at, by } = one
  const signal = { id, topic, data, at, ...(by === undefined ? {} : { by }) }
  state.ready.push(...keepSignal(state.mail, signal))
}

/** Has the step found by events from here on; after a retry once more. */
export function waitAgain(state: RunState, frame: StepFrame): void {
  if (!isAwait(frame) || frame.step.on !== 'event' || frame.phase !== 'waiting') return
  const { path, topic: subject, match } = frame
  const wanted = match === undefined ? { subject } : { subject, match }
  const keys = { topic: topicKey(subject), key: matchKey(match) }
  state.outside.push({ kind: 'setWait', path, wait: { kind: 'event', ...keys, wanted } })
}

/** An event goes to every step that it came for and that still waits. */
export function reached(state: RunState, one: EventReceived): void {
  const { id, subject: topic, data, at, key } = one
  state.mail.ids.add(id)
  for (const frame of receivers(state, one)) {
    frame.inbox.push({ id, topic, data, at, ...(key === undefined ? {} : { key }) })
    state.ready.push(frame)
  }
}

function receivers(state: RunState, { paths }: EventReceived): readonly AwaitFrame[] {
  return paths.flatMap((path) => {
    const frame = state.frames.get(path)
    return isAwait(frame) && frame.step.on === 'event' && frame.phase === 'waiting' ? [frame] : []
  })
}

/** One that was looked at is taken, or put away; there may be others. */
export function taken(state: RunState, frame: AwaitFrame, one: AwaitTaken): void {
  const message = remove(state.mail, frame, one.id)
  if (message === undefined) return
  if (one.takes) frame.taken.push(one.output ?? envelope(frame, message))
  const { topic } = frame
  if (frame.taken.length === frame.step.count) complete(state, frame, outputOf(frame))
  else if (candidates(state.mail, frame).length > 0) state.ready.push(frame)
  if (!state.mail.signals.has(topic)) return
  // Another step may have wanted the very signal that is gone.
  for (const other of state.mail.waiting.get(topic) ?? []) {
    if (other !== frame) state.ready.push(other)
  }
}

function outputOf({ step, taken: all }: AwaitFrame): Held {
  return step.count === 1 && all[0] !== undefined ? all[0] : { items: all }
}

/** The time of an `await` is up. */
export function timeIsUp(state: RunState, frame: AwaitFrame): void {
  const { step, path } = frame
  if (step.count === 'all') return complete(state, frame, outputOf(frame))
  if (step.onTimeout !== undefined) {
    stopWait(state, frame)
    return enter(state, frame, step.onTimeout)
  }
  const error = { code: 'RUN_STEP_TIMEOUT', message: waitedFor(frame, state.now) }
  fail(state, frame, { kind: 'error', error, path, cause: state.seq })
}

function waitedFor({ path, topic, step, taken: all }: AwaitFrame, now: Instant): string {
  const some = step.count === 1 ? '' : ` (${all.length} of ${step.count} came)`
  return `"${path}" waited for ${step.on} "${topic}" until ${printInstant(now)}${some}.`
}

// ─── Saying ─────────────────────────────────────────────────────────────────

/** What an `emit` says, under an id that a second execution would give again. */
export function emits(sight: Sight, state: RunState, frame: PlainFrame): Command {
  const { step, path, parent: block } = frame
  assert(step.kind === 'emit', 'only an emit says something')
  const see = (template: AwaitStep['topic']): Json => evaluate(sight, state, { template, block })
  const key = step.key === undefined ? undefined : see(step.key)
  return record({
    kind: 'event.emitted',
    path,
    at: state.now,
    subject: subjectOf(see(step.event), path),
    id: eventId(state, path),
    data: sight.payloads.hold(step.data === undefined ? null : see(step.data)),
    ...(key === undefined ? {} : { key: typeof key === 'string' ? key : JSON.stringify(key) }),
  })
}

function eventId(state: RunState, path: string): string {
  const again = state.repeats.get(path)
  const name = `event\n${state.run}\n${path}${again === undefined ? '' : `\n${again}`}`
  return digestOfText(name).slice('sha256:'.length)
}

export function emitted(state: RunState, frame: StepFrame, one: EventEmitted): void {
  const { id, subject, data, key } = one
  const event = { id, subject, data, ...(key === undefined ? {} : { key }) }
  state.outside.push({ kind: 'emitEvent', event })
  complete(state, frame, { value: { id, subject } })
}
