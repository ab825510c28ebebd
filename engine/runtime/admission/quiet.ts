/**
 * `debounce`: of the runs of a key that come one soon after the other, the last one begins.
 *
 * Each waits for its quiet time, with a timer and a row beside the journals, so a restart
 * loses none. Once a run is durable at the gate, those before it are told that it came. Which of
 * two is the later follows from their records alone, so however often that is asked, before or
 * after a crash, exactly one of them stays.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { printDuration } from '#engine/dsl/duration.ts'
import type { Inside } from '#engine/runtime/live/inside.ts'
import type { LiveRun } from '#engine/runtime/live/turn.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { slotOf } from './gate.ts'

interface Series {
  /** When its first run came. */
  readonly since: Instant
  /** When its latest run begins, if no other comes. */
  readonly due: Instant
}

export class Quiet {
  readonly #engine: Inside
  /** The series under way by slot, as far as this process has seen them; oldest first. */
  readonly #series = new Map<string, Series>()

  constructor(engine: Inside) {
    this.#engine = engine
  }

  /** A run comes: when it begins, if no other comes. */
  arrive(live: LiveRun, key: string, at: Instant): RunRecord {
    const { waitMs = 0, maxWaitMs = Infinity } = live.state.plan.debounce ?? {}
    const slot = slotOf(live.state, key)
    const open = this.#series.get(slot) ?? this.#kept(slot)
    const since = open !== undefined && open.due > at ? open.since : at
    const due = Math.max(at, Math.min(at + waitMs, since + maxWaitMs))
    this.#remember(slot, { since, due })
    return { kind: 'run.debounced', at, key, since, due }
  }

  /** A run is durable at its gate: of those of its slot only the latest stays. */
  settle(slot: string): void {
    const waiting = this.#waiting(slot)
    const last = waiting.at(-1)
    if (last === undefined) return
    for (const { live, due } of waiting) {
      // One whose quiet time was over before the other came is not replaced.
      if (live !== last.live && due > last.at) this.#replace(live, last.live.state.run)
    }
  }

  /** What an earlier process did not come to. */
  recover(): void {
    const { journal } = this.#engine.ports
    const seen = new Set<string>()
    const twice = new Set<string>()
    for (const { key = '' } of journal.waiting({
      kind: 'debounce',
      limit: limits.slotsSearchedMax,
    })) {
      if (seen.has(key)) twice.add(key)
      seen.add(key)
    }
    for (const slot of twice) this.settle(slot)
  }

  #replace(live: LiveRun, by: RunId): void {
    const wait = printDuration(live.state.plan.debounce?.waitMs ?? 0)
    const reason = `skipped: run ${by} of its key came within ${wait}`
    live.post({ kind: 'run.cancel', at: this.#engine.ports.clock.now(), reason })
  }

  /** The runs that wait for a slot, in the order in which they came. */
  #waiting(slot: string): readonly {
    readonly live: LiveRun
    readonly at: Instant
    readonly due: Instant
  }[] {
    const { journal } = this.#engine.ports
    return journal
      .waiting({ kind: 'debounce', key: slot, limit: limits.slotsSearchedMax })
      .flatMap(({ run }) => {
        const live = this.#engine.tryLoad(run)
        const { quiet, opensAt: due } = live?.state ?? {}
        return live === undefined || quiet === undefined || due === undefined
          ? []
          : [{ live, at: quiet.at, due }]
      })
      .toSorted((a, b) => a.at - b.at || (a.live.state.run < b.live.state.run ? -1 : 1))
  }

  /** The series that the runs on the disk are of. */
  #kept(slot: string): Series | undefined {
    const last = this.#waiting(slot).at(-1)
    return last === undefined
      ? undefined
      : { since: last.live.state.quiet?.since ?? last.at, due: last.due }
  }

  #remember(slot: string, series: Series): void {
    this.#series.delete(slot)
    this.#series.set(slot, series)
    const [oldest] = this.#series.keys()
    if (this.#series.size > limits.seriesRememberedMax && oldest !== undefined)
      this.#series.delete(oldest)
  }
}
