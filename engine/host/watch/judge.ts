/**
 * Judges mirrors: makes the newest version active where it may be, tells and reports what came
 * of it, and knows what would be judged alike again.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import { type Activator, type Outcome, tryActivate } from '#engine/host/activate/activate.ts'
import { policyMirror } from '#engine/host/activate/open.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'

import type { Emit } from './events.ts'
import type { Starts } from './starts.ts'

export interface JudgeParts {
  readonly activator: Activator
  readonly clock: Pick<Clock, 'now'>
  readonly starts: Pick<Starts, 'hearRefs'>
  report(mirror: Mirror, outcome: Outcome): Promise<void>
  /** Takes up what is active now. */
  load(mirror: Mirror): void
  readonly emit: Emit
}

export interface News {
  /** Something became active since the last look. */
  readonly isNews: boolean
  readonly isFirst: boolean
  readonly now: Instant
}

interface Judged {
  /** The plan that waits for approval. */
  readonly held: Digest | undefined
  readonly hold: string | undefined
  readonly state: string
}

export class Judge {
  readonly #parts: JudgeParts
  /** By mirror, what was last judged: judging the same again would say the same. */
  readonly #judged = new Map<string, Judged>()
  readonly #failedAt = new Map<string, Instant>()
  #judging: Promise<unknown> = Promise.resolve()

  constructor(parts: JudgeParts) {
    this.#parts = parts
  }

  forget(id: string): void {
    this.#judged.delete(id)
    this.#failedAt.delete(id)
  }

  /** Whether something changed that makes another judgement possible. */
  isWanted(mirror: Mirror, news: News): boolean {
    return this.#mayHaveChanged(mirror, news) && !this.#isJudged(mirror)
  }

  /** One at a time: judging compiles, and several at once would only be slower together. */
  async now(id: string): Promise<void> {
    const turn = this.#judging.then(async () => await this.#judgeNow(id))
    this.#failedAt.delete(id)
    this.#judging = turn.catch(() => {
      this.#judged.delete(id)
      this.#failedAt.set(id, this.#parts.clock.now())
    })
    await turn
  }

  async #judgeNow(id: string): Promise<void> {
    const { activator, starts, report, emit, load } = this.#parts
    const mirror = activator.mirrors.find(id)
    if (mirror === undefined) return
    if (!this.#isJudged(mirror)) {
      // What changes while it is judged was not judged, so it is looked at before.
      const { commit } = activator.mirrors.facts(id).mirrored
      const outcome = await tryActivate(activator, mirror)
      tell(emit, mirror, outcome)
      const { hold } = mirror
      const { held, approvals } = waitingFor(outcome)
      const n = activator.memory.active(id)?.n
      const state = stateText({ commit, hold: hold?.reason, n, approvals, over: this.#over() })
      this.#judged.set(id, { held, hold: hold?.reason, state })
      load(mirror)
      await report(mirror, outcome)
    }
    await starts.hearRefs(mirror)
  }

  #isJudged(mirror: Mirror): boolean {
    const last = this.#judged.get(mirror.id)
    return last !== undefined && last.state === this.#stateOf(mirror, last.held)
  }

  #stateOf({ id, hold }: Mirror, held: Digest | undefined): string {
    const { mirrors, memory } = this.#parts.activator
    const { commit } = mirrors.facts(id).mirrored
    const approvals = held === undefined ? 0 : memory.approvals(held).length
    const n = memory.active(id)?.n
    return stateText({ commit, hold: hold?.reason, n, approvals, over: this.#over() })
  }

  /** The version of the organisation's policy. */
  #over(): number | undefined {
    const { memory } = this.#parts.activator
    const id = policyMirror(memory)
    return id === undefined ? undefined : (memory.active(id)?.n ?? 0)
  }

  /** Cheap, because every mirror is asked every second: what only a sync changes is judged after it. */
  #mayHaveChanged({ id, hold }: Mirror, { isNews, isFirst, now }: News): boolean {
    const last = this.#judged.get(id)
    if (last !== undefined) return isNews || last.held !== undefined || last.hold !== hold?.reason
    // What was approved while nobody watched, and what could not be judged a while ago.
    return isFirst || now - (this.#failedAt.get(id) ?? Infinity) >= limits.watchRetryMs
  }
}

/** Everything that can make a judgement another one. */
interface State {
  readonly commit: string | undefined
  readonly hold: string | undefined
  /** The activation that is active. */
  readonly n: number | undefined
  /** Of the operator, for the plan that is held. */
  readonly approvals: number
  readonly over: number | undefined
}

function stateText({ commit, hold, n, approvals, over }: State): string {
  return JSON.stringify([commit, hold, n, approvals, over])
}

/** The plan that waits, and how many approvals of the operator it was judged with. */
function waitingFor(outcome: Outcome): {
  readonly held: Digest | undefined
  readonly approvals: number
} {
  if (outcome.kind !== 'held') return { held: undefined, approvals: 0 }
  const { compared, approvals } = outcome.proposal
  const own = approvals.filter(({ by }) => by === 'operator')
  return { held: compared.change.planDigest, approvals: own.length }
}

function tell(emit: Emit, { name: mirror }: Mirror, outcome: Outcome): void {
  if (outcome.kind === 'activated') {
    const { commit, flows, planDigest } = outcome.activation
    emit({ event: 'activated', mirror, commit, flows: flows.length, planDigest })
  }
  if (outcome.kind === 'held' && !outcome.proposal.verdict.may) {
    const { planDigest, reasons } = outcome.proposal.verdict
    const { commit } = outcome.proposal.version
    const words = reasons.map(({ message }) => message)
    emit({ event: 'held', mirror, commit, planDigest, reasons: words, held: outcome.held })
  }
}
