/**
 * The people of a simulation: they start runs, tell them things, answer what is asked, cancel,
 * pause and retry. They remember what they were thanked for, whichever process did it.
 */
import type { RunId } from '#engine/core/id.ts'
import { replay } from '#engine/runtime/decider/replay.ts'
import { type Case, runIds, type Told } from '#test/sim/case.ts'
import type { Process } from '#test/sim/process.ts'
import type { World } from '#test/sim/world.ts'

/** An answer to what some run asks. */
interface Given {
  readonly run: RunId
  readonly path: string
  readonly id: string
  readonly by: number
  readonly isYes: boolean
  isHeard: boolean
}

/** What says whether a run is paused. */
const pauseKinds = new Set(['run.paused', 'run.resumed', 'run.cancel', 'run.retried'])

/** What people may be told instead of thanks. */
const answers = new Set([
  'RUN_ALREADY_ENDED',
  'RUN_NOT_RETRYABLE',
  'RUN_APPROVAL_CLOSED',
  'RUN_APPROVAL_REFUSED',
  'RUN_NOT_UNCERTAIN',
])

/** They outlive every process. */
export class People {
  readonly #world: World
  readonly #case: Case
  readonly #runs: readonly RunId[]
  #hasCancelled = false
  #hasPaused = false
  #hasCome: boolean
  /** Runs that somebody asked this process to start, or that have been started. */
  #asked = new Set<RunId>()
  #retriesLeft: number
  /** Signals whose sender waits for an answer, or has one. */
  readonly #sent = new Set<Told>()
  readonly #answered = new Set<Told>()
  /** What was answered, and whether somebody was thanked for it. */
  readonly #given: Given[] = []

  constructor(world: World, one: Case) {
    this.#world = world
    this.#case = one
    this.#runs = runIds(one)
    this.#hasCome = one.lateAt === undefined
    this.#retriesLeft = one.retries * one.runs
  }

