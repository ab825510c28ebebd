/**
 * One run under way in this process: applies what happened, executes what follows.
 *
 * A turn takes records from the inbox, applies each, and collects everything that follows
 * into one batch, which commits as a whole. The rules of order (DESIGN 1.2, 6):
 * - an effect starts only after the batch with its intent is durable;
 * - pure steps run at once, ahead of the commit;
 * - listeners and waiters hear of a record only once it is durable.
 * Which run is here and why belongs to `engine.ts`.
 */
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { Command } from '#engine/runtime/decider/command.ts'
import { isCurrent, timerAfter } from '#engine/runtime/decider/current.ts'
import { decide } from '#engine/runtime/decider/decide.ts'
import { evolve, markStarted } from '#engine/runtime/decider/evolve.ts'
import type { Sight } from '#engine/runtime/decider/scope.ts'
import { restStatus, type RunState } from '#engine/runtime/decider/state.ts'
import type { RunLog, RunStatus } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { batchOf, emptyTurn, intentOf, isQuestion } from './turn-host.ts'
import type { Lost, Question, StartStep, Turn, TurnHost } from './turn-host.ts'

export class LiveRun {
  readonly state: RunState
  readonly sight: Sight
  readonly log: RunLog
  /** Calls and children under way, and intents on their way to the disk, by path. */
  readonly calls = new Map<string, AbortController | undefined>()
  readonly children = new Map<string, RunId>()
  /** Children whose start is not durable yet: should the process die, this run must see to it. */
  readonly #unborn = new Set<string>()
  /** Resolves when everything that was taken in so far is durable. */
  durable: Promise<void> = Promise.resolve()
  /** As the journal has it, once what is on its way has arrived. */
  status: RunStatus | undefined
  /** As the journal has it: what may be told to anybody. */
  durableStatus: RunStatus | undefined
  /** No new work is taken on: the process is about to leave the run to another. */
  isDraining = false
  /** Batches on their way to the disk. */
  pending = 0
  readonly #host: TurnHost
  #inbox: (RunRecord | Question)[] = []
  /** Effects whose intent is still in the inbox. */
  readonly #intents = new Map<string, StartStep>()
  #isTurning = false
  /** The rest of the inbox waits until what was taken so far is durable. */
  #isHeld = false
  /** It met a bug of ours: the state is not to be trusted, and nothing is done with it any more. */
  #isBroken = false
  #hasSkipped = false
  /** The time of the turn: decisions of a long run are not all as old as what began them. */
  #now = 0

  constructor(
    host: TurnHost,
    parts: { state: RunState; sight: Sight; log: RunLog; status: RunStatus | undefined },
  ) {
    this.#host = host
    this.state = parts.state
    this.sight = parts.sight
    this.log = parts.log
    this.status = parts.status
    this.durableStatus = parts.status
  }

  /** Takes in what happened. What no longer concerns the run is passed over. */
  post(record: RunRecord): void {
    if (this.state.status !== 'running' || this.#isBroken) return
    this.#inbox.push(record)
    if (!this.#isTurning && !this.#isHeld) this.#turn()
  }

  /** After a restart: takes in `first`, decides again what is forgotten, executes what is lost. */
  carryOn(lost: () => Lost, first?: RunRecord): void {
    this.state.cancelled = []
    this.state.timers = []
    this.state.outside = []
    this.#turn((turn) => {
      if (first !== undefined) this.#begin(turn, first)
      const { frames, calls, records } = lost()
      this.#inbox.push(...records)
      turn.calls.push(...calls.filter(() => this.#mayBegin()))
      for (const start of turn.calls) this.calls.set(start.path, undefined)
      this.#execute(turn, decide(this.sight, this.state, frames))
    })
  }

  /** The first record of a run that is taken up: what follows from it is decided with the rest. */
  #begin(turn: Turn, first: RunRecord): void {
    if (!isCurrent(this.state, first)) return this.#pass(turn, first)
    evolve(this.state, first)
    turn.records.push(first)
  }

  /** The child of the step at `path` is durable: from here on its end wakes this run. */
  childBegan(path: string): void {
    if (this.#unborn.delete(path) && !this.#isTurning && !this.#isHeld && !this.#isBroken)
      this.#turn()
  }

  /** Resolves once everything that was posted so far is durable, what is still held included. */
  async caughtUp(): Promise<void> {
    while (this.#isHeld) await this.durable
    await this.durable
  }

  get isIdle(): boolean {
    return !this.#isActive && !this.#isTurning && this.pending === 0
  }

  #turn(begin?: (turn: Turn) => void): void {
    this.#isTurning = true
    this.#now = this.#host.now()
    const turn = emptyTurn()
    try {
      begin?.(turn)
      this.#gather(turn)
    } catch (thrown) {
      // Nothing of this turn is kept, and nothing more is taken in.
      this.#isBroken = true
      this.#isHeld = false
      this.#isTurning = false
      this.durable = Promise.reject(thrown as Error)
      this.durable.catch(() => undefined) // whoever waits for it hears of it
      this.#host.broke(this, thrown)
      return
    }
    this.#isHeld = this.#inbox.length > 0
    this.#isTurning = false
    this.#commit(turn)
  }

  /** Applies what is in the inbox and collects what follows. */
  #gather(turn: Turn): void {
    let taken = 0
    while (taken < this.#inbox.length && turn.records.length < limits.turnRecordsMax) {
      const one = this.#inbox[taken++]
      if (one === undefined) continue
      this.#take(turn, isQuestion(one) ? this.#host.answer(this, turn, one) : one)
    }
    this.#inbox = taken === this.#inbox.length ? [] : this.#inbox.slice(taken)
  }

  #take(turn: Turn, record: RunRecord): void {
    if (!isCurrent(this.state, record)) return this.#pass(turn, record)
    evolve(this.state, record)
    turn.records.push(record)
    if (record.kind === 'step.started') {
      const start = this.#intents.get(record.path)
      this.#intents.delete(record.path)
      if (start !== undefined) turn.calls.push(start)
      return
    }
    if (record.kind === 'step.done' || record.kind === 'step.failed') this.#forget(record.path)
    this.#execute(turn, decide(this.sight, this.state))
  }

