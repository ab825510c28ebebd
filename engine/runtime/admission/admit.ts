/**
 * Answers runs at their gates, and admits them: no more of a key are under way than their flow
 * allows, oldest first. How many may begin within a time is `rate.ts`, who is replaced by whom
 * `quiet.ts`.
 *
 * Who is under way and who waits is beside the journals, written with the records that say so;
 * so a place is free only once the end of its holder is durable, and a crash loses no place.
 * One engine works on a journal at a time, so nobody else gives the same place away.
 */
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { Inside } from '#engine/runtime/live/inside.ts'
import type { LiveRun } from '#engine/runtime/live/turn.ts'
import type { AskGate, Turn } from '#engine/runtime/live/turn-host.ts'
import type { Batch } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { Quiet } from './quiet.ts'
import { takeInstant } from './rate.ts'

export interface AdmitHost extends Inside {
  cancel(run: RunId, reason: string): Promise<void>
}

export class Admission {
  readonly #engine: AdmitHost
  /** Admitted, and not durable yet: by slot. */
  readonly #onTheWay = new Map<string, Set<RunId>>()

  readonly #quiet: Quiet

  constructor(engine: AdmitHost) {
    this.#engine = engine
    this.#quiet = new Quiet(engine)
  }

  /** What the gate says to a run that stands before it. */
  answer(live: LiveRun, turn: Turn, { gate, key }: AskGate): RunRecord {
    const { clock, states } = this.#engine.ports
    const at = clock.now()
    if (live.state.gate !== 'closed') return { kind: 'run.limited', at, key, due: at } // passed over
    if (gate === 'debounce') return this.#quiet.arrive(live, key, at)
    return takeInstant(states, live, { turn, key, at })
  }

  /** A batch of `live` is durable. */
  committed(live: LiveRun, { records, endedAt }: Batch): void {
    const { slot } = live.state
    if (slot === undefined) return
    for (const { kind } of records) {
      if (kind === 'run.admitted') this.#settle(live.log.run, slot)
      if (kind === 'run.queued') this.#arrived(live, slot)
      // One that was replaced meanwhile has nobody to replace.
      if (kind === 'run.debounced' && live.state.gate === 'settling') this.#quiet.settle(slot)
    }
    if (endedAt === undefined) return
    this.#settle(live.log.run, slot)
    this.#fill(slot)
  }

  /** Places that are free and runs that wait for them, of all flows. */
  recover(): void {
    this.#quiet.recover()
    const queued = this.#engine.ports.journal.waiting({
      kind: 'slot',
      isHeld: false,
      limit: limits.slotsSearchedMax,
    })
    for (const key of new Set(queued.map((one) => one.key ?? ''))) this.#fill(key)
  }

  #settle(run: RunId, slot: string): void {
    const coming = this.#onTheWay.get(slot)
    coming?.delete(run)
    if (coming?.size === 0) this.#onTheWay.delete(slot)
  }

  /** A run stands before its gate: it gets a place, or what its flow says of one too many. */
  #arrived(live: LiveRun, key: string): void {
    this.#fill(key)
    const { concurrency } = live.state.plan
    if (live.state.gate !== 'queued' || concurrency === undefined) return
    const { run } = live.log
    const at = this.#engine.ports.clock.now()
    const { onConflict, limit } = concurrency
    const others = `${limit} of its key ${limit === 1 ? 'is' : 'are'} under way`
    switch (onConflict) {
      case 'queue':
        return
      case 'skip':
        return live.post({ kind: 'run.cancel', at, reason: `skipped: ${others}` })
      case 'reject': {
        const error = { code: 'RUN_REJECTED', message: `The run was rejected: ${others}.` }
        return live.post({ kind: 'step.failed', path: '', attempt: 1, at, error })
      }
      case 'cancel_old':
        for (const isHeld of [true, false]) {
          for (const old of this.#in(key, isHeld, limits.slotsSearchedMax)) {
            if (old !== run)
              this.#engine.cancel(old, `replaced by run ${run}`).catch(() => undefined)
          }
        }
    }
  }

  #in(key: string, isHeld: boolean, limit: number): readonly RunId[] {
    const { journal } = this.#engine.ports
    return journal.waiting({ kind: 'slot', isHeld, key, limit }).map(({ run }) => run)
  }

  /** Admits the oldest that wait, as far as there are places. */
  #fill(key: string): void {
    const coming = this.#onTheWay.get(key) ?? new Set<RunId>()
    this.#onTheWay.set(key, coming)
    const held = new Set([...this.#in(key, true, limits.slotsSearchedMax), ...coming])
    // Those on their way still stand in the queue.
    for (const run of this.#in(key, false, coming.size + limits.slotsPerFillMax)) {
      if (coming.has(run)) continue
      const live = this.#engine.tryLoad(run)
      const limit = live?.state.plan.concurrency?.limit ?? 0
      // One that cannot be read keeps nobody waiting.
      if (live?.state.gate !== 'queued') continue
      if (held.size >= limit) break
      held.add(run)
      coming.add(run)
      live.post({ kind: 'run.admitted', at: this.#engine.ports.clock.now() })
    }
    if (coming.size === 0) this.#onTheWay.delete(key)
  }
}
