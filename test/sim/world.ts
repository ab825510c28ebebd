/**
 * What outlives every crash: the disk, the time, the services that actions call, and the
 * memory of what was promised to people. It writes down what is wrong the moment it sees it.
 */
import { isAwait } from '#engine/runtime/decider/await.ts'
import { repeatsIn, replay } from '#engine/runtime/decider/replay.ts'
import type { Instant } from '#engine/core/clock.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { type MemoryDisk, memoryDisk } from '#engine/durable/memory-disk.ts'
import type { CallRequest, CallResult } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { fits } from '#engine/dsl/subject.ts'
import type { Plan } from '#engine/plan/plan.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'
import { emptyMail } from '#engine/runtime/waits/mailbox.ts'
import { isMatch } from '#engine/runtime/waits/match.ts'
import type { Outgoing } from '#engine/runtime/waits/port.ts'
import { counting } from '#engine/runtime/decider/replay.ts'

import { mustHavePlace } from './laws/places.ts'
import { isDetached } from './laws/detached.ts'
import type { Built } from './build.ts'
import type { Attempt } from './case.ts'
import { plainText } from './dump.ts'
import { stepIdOf } from './step-id.ts'

/** Which promise is broken, and how it showed. */
export interface Breach {
  readonly law: string
  readonly detail: string
}

/** A child that fills its turns hears of the end of its parent only after a few commits of all runs. */
const turnsToHear = 8

/** An answer that has not come back yet. */
export interface Answer {
  readonly due: Instant
  readonly give: () => void
}

export class World {
  readonly built: Built
  readonly disk: MemoryDisk = memoryDisk()
  readonly breaches: Breach[] = []
  /** Records that listeners were told of, as JSON, by run. */
  readonly told = new Map<RunId, string[]>()
  /** What people were promised. */
  readonly started = new Set<RunId>()
  /** Ids of what somebody told a run and was thanked for, by run. */
  readonly thanked = new Map<RunId, Set<string>>()
  /** Ids of events of which somebody said that they are delivered. */
  readonly delivered = new Set<string>()
  /** How often somebody had the run retried. */
  readonly retried = new Map<RunId, number>()
  now: Instant = 1_760_000_000_000
  /** Points at which a process can die, passed so far. */
  points = 0
  readonly answers = new Set<Answer>()
  crashes = 0
  /** The commit that a run ended with. */
  readonly endedWith = new Map<RunId, number>()
  /** When a run that has a quiet time was durable at its gate. */
  readonly cameAt = new Map<RunId, Instant>()
  readonly #parsed = new Map<RunId, RunRecord[]>()
  readonly #keys = new Map<string, string>()
  readonly #keysOf = new Map<string, Set<string>>()
  readonly #unsafe = new Set<string>()
  readonly #executed = new Set<string>()

  constructor(built: Built) {
    this.built = built
  }

  breach(law: string, detail: string): void {
    if (this.breaches.length < 20) this.breaches.push({ law, detail })
  }

