/**
 * Runs under way on one host: starts them, carries them on after a crash, ends them.
 *
 * Promise 2 of the design lives here: an acknowledgement leaves only after its record is
 * durable, and whatever a process leaves behind the next one carries on. It knows the five
 * ports and nothing of SQL, QuickJS or HTTP. How one run moves is `turn.ts`.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { Admission } from '#engine/runtime/admission/admit.ts'
import { overBudget } from '#engine/runtime/budget/guard.ts'
import { beginRun, checkedInput, checkOutput } from '#engine/runtime/live/begin.ts'
import { Courier } from '#engine/runtime/live/courier.ts'
import { callStep } from '#engine/runtime/live/call.ts'
import { announceChild, deliverChild, spawnChild } from '#engine/runtime/live/children.ts'
import { type Forking, openForking } from '#engine/runtime/live/fork.ts'
import type { EnginePorts, Inside, StartRun } from '#engine/runtime/live/inside.ts'
import { Residents } from '#engine/runtime/live/residents.ts'
import { carryOn, reopen } from '#engine/runtime/live/resume.ts'
import { mustGoOn, openTalk, statusOf, type Talk } from '#engine/runtime/live/talk.ts'
import { openSettling, type Settling } from '#engine/runtime/live/settle.ts'
import { Sweeper } from '#engine/runtime/live/sweep.ts'
import type { TurnHost } from '#engine/runtime/live/turn-host.ts'
import type { LiveRun } from '#engine/runtime/live/turn.ts'
import { takeState } from '#engine/runtime/waits/use-state.ts'
import { Waiters } from '#engine/runtime/live/waiters.ts'

import { openPayloads, type Payloads } from './payload.ts'
import { type Batch, isAtRest, type RunStatus } from './ports.ts'
import { openPrograms, type Programs } from './program.ts'
import type { RunRecord } from './record.ts'

/** Hears of records once they are durable. */
export type Listener = (run: RunId, records: readonly RunRecord[]) => void

export interface Engine extends Talk, Settling, Forking {
  /** Resolves once the run's first records are durable. Throws `RUN_INPUT_REFUSED`. */
  start(start: StartRun): Promise<RunId>
  /**
   * Resolves once the run has ended, or also once it and all that it waits for only wait.
   * Rejects when the host faults.
   */
  wait(run: RunId, until?: 'ended' | 'parked'): Promise<RunStatus>
  /** Carries on whatever was under way when the last process died, and arms the timers. */
  recover(): readonly RunId[]
  cancel(run: RunId, reason: string): Promise<void>
  /** Carries a failed or cancelled run on from where it broke off. */
  retry(run: RunId): Promise<void>
  watch(listener: Listener): () => void
  /** Takes on nothing new and waits for what is under way, at most `ms`. */
  drain(ms: number): Promise<void>
  close(): void
}

export function openEngine(ports: EnginePorts): Engine {
  const engine = new RunningEngine(ports)
  return Object.assign(engine, openTalk(engine), openSettling(engine), openForking(engine))
}

class RunningEngine implements Omit<Engine, keyof Talk | keyof Settling | keyof Forking>, Inside {
  readonly ports: EnginePorts
  readonly payloads: Payloads
  readonly programs: Programs
  readonly residents = new Residents()
  readonly courier = new Courier(this)
  readonly #admission = new Admission(this)
  readonly turns: TurnHost
  readonly #sweeper: Sweeper
  readonly #waiters = new Waiters(this)
  readonly #listeners = new Set<Listener>()
  /** Runs that stopped for a bug of ours or a journal that does not fit. */
  readonly #broken = new Map<RunId, IonError>()
  #fault: Error | undefined
  #isDraining = false

