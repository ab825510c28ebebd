/**
 * What was sent to a run and who in it waits for that: pure bookkeeping of its state.
 *
 * A signal that nobody waits for yet stays until an `await` takes it, so it does not matter
 * which of the two comes first. Ids are kept, so that what is sent twice counts once. Whether
 * a signal fits an `await` is asked by `decider/await.ts`.
 */
import { limits } from '#engine/core/limits.ts'
import type { AwaitFrame, Message } from '#engine/runtime/decider/frames.ts'

export interface Mail {
  /** Of everything that came so far. */
  readonly ids: Set<string>
  /** Signals that no `await` has taken, by name, oldest first. */
  readonly signals: Map<string, Message[]>
  /** How many these are. */
  kept: number
  /** Who waits for a signal, by name, in the order in which they began to. */
  readonly waiting: Map<string, Set<AwaitFrame>>
}

export function emptyMail(): Mail {
  return { ids: new Set(), signals: new Map(), kept: 0, waiting: new Map() }
}

/** Whether nothing with this id came before; a run hears of so much and no more. */
export function isNew(mail: Mail, id: string): boolean {
  return !mail.ids.has(id) && mail.ids.size < limits.messagesPerRunMax
}

/** Whether there is room for one more signal, and it is not one that came before. */
export function isWelcome(mail: Mail, id: string): boolean {
  return isNew(mail, id) && mail.kept < limits.signalsWaitingMax
}

/** Keeps a signal; gives the steps that may want it. */
export function keepSignal(mail: Mail, signal: Message): Iterable<AwaitFrame> {
  mail.ids.add(signal.id)
  mail.kept += 1
  const others = mail.signals.get(signal.topic)
  if (others === undefined) mail.signals.set(signal.topic, [signal])
  else others.push(signal)
  return mail.waiting.get(signal.topic) ?? []
}

/** `frame` waits for its topic from here on. */
export function listen(mail: Mail, frame: AwaitFrame): void {
  if (frame.step.on !== 'signal') return
  const others = mail.waiting.get(frame.topic)
  if (others === undefined) mail.waiting.set(frame.topic, new Set([frame]))
  else others.add(frame)
}

export function unlisten(mail: Mail, frame: AwaitFrame): void {
  const others = mail.waiting.get(frame.topic)
  if (others?.delete(frame) === true && others.size === 0) mail.waiting.delete(frame.topic)
}

/** What `frame` may take, oldest first. */
export function candidates(mail: Mail, frame: AwaitFrame): readonly Message[] {
  if (frame.phase !== 'waiting') return []
  return frame.step.on === 'event' ? frame.inbox : (mail.signals.get(frame.topic) ?? [])
}

/** Takes the message `id` away from what `frame` may take. */
export function remove(mail: Mail, frame: AwaitFrame, id: string): Message | undefined {
  const all = frame.step.on === 'event' ? frame.inbox : (mail.signals.get(frame.topic) ?? [])
  const index = all.findIndex((one) => one.id === id)
  if (index < 0) return undefined
  const [message] = all.splice(index, 1)
  if (frame.step.on === 'event') return message
  mail.kept -= 1
  if (all.length === 0) mail.signals.delete(frame.topic)
  return message
}