  /** One key for all attempts; another one only where a retry dropped what was done. */
  #oneKey(one: { place: string; path: string; key: string; texts: readonly string[] }): void {
    const keys = this.#keysOf.get(one.place) ?? new Set()
    this.#keysOf.set(one.place, keys)
    if (keys.has(one.key)) return
    const dropped =
      keys.size === 0
        ? 0
        : (repeatsIn(one.texts.map((text) => JSON.parse(text) as RunRecord)).get(one.path) ?? 0)
    if (keys.size > dropped) this.breach('one step, one key', one.place)
    keys.add(one.key)
  }

  /** A service hears of a call. Checks everything that must be true at this moment. */
  execute(request: CallRequest): void {
    const { run, path, attempt, key } = request
    const place = `${run} ${path}`
    const input = JSON.stringify(request.input)
    const { effects } = request.action
    const known = this.#keys.get(key)
    // A pure step runs ahead of the commit, so its input may be another one after a crash.
    if (effects !== 'pure' && known !== undefined && known !== `${place} ${input}`) {
      this.breach('one key, one input', `${place}: ${known} and ${input}`)
    }
    if (effects !== 'pure') this.#keys.set(key, `${place} ${input}`)
    if (effects === 'pure') return
    const texts = this.disk.runs.get(run)?.records ?? []
    this.#oneKey({ place, path, key, texts })
    const isIntended = texts.some(
      (text) =>
        text.startsWith('{"kind":"step.started"') &&
        text.includes(`"path":"${path}"`) &&
        text.includes(`"attempt":${attempt},`),
    )
    if (!isIntended) this.breach('no effect before its intent', `${place}#${attempt}`)
    if (
      texts.some(
        (text) => text.startsWith('{"kind":"step.done"') && text.includes(`"path":"${path}"`),
      )
    ) {
      this.#mustNotBeDone(run, path)
    }
    if (this.disk.runs.get(run)?.header.endedAt !== undefined) {
      this.breach('nothing begins after the end', place)
    }
    this.#mustBeWanted(run, `${place}#${attempt}`)
    mustHavePlace(this, run)
    // The callee knows a key of the author, so it may be called again after a crash.
    const isKeyed = texts.some(
      (text) =>
        text.startsWith('{"kind":"step.started"') &&
        text.includes(`"path":"${path}"`) &&
        text.includes('"key":'),
    )
    if (effects !== 'unsafe' || isKeyed) return
    const once = `${place}#${attempt} ${this.retried.get(run) ?? 0} ${this.retried.get(this.parentOf(run) ?? run) ?? 0}`
    if (this.#unsafe.has(once)) this.breach('unsafe is executed once', once)
    this.#unsafe.add(once)
  }

  /** A child whose parent has ended hears of it and begins nothing new but what tidies up. */
  #mustBeWanted(run: RunId, place: string): void {
    const isKnown = this.#executed.has(place)
    this.#executed.add(place)
    const parent = isDetached(this.records(run)) ? undefined : this.parentOf(run)
    const end = parent === undefined ? undefined : this.endedWith.get(parent)
    if (isKnown || end === undefined || this.disk.commits - end < turnsToHear) return
    const id = stepIdOf(place.replace(/#.*/, ''))
    if (this.built.finals.has(id) || id.endsWith('!')) return
    const texts = this.disk.runs.get(run)?.records ?? []
    if (texts.some((text) => text.startsWith('{"kind":"run.cancel"'))) return
    this.breach('a child does not outlive its parent', place)
  }

  parentOf(run: RunId): RunId | undefined {
    return this.disk.runs.get(run)?.header.parent
  }

  /** Parsed once: what is on the disk never changes. */
  records(run: RunId): readonly RunRecord[] {
    const texts = this.disk.runs.get(run)?.records ?? []
    const known = this.#parsed.get(run) ?? []
    this.#parsed.set(run, known)
    for (const text of texts.slice(known.length)) known.push(JSON.parse(text) as RunRecord)
    return known
  }

  noteEnds(): void {
    if (this.built.main.debounce !== undefined) this.#noteQuiet()
    for (const { header } of this.disk.runs.values()) {
      if (header.endedAt === undefined) this.endedWith.delete(header.run)
      else if (!this.endedWith.has(header.run)) this.endedWith.set(header.run, this.disk.commits)
    }
  }

  #noteQuiet(): void {
    for (const run of this.disk.runs.keys()) {
      const isThere = this.records(run).some(({ kind }) => kind === 'run.debounced')
      if (isThere && !this.cameAt.has(run)) this.cameAt.set(run, this.now)
    }
  }

  /** Steps that wait for an event, by run and the record that opened them. */
  readonly #listeners = new Map<string, readonly string[]>()

  /** Who waits for the events that have just been committed. */
  noteEvents(): void {
    for (const [id, text] of this.disk.mail.outbox) {
      if (this.#listeners.has(id)) continue
      this.#listeners.set(id, this.#waiting(JSON.parse(text) as Outgoing))
    }
  }

  /** Somebody says that everybody has the event: whoever waited for it and still does, has it. */
  mustHaveReached(id: string): void {
    const text = this.disk.mail.outbox.get(id)
    if (text === undefined) return
    const left = new Set(this.#waiting(JSON.parse(text) as Outgoing))
    const missed = this.#listeners.get(id)?.find((one) => left.has(one))
    if (missed !== undefined) this.breach('an event reaches who waits', `${id} ${missed}`)
  }

  /** Steps that wait for `event` and do not have it. */
  #waiting(event: Outgoing): readonly string[] {
    const data = 'value' in event.data ? event.data.value : null
    return [...this.disk.runs.keys()].flatMap((run) => {
      const records = this.records(run)
      const { header } = this.disk.runs.get(run) ?? {}
      if (header?.endedAt !== undefined || !records.some(isOpening)) return []
      const plan = header?.plan === this.built.mainDigest ? this.built.main : this.built.child
      const { frames, mail } = stateOf(plan, records)
      return [...frames.values()].flatMap((frame) => {
        if (!isAwait(frame) || frame.phase !== 'waiting' || frame.step.on !== 'event') return []
        const isMeant = fits(frame.topic, event.subject) && isMatch(frame.match, data)
        return isMeant && !mail.ids.has(event.id) ? [`${run} ${frame.path} ${frame.due}`] : []
      })
    })
  }

  /** Somebody was told that the run is cancelled: it has heard of it, or has ended just before. */
  promisedCancel(run: RunId): void {
    const isHeard = this.records(run).some(({ kind }) => kind === 'run.cancel')
    const isOutOfTime = this.records(run).some(
      (record) => record.kind === 'timer.fired' && record.path === '',
    )
    const isOver = this.disk.runs.get(run)?.header.endedAt !== undefined
    if (!isHeard && !isOutOfTime && !isOver)
      this.breach('a cancel that was acknowledged is kept', run)
  }

  #mustNotBeDone(run: RunId, path: string): void {
    const isDone = counting(this.records(run)).some(
      ({ record }) => record.kind === 'step.done' && record.path === path,
    )
    if (isDone) this.breach('a committed step is not executed again', `${run} ${path}`)
  }

  script(request: CallRequest): Attempt {
    const attempts = this.built.calls.get(stepIdOf(request.path))?.attempts ?? []
    return attempts[Math.min(request.attempt, attempts.length) - 1] ?? { does: 'ok', ms: -1 }
  }
}

