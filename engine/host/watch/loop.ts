/**
 * The loop of a watcher: syncs what is due or was said to have changed, makes active what may
 * be, starts runs, reports, and sleeps until the next of these.
 *
 * A repository that misbehaves is told and looked at again later; nothing of it stops the
 * loop or the others. What other processes do (an approval, a rollback, a new mirror) is seen
 * at the next look, a second later at most.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import { toFailure } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { type Activator, type Outcome, settle } from '#engine/host/activate/activate.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'

import type { Emit } from './events.ts'
import type { Hearing } from './hear.ts'
import { Judge } from './judge.ts'
import type { Starts } from './starts.ts'

/** What a look at a remote came to. */
export interface Synced {
  readonly isChanged: boolean
  readonly status: string
  readonly problem?: string
}

export interface LoopParts {
  readonly activator: Activator
  readonly clock: Clock
  readonly starts: Starts
  readonly hearing: Pick<Hearing, 'load' | 'drop' | 'hear'>
  /** Looks at the remote and brings what is new. What the repository did wrong is in the result. */
  sync(mirror: Mirror): Promise<Synced>
  /** Tells the forge; never throws. */
  report(mirror: Mirror, outcome: Outcome): Promise<void>
  /** Plans the open pull requests of `mirror`; never throws. */
  pulls(mirror: Mirror): Promise<void>
  /** Publishes the tags that are new; never throws. */
  releases(mirror: Mirror): Promise<void>
  /** Called in every round. */
  tidy(): Promise<void>
  readonly emit: Emit
}

export interface WatchLoop {
  /** Says that a remote has changed: it is looked at as soon as there is room. */
  markDirty(mirror: string): void
  /** Works until `signal` aborts, and then until what is under way has ended. */
  run(signal: AbortSignal): Promise<void>
  /** Looks at every mirror once, and starts what is due. */
  once(): Promise<void>
  /** When the loop last went round. */
  beatAt(): Instant
}

export function openLoop(parts: LoopParts): WatchLoop {
  return new Loop(parts)
}

class Loop implements WatchLoop {
  readonly #parts: LoopParts
  readonly #judge: Judge
  readonly #dirty = new Set<string>()
  readonly #underWay = new Map<string, Promise<void>>()
  /** By mirror, the activation whose schedules are loaded. */
  readonly #loaded = new Map<string, number>()
  #wake: () => void = () => {}
  #beat: Instant
  #lookedAt: Instant = 0
  /** Of all mirrors, the last activation that was seen. */
  #latest = -1

  constructor(parts: LoopParts) {
    this.#parts = parts
    this.#judge = new Judge({ ...parts, load: (mirror) => this.#load(mirror) })
    this.#beat = parts.clock.now()
    settle(parts.activator)
  }

  beatAt(): Instant {
    return this.#beat
  }

