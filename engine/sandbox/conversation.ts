/**
 * The host's side of one call while it is under way: its logs, its questions and the
 * answers it was given, in order.
 *
 * A thread may end under a call that did nothing wrong. The call then begins again on
 * another thread, and because a guest is the same whenever it hears the same, it is
 * given the same answers in the same order: no operation is performed a second time and
 * no line is written twice. Who runs the call, and how often, is the pool's concern.
 */
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import type { HostAnswer } from '#engine/runtime/budget/usage.ts'

import type { HostReply, LogLevel } from './protocol.ts'

export interface Listener {
  answer(op: string, args: string): Promise<HostReply>
  log(level: LogLevel, text: string): void
}

type Deliver = (reply: HostReply) => void

interface Question {
  readonly op: string
  args: string
  /** How to answer, in the life that is now; absent until the guest asks in it. */
  deliver?: Deliver
  /** Set once the reply is there. */
  settled?: HostReply
}

export class Conversation {
  readonly #listener: Listener
  readonly #questions = new Map<number, Question>()
  /** Questions in the order in which their answers were given. */
  readonly #given: number[] = []
  #next = 0
  #life = 0
  #lines = 0
  #linesWritten = 0
  #keptChars = 0
  #diverged = false

  bytesIn = 0
  bytesOut = 0

  /** With `told`, the host is asked no more than it was: everything else goes to `listener`. */
  constructor(listener: Listener, told: readonly HostAnswer[] = []) {
    this.#listener = listener
    for (const { id, op, args, reply, error } of told) {
      const settled =
        error === undefined
          ? { isOk: true, text: JSON.stringify(reply) }
          : { isOk: false, text: error.message, code: error.code }
      this.#questions.set(id, { op, args: JSON.stringify(args), settled })
      this.#given.push(id)
    }
  }

  /** What the host answered, in that order; undefined when there is nothing, or too much to keep. */
  transcript(): readonly HostAnswer[] | undefined {
    if (this.#next === 0 || this.#keptChars > limits.sandboxReplayCharsMax) return undefined
    return this.#given.slice(0, this.#next).map((id): HostAnswer => {
      const { op = '', args = '', settled } = this.#questions.get(id) ?? {}
      const asked = { id, op, args: JSON.parse(args) as Json }
      const { isOk = false, text = '', code = '' } = settled ?? {}
      if (!isOk) return { ...asked, error: { code, message: text } }
      return { ...asked, reply: JSON.parse(text) as Json }
    })
  }

  /** How many lines it has logged. */
  get lines(): number {
    return this.#lines
  }

  get hostCalls(): number {
    return this.#questions.size
  }

  /** Why the call cannot begin again on another thread; undefined when it can. */
  get obstacle(): string | undefined {
    if (this.#diverged) return 'it asked for something else than the first time'
    if (this.#life >= limits.sandboxRestartsMax) return 'it was begun too often'
    if (this.#keptChars <= limits.sandboxReplayCharsMax) return undefined
    return 'what the host had told it is too much to be told again'
  }

  /** The call begins again, from nothing. */
  restart(): void {
    this.#life++
    this.#lines = 0
    this.#next = 0
    for (const question of this.#questions.values()) delete question.deliver
  }

  log(level: LogLevel, text: string): void {
    if (++this.#lines <= this.#linesWritten) return
    this.#linesWritten = this.#lines
    this.bytesOut += Buffer.byteLength(text)
    this.#listener.log(level, text)
  }

  /** Performs the operation, or takes the answer of an earlier life; false ends the call. */
  ask(
    id: number,
    asked: { readonly op: string; readonly args: string },
    deliver: Deliver,
  ): boolean {
    const known = this.#questions.get(id)
    if (known === undefined) this.#perform(id, asked, deliver)
    else if (known.op === asked.op && known.args === asked.args) {
      known.deliver = deliver
      this.#give()
    } else this.#diverged = true
    return !this.#diverged
  }

  #perform(id: number, { op, args }: { op: string; args: string }, deliver: Deliver): void {
    this.bytesOut += Buffer.byteLength(args)
    const question: Question = { op, args, deliver }
    this.#questions.set(id, question)
    this.#keptChars += args.length
    void this.#listener.answer(op, args).then((reply) => {
      this.bytesIn += Buffer.byteLength(reply.text)
      this.#keptChars += reply.text.length
      question.settled = reply
      this.#give(id)
    })
  }

  /** Gives what can be given: first what was given before, in its order, then what is new. */
  #give(settled?: number): void {
    if (settled !== undefined) this.#given.push(settled)
    for (; this.#next < this.#given.length; this.#next++) {
      const question = this.#questions.get(this.#given[this.#next] ?? 0)
      if (question?.deliver === undefined || question.settled === undefined) return
      question.deliver(question.settled)
      if (this.#keptChars > limits.sandboxReplayCharsMax) {
        question.settled = forgotten
        question.args = ''
      }
    }
  }
}

/** In place of an answer that has been given and is not kept: the call will not begin again. */
const forgotten: HostReply = { isOk: false, text: '' }