  /** What a record leaves behind that came too late to count. */
  #pass(turn: Turn, record: RunRecord): void {
    if (record.kind === 'timer.fired') turn.timers.push(timerAfter(this.state, record))
    if (record.kind === 'step.started') {
      this.#intents.delete(record.path)
      this.calls.delete(record.path)
    }
  }

  #execute(turn: Turn, commands: readonly Command[]): void {
    for (const command of commands) {
      switch (command.kind) {
        case 'record':
          this.#inbox.push(this.#stamped(command.record))
          break
        case 'startStep':
          this.#start(command)
          break
        case 'spawnRun':
          if (!this.#mayBegin()) break
          this.#mark(command.path)
          this.calls.set(command.path, undefined)
          this.children.set(command.path, command.child)
          this.#unborn.add(command.path)
          turn.spawns.push(command)
          break
        case 'cancelStep':
          turn.cuts.push({ abort: this.calls.get(command.path), child: command.child })
          if (command.isAwaited !== true) this.#forget(command.path)
          break
        case 'checkOutput':
          this.calls.set('', undefined)
          this.#host.checkOutput(this, command.done)
          break
        case 'useState':
        case 'askGate':
          this.#inbox.push(command)
          break
        case 'setWait':
          turn.waits.push(command)
          break
        case 'emitEvent':
          turn.events.push(command.event)
          break
        case 'setTimer':
          turn.timers.push(command)
      }
    }
  }

  #start(command: StartStep): void {
    if (!this.#mayBegin()) return
    const { path } = command
    if (command.step.action.effects === 'pure') {
      this.#mark(path)
      const result = this.#host.call(this, command)
      if (result !== undefined) this.#inbox.push(result)
      return
    }
    const intent = intentOf(this.sight, this.state.now, command)
    this.#inbox.push(intent)
    if (intent.kind === 'step.failed') return
    this.calls.set(path, undefined)
    this.#intents.set(path, command)
  }

  #stamped(record: RunRecord): RunRecord {
    return record.at < this.#now ? { ...record, at: this.#now } : record
  }

  #forget(path: string): void {
    this.calls.delete(path)
    this.children.delete(path)
    this.#unborn.delete(path)
  }

  #mayBegin(): boolean {
    this.#hasSkipped ||= this.isDraining
    return !this.isDraining
  }

  #mark(path: string): void {
    const frame = this.state.frames.get(path)
    if (frame?.kind === 'step') markStarted(frame, this.#host.now())
  }

  #commit(turn: Turn): void {
    const status = this.#statusAfter()
    const batch = batchOf(turn, {
      ...(status === this.status ? {} : { status }),
      ...(this.state.status === 'running' ? {} : { endedAt: this.state.now }),
    })
    if (batch === undefined) return this.#effects(turn)
    this.status = status
    this.pending += 1
    this.durable = this.log.append(batch)
    this.durable.then(
      () => {
        this.pending -= 1
        this.durableStatus = status
        this.#host.committed(this, batch)
        if (this.#isBroken) return
        this.#effects(turn)
        if (!this.#isHeld) return
        this.#isHeld = false
        if (this.state.status !== 'running') return
        this.#turn()
      },
      (error: unknown) => {
        this.#isHeld = true // nothing more is taken in
        this.#host.faulted(this, error)
      },
    )
  }

  /** The batch is durable: what it promised may happen. */
  #effects(turn: Turn): void {
    for (const cut of turn.cuts) this.#host.cancel(cut)
    for (const spawn of turn.spawns) this.#host.spawn(this, spawn)
    for (const start of turn.calls) {
      if (!this.calls.has(start.path)) continue // cut short while its intent was written
      const result = this.#host.call(this, start)
      if (result !== undefined) this.post(result)
    }
  }

  #statusAfter(): RunStatus {
    if (this.state.status !== 'running') return this.state.status
    return this.#isActive || this.#hasSkipped ? 'running' : restStatus(this.state)
  }

  /** A child is a run of its own: waiting for it is waiting. */
  get #isActive(): boolean {
    const isCalling = this.calls.size > this.children.size || this.#unborn.size > 0
    return isCalling || this.#inbox.length > 0
  }
}