  constructor(ports: EnginePorts) {
    this.ports = ports
    this.payloads = openPayloads(ports.store)
    this.programs = ports.programs ?? openPrograms(ports.store)
    this.#sweeper = new Sweeper({
      ...ports,
      fire: async ({ run, path, timer }, at) => {
        const live = this.#post(run, { kind: 'timer.fired', path, timer, at })
        await live?.durable
      },
      isBroken: ({ run }) => this.#broken.has(run),
      faulted: (error) => this.#faulted(error),
    })
    this.turns = {
      now: () => ports.clock.now(),
      call: (live, start) => overBudget(this, live, start) ?? callStep(ports, live, start),
      answer: (live, turn, asked) =>
        asked.kind === 'useState'
          ? takeState(ports.states, live, { turn, use: asked })
          : this.#admission.answer(live, turn, asked),
      checkOutput: (live, done) => void checkOutput(ports, live, done),
      spawn: (live, spawn) => spawnChild(this, live, spawn),
      cancel: ({ abort, child }) => {
        abort?.abort()
        if (child !== undefined)
          this.cancel(child, 'its parent let go of it').catch(() => undefined)
      },
      committed: (live, batch) => {
        try {
          this.#committed(live, batch)
        } catch (thrown) {
          this.#broke(live.log.run, thrown) // nobody else would hear of it
        }
      },
      faulted: (_, error) => this.#faulted(error),
      broke: (live, error) => this.#broke(live.log.run, error),
    }
  }

  async start(start: StartRun): Promise<RunId> {
    this.mustWork()
    const input = await this.checkInput(start.plan, start.input)
    this.mustWork()
    const run = start.run ?? this.ports.ids.runId()
    const twin = this.residents.find(run)
    if (twin !== undefined || this.ports.journal.find(run) !== undefined) {
      await twin?.durable
      return run
    }
    await this.#waiters.wait(run, 'started', () => this.begin({ ...start, run, input }))
    return run
  }

  /** Begins a run whose input is known to be good. */
  begin(start: StartRun & { readonly run: RunId }): void {
    beginRun(this, start)
  }

  async wait(run: RunId, until: 'ended' | 'parked' = 'ended'): Promise<RunStatus> {
    this.mustWork()
    this.#mustBeSound(run)
    return await this.#waiters.reach(run, until)
  }

  recover(): readonly RunId[] {
    this.mustWork()
    const runs = this.ports.journal.unfinished()
    for (const run of runs) this.tryLoad(run)
    this.courier.recover()
    this.#admission.recover()
    this.#sweeper.arm()
    return runs
  }

  async cancel(run: RunId, reason: string): Promise<void> {
    this.mustWork()
    this.#mustBeSound(run)
    mustGoOn(run, await statusOf(this, run))
    const live = this.#post(run, { kind: 'run.cancel', at: this.ports.clock.now(), reason })
    this.#mustBeSound(run)
    await live?.caughtUp()
  }

  async retry(run: RunId): Promise<void> {
    this.mustWork()
    this.#mustBeSound(run)
    const before = this.residents.find(run)
    // A retry that is asked for twice is one: the run is on its way already.
    const live = before?.state.status === 'running' ? before : reopen(this, run)
    await live.caughtUp()
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async drain(ms: number): Promise<void> {
    this.#isDraining = true
    this.#sweeper.stop()
    for (const live of this.residents.all()) live.isDraining = true
    await this.residents.idle({ clock: this.ports.clock, ms })
  }

  close(): void {
    this.#isDraining = true
    this.#sweeper.stop()
    this.courier.close()
    for (const live of this.residents.all()) {
      for (const abort of live.calls.values()) abort?.abort()
      live.calls.clear() // an intent that is still on its way starts nothing any more
      live.log.close()
    }
    this.#fault ??= new IonError('CLI_ENGINE_UNREACHABLE', 'The engine was closed.')
    this.#waiters.rejectAll(this.#fault)
  }

  /** The run in memory; from the journal when it is not, and then carried on. */
  load(run: RunId): LiveRun {
    this.#mustBeSound(run)
    return this.residents.find(run) ?? carryOn(this, run)
  }

  /** One run that cannot be read must not keep the others from going on. */
  tryLoad(run: RunId): LiveRun | undefined {
    try {
      return this.load(run)
    } catch (thrown) {
      this.#broke(run, thrown)
      return undefined
    }
  }

  /** Tells a run what happened: the one in memory, or else it is taken up with it. */
  #post(run: RunId, record: RunRecord): LiveRun | undefined {
    const live = this.residents.find(run)
    if (live !== undefined) {
      live.post(record)
      return live
    }
    try {
      this.#mustBeSound(run)
      return carryOn(this, run, record)
    } catch (thrown) {
      this.#broke(run, thrown)
      return undefined
    }
  }

  adopt(live: LiveRun): void {
    live.isDraining = this.#isDraining
    this.residents.add(live)
  }

  async checkInput(plan: Digest, input: Json): Promise<Json> {
    return await checkedInput(this.ports, this.programs.get(plan).plan.inputs, input)
  }

  #committed(live: LiveRun, batch: Batch): void {
    const { run } = live.log
    if (batch.records.length > 0) {
      for (const listener of this.#listeners) this.#tell(listener, run, batch.records)
    }
    if (batch.timers !== undefined) this.#sweeper.changed(batch.timers)
    if (batch.events !== undefined) this.courier.send(batch.events)
    if (batch.records[0]?.kind === 'run.started') announceChild(this, live)
    if (batch.endedAt !== undefined) {
      this.residents.remove(live)
      live.log.close()
      deliverChild(this, live)
    } else if (isAtRest(live.durableStatus) && live.isIdle) this.residents.park(live)
    this.#admission.committed(live, batch)
    this.#waiters.tell(live)
    this.residents.tellIdle()
  }

  /** A listener that throws hears no more; the run goes on. */
  #tell(listener: Listener, run: RunId, records: readonly RunRecord[]): void {
    try {
      listener(run, records)
    } catch {
      this.#listeners.delete(listener)
    }
  }

  #broke(run: RunId, thrown: unknown): void {
    if (this.#broken.has(run)) return
    const isOurs = thrown instanceof IonError
    const message = `Run ${run} met a bug of ionflux and stopped; its journal is safe.`
    const error = isOurs ? thrown : new IonError('RUN_INTERNAL', message, { cause: thrown })
    this.#broken.set(run, error)
    const live = this.residents.find(run)
    if (live !== undefined) {
      for (const abort of live.calls.values()) abort?.abort()
      live.calls.clear()
      this.residents.remove(live)
      live.log.close()
    }
    this.#waiters.reject(run, error)
    if (live !== undefined) this.#waiters.tellCallers(live)
    this.residents.tellIdle()
  }

  /** The journal cannot be trusted to take anything more: nobody gets an acknowledgement. */
  #faulted(error: unknown): void {
    this.#fault ??= error instanceof Error ? error : new Error(String(error))
    this.#sweeper.stop()
    this.#waiters.rejectAll(error)
    this.residents.tellIdle()
  }

  #mustBeSound(run: RunId): void {
    const broken = this.#broken.get(run)
    if (broken !== undefined) throw broken
  }

  mustWork(): void {
    if (this.#fault !== undefined) throw this.#fault
  }
}