  /** A process is there: whoever got no acknowledgement asks again. */
  meet(process: Process): void {
    this.#asked = new Set(this.#world.started)
    for (const told of this.#sent) if (!this.#answered.has(told)) this.#tell(process, told)
    for (const one of this.#given) if (!one.isHeard) this.#answer(process, one)
    this.#start(process)
  }

  #start(process: Process): void {
    for (const [i, run] of this.#runs.entries()) {
      if (this.#asked.has(run) || this.#isLater(i)) continue
      this.#asked.add(run)
      const start = { plan: this.#world.built.mainDigest, input: { n: i + 3 }, source: {}, run }
      void this.#promise(process, process.engine.start(start), () => this.#world.started.add(run))
    }
  }

  #isLater(i: number): boolean {
    return i > 0 && i === this.#runs.length - 1 && !this.#hasCome
  }

  /** The last run is started once its time has come, or nothing moves any more; true when it is now. */
  comes(process: Process, move: number): boolean {
    if (this.#hasCome || move < (this.#case.lateAt ?? 0)) return false
    this.#hasCome = true
    this.#start(process)
    return true
  }

  act(process: Process, move: number): void {
    const { cancelAt, pauseAt = Infinity } = this.#case
    const run = this.#runs[0]
    if (!this.#hasPaused && move >= pauseAt && run !== undefined && this.#world.started.has(run)) {
      this.#hasPaused = true
      void this.#promise(process, process.engine.pause(run), () => undefined)
    }
    if (this.#hasCancelled || cancelAt === undefined || move < cancelAt || run === undefined) return
    if (!this.#world.started.has(run)) return
    this.#hasCancelled = true
    void this.#promise(process, process.engine.cancel(run, 'a person'), () =>
      this.#world.promisedCancel(run),
    )
  }

  /** Nothing moves any more: somebody retries what did not end well. True when somebody acted. */
  actWhenIdle(process: Process): boolean {
    const world = this.#world
    if (this.#settles(process) || this.#resumes(process) || this.comes(process, Infinity))
      return true
    for (const run of this.#runs) {
      const status = world.disk.runs.get(run)?.header.status
      if (this.#retriesLeft <= 0 || (status !== 'failed' && status !== 'cancelled')) continue
      this.#retriesLeft -= 1
      world.retried.set(run, (world.retried.get(run) ?? 0) + 1)
      void this.#promise(process, process.engine.retry(run), () => undefined)
      return true
    }
    return false
  }

  /** Has what is paused go on; true when something was. */
  #resumes(process: Process): boolean {
    const run = this.#runs[0]
    const header = run === undefined ? undefined : this.#world.disk.runs.get(run)?.header
    if (run === undefined || header === undefined || header.endedAt !== undefined) return false
    const last = this.#world.records(run).findLast(({ kind }) => pauseKinds.has(kind))
    if (last?.kind !== 'run.paused') return false
    void this.#promise(process, process.engine.resume(run), () => undefined)
    return true
  }

  #receiver({ run }: Told): RunId {
    return this.#runs[run % this.#runs.length] as RunId
  }

  /** Tells a run the next of what it is to hear, if it is time; true when somebody spoke. */
  tell(process: Process, move: number): boolean {
    if (move === Infinity && this.#answerNext(process)) return true
    const next = this.#case.signals?.find((told) => !this.#sent.has(told))
    if (next === undefined || move < next.at) return false
    if (!this.#world.started.has(this.#receiver(next))) return false
    this.#tell(process, next)
    return true
  }

  /** Answers the first of what is asked on the disk; true when somebody spoke. */
  #answerNext(process: Process): boolean {
    const next = this.#case.answers?.[this.#given.length]
    if (next === undefined) return false
    for (const [run, paths] of this.#world.disk.mail.waits) {
      const found = [...paths].find(([, text]) => text.includes('"approval"'))
      if (found === undefined) continue
      const given = { ...next, run, path: found[0], id: `answer-${this.#given.length}` }
      this.#given.push({ ...given, isHeard: false })
      this.#answer(process, this.#given.at(-1) as Given)
      return true
    }
    return false
  }

  #answer(process: Process, given: Given): void {
    const { run, path, id, isYes } = given
    const decision = isYes ? 'approve' : 'reject'
    const asked = process.engine.answer(run, { path, id, by: `user:p${given.by}`, decision })
    void this.#promise(process, asked, () => {
      given.isHeard = true
      this.#world.thanked.set(run, (this.#world.thanked.get(run) ?? new Set()).add(id))
    })
  }

  #tell(process: Process, told: Told): void {
    this.#sent.add(told)
    const run = this.#receiver(told)
    const id = `told-${this.#case.signals?.indexOf(told)}`
    const data = { even: told.data % 2 === 0, n: told.data }
    const asked = process.engine.signal(run, { name: `n${told.name}`, data, id })
    void this.#promise(process, asked, () => {
      this.#answered.add(told)
      this.#world.thanked.set(run, (this.#world.thanked.get(run) ?? new Set()).add(id))
    })
  }

  /** Somebody looks after a step of which nobody knows; true when there was one. */
  #settles(process: Process): boolean {
    for (const [run, { header }] of this.#world.disk.runs) {
      if (header.status !== 'uncertain') continue
      const records = this.#world.records(run)
      const { built } = this.#world
      const plan = header.plan === built.mainDigest ? built.main : built.child
      const [path] = replay(plan, records).uncertain
      if (path === undefined) continue
      const how = (['happened', 'did-not-happen', 'retry'] as const)[
        (records.length + this.#case.order) % 3
      ]
      const settled = { path, how: how ?? 'retry', output: 17, id: `${path} ${records.length}` }
      void this.#promise(process, process.engine.settle(run, settled), () => undefined)
      return true
    }
    return false
  }

  async #promise(process: Process, asked: Promise<unknown>, kept: () => void): Promise<void> {
    try {
      await asked
      if (process.isAside) this.#world.breach('who was passed over thanks nobody', '')
      if (!process.isDead) kept()
    } catch (error) {
      const code = (error as { code?: string }).code
      if (!process.isDead && !process.isAside && !answers.has(code ?? '')) {
        this.#world.breach('people get an answer', String((error as Error).stack))
      }
    }
  }
}