/** Records that do not fit are found in the end (`check.ts`). */
function stateOf(plan: Plan, records: readonly RunRecord[]): Pick<RunState, 'frames' | 'mail'> {
  try {
    return replay(plan, records)
  } catch {
    return { frames: new Map(), mail: emptyMail() }
  }
}

function isOpening(record: RunRecord): boolean {
  return record.kind === 'await.opened'
}

/** Enough to be worth keeping. */
const taken = { wallMs: 9, cpuMs: limits.cacheCpuMsMin, hostCalls: 0, bytesIn: 0, bytesOut: 0 }

/** What the service answers in the end. */
export function resultOf(built: Built, request: CallRequest, attempt: Attempt): CallResult {
  const spent = request.action.spends === true ? { spent: { turns: 1 } } : {}
  if (attempt.does === 'ok') {
    const output = answerOf(request.input)
    const { attempts = [] } = built.calls.get(stepIdOf(request.path)) ?? {}
    const isPure = attempts.every(({ does }) => does === 'ok')
    if (isPure) return { ok: true, output, usage: taken, isOfInput: true, ...spent }
    return { ok: true, output, ...spent }
  }
  const code = attempt.does === 'bug' ? 'SANDBOX_GUEST_THREW' : 'net'
  return { ok: false, error: { code, message: 'as scripted' }, ...spent }
}

/** What an action answers: a small number that depends on its whole input but for messages. */
export function answerOf(input: Json): number {
  let sum = 7
  for (const char of plainText(input)) sum = (sum * 31 + char.charCodeAt(0)) % 1009
  return sum
}
