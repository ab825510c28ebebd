/**
 * Brings events to the runs that wait for them: at least once, and to each run once.
 *
 * An event lies in the outbox, committed with the step that emitted it, until every run that
 * waits for it has it on disk. What a crash leaves there is brought again; a run that has the
 * id already passes it over. Events begin their way in the order in which they were committed.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { fits } from '#engine/dsl/subject.ts'
import { isMatch } from '#engine/runtime/waits/match.ts'
import type { Outgoing, Waiting } from '#engine/runtime/waits/port.ts'
import { matchKeys, topicKeys } from '#engine/runtime/waits/route.ts'

import type { Inside } from './inside.ts'

export class Courier {
  readonly #engine: Inside
  readonly #underWay = new Set<string>()
  #isClosed = false

  constructor(engine: Inside) {
    this.#engine = engine
  }

  /** Durable now: events to be delivered. */
  send(events: readonly Outgoing[]): void {
    for (const event of events) void this.#send(event)
  }

  /** What an earlier process left undelivered. */
  recover(): void {
    this.send(this.#engine.ports.journal.outbox(limits.outboxEventsMax))
  }

  /** Brings one event to whoever waits for it; the runs that have it now. */
  async bring(event: Outgoing): Promise<readonly RunId[]> {
    return await this.#send(event)
  }

  async #send(event: Outgoing): Promise<readonly RunId[]> {
    if (this.#underWay.has(event.id)) return []
    this.#underWay.add(event.id)
    try {
      const runs = await this.#deliver(event)
      await this.#engine.ports.journal.delivered(event.id)
      return runs
    } catch (thrown) {
      // It stays in the outbox: whoever opens the journal next delivers it, or we do soon.
      if (thrown instanceof IonError && thrown.code === 'JOURNAL_BUSY') this.#again(event)
      return []
    } finally {
      this.#underWay.delete(event.id)
    }
  }

  #again(event: Outgoing): void {
    const { clock } = this.#engine.ports
    clock.wakeAt(clock.now() + limits.sweepAgainMs, () => {
      if (!this.#isClosed) void this.#send(event)
    })
  }

  close(): void {
    this.#isClosed = true
  }

  async #deliver(event: Outgoing): Promise<readonly RunId[]> {
    const { journal } = this.#engine.ports
    const data = this.#engine.payloads.value(event.data)
    const route = { topics: topicKeys(event.subject), keys: matchKeys(data) }
    const isFor = ({ wanted }: Waiting): boolean =>
      wanted !== undefined && fits(wanted.subject, event.subject) && isMatch(wanted.match, data)
    const limit = limits.eventReceiversPerPage
    let page: readonly Waiting[] = []
    const runs: RunId[] = []
    do {
      const last = page.at(-1)
      const after = last === undefined ? {} : { after: last }
      page = journal.waiting({ kind: 'event', ...route, limit, ...after })
      runs.push(...(await this.#hand(event, page.filter(isFor))))
    } while (page.length === limit)
    return runs
  }

  /** Hands the event to each run once, for all of its steps that want it. */
  async #hand(event: Outgoing, to: readonly Waiting[]): Promise<readonly RunId[]> {
    const paths = new Map<RunId, string[]>()
    for (const { run, path } of to) paths.set(run, [...(paths.get(run) ?? []), path])
    const taken = [...paths].map(async ([run, of]) => {
      const live = this.#engine.tryLoad(run)
      if (live === undefined) return
      const at = this.#engine.ports.clock.now()
      live.post({ kind: 'event.received', at, ...event, paths: of })
      await live.caughtUp()
      this.#engine.residents.rest(live)
    })
    await Promise.all(taken)
    return [...paths.keys()]
  }
}