  markDirty(mirror: string): void {
    this.#dirty.add(mirror)
    this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake()
    signal.addEventListener('abort', stop)
    while (!signal.aborted) {
      this.#launch()
      await this.#turn()
      if (!signal.aborted) await this.#sleep(signal)
    }
    signal.removeEventListener('abort', stop)
    await Promise.allSettled(this.#underWay.values())
  }

  async once(): Promise<void> {
    for (const { id } of this.#mirrors()) this.#dirty.add(id)
    await this.#turn()
    while (this.#dirty.size > 0 || this.#underWay.size > 0) {
      this.#launch()
      await Promise.race(this.#underWay.values())
    }
    await this.#turn()
  }

  /** Sees what others did, and starts what is due. */
  async #turn(): Promise<void> {
    const { clock, starts } = this.#parts
    const now = clock.now()
    this.#beat = now
    await this.#guard('watcher', async () => await this.#parts.tidy())
    if (now - this.#lookedAt >= limits.watchLookMs)
      await this.#guard('mirrors', async () => await this.#lookAround(now))
    await this.#guard('events', async () => await this.#parts.hearing.hear())
    await this.#guard('schedules', async () => await starts.fireDue(clock.now()))
  }

  #launch(): void {
    const { activator, clock } = this.#parts
    const due = activator.mirrors.due(clock.now(), limits.watchSyncsMax * 2)
    for (const id of new Set([...this.#dirty, ...due])) {
      if (this.#underWay.size >= limits.watchSyncsMax) return
      if (this.#underWay.has(id)) continue
      this.#dirty.delete(id)
      const work = this.#work(id).finally(() => {
        this.#underWay.delete(id)
        this.#wake()
      })
      this.#underWay.set(id, work)
    }
  }

  async #work(id: string): Promise<void> {
    const { activator, pulls, releases } = this.#parts
    const mirror = activator.mirrors.find(id)
    if (mirror === undefined) return
    let isAsked = false
    await this.#guard(mirror.name, async () => {
      await this.#ask(mirror)
      isAsked = true
    })
    await this.#guard(mirror.name, async () => {
      // What is here may become active also where the remote cannot be asked.
      await this.#judge.now(id)
      if (isAsked) await pulls(mirror)
    })
    // Also where its flows cannot become active; it is bound to its branch by now.
    await releases(activator.mirrors.find(id) ?? mirror)
  }

  async #ask(mirror: Mirror): Promise<void> {
    const { activator, sync, emit } = this.#parts
    const { id, name } = mirror
    const seen = activator.mirrors.incidents({ mirror: id, limit: 1 })[0]?.id ?? 0
    const { isChanged, status, problem } = await sync(mirror)
    const { commit } = activator.mirrors.facts(id).remote
    if (isChanged || problem !== undefined)
      emit({
        event: 'synced',
        mirror: name,
        status,
        ...(commit === undefined ? {} : { commit }),
        ...(problem === undefined ? {} : { problem }),
      })
    this.#tellIncidents(mirror, seen)
  }

  #tellIncidents({ id, name }: Mirror, seen: number): void {
    const { activator, emit } = this.#parts
    const fresh = activator.mirrors
      .incidents({ mirror: id, limit: limits.watchIncidentsToldMax })
      .filter((incident) => incident.id > seen)
    for (const { kind, message } of fresh.toReversed())
      emit({ event: 'incident', mirror: name, kind, message })
  }

  #load(mirror: Mirror): void {
    const { activator, starts, hearing } = this.#parts
    const n = activator.memory.active(mirror.id)?.n ?? 0
    if (this.#loaded.get(mirror.id) === n) return
    starts.load(mirror)
    hearing.load(mirror)
    this.#loaded.set(mirror.id, n)
  }

  async #lookAround(now: Instant): Promise<void> {
    this.#lookedAt = now
    const mirrors = this.#mirrors()
    const there = new Set(mirrors.map(({ id }) => id))
    for (const id of this.#loaded.keys())
      if (!there.has(id)) {
        this.#loaded.delete(id)
        this.#judge.forget(id)
        this.#parts.starts.drop(id)
        this.#parts.hearing.drop(id)
      }
    const latest = this.#parts.activator.memory.latest()
    const news = { isNews: latest !== this.#latest, isFirst: this.#latest === -1, now }
    this.#latest = latest
    for (const mirror of mirrors)
      await this.#guard(mirror.name, async () => {
        if (news.isNews || !this.#loaded.has(mirror.id)) this.#load(mirror)
        // What is about to be synced is judged after it, so that it is told once.
        const isNext = this.#dirty.has(mirror.id) || this.#underWay.has(mirror.id)
        if (!isNext && this.#judge.isWanted(mirror, news)) await this.#judge.now(mirror.id)
      })
  }

  #mirrors(): readonly Mirror[] {
    return this.#parts.activator.mirrors.list()
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const { activator, clock, starts } = this.#parts
    const now = clock.now()
    const isFull = this.#underWay.size >= limits.watchSyncsMax
    const due = isFull ? undefined : activator.mirrors.nextDue()
    const times = [now + limits.watchLookMs, starts.nextAt() ?? Infinity, due ?? Infinity]
    // What is due and under way must not make this a busy wait.
    const at = Math.max(Math.min(...times), now + limits.watchPauseMsMin)
    await new Promise<void>((resolve) => {
      const cancel = clock.wakeAt(at, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
      const isWaiting = [...this.#dirty].some((id) => !this.#underWay.has(id))
      if (signal.aborted || (isWaiting && !isFull)) this.#wake()
    })
    this.#wake = () => {}
  }

  async #guard(about: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      const { code, message } = toFailure(thrown, 'RUN_INTERNAL')
      this.#parts.emit({ event: 'problem', about, code, message })
    }
  }
}
