/**
 * Runs one case: the real engine on a host in memory, with the time of the test and calls
 * that mocks answer.
 *
 * Time goes on only when nothing else can happen, so a wait of 30 days takes no time and the
 * order of events is always the same. Whatever a flow does, a case ends: its records, its
 * calls, its time and the time of the person who waits are bounded.
 */
import type { Instant } from '#engine/core/clock.ts'
import { toFailure, type Failure } from '#engine/core/error.ts'
import { runIdFrom, type RunId } from '#engine/core/id.ts'
import { parseInstant } from '#engine/core/instant.ts'
import { pointer, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { memoryDisk } from '#engine/durable/memory-disk.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { openViewer, type RunView, type Viewer } from '#engine/runtime/view.ts'

import { openCaller, type Call, type CaseCaller, type Stop } from './caller.ts'
import { virtualClock, type VirtualClock } from './clock.ts'
import type { Case } from './file.ts'
import { readMocks, type Mocks } from './mock.ts'
import { happen, Moments, type Happening } from './moments.ts'
import { outsideOf, type Outside } from './outside.ts'
import { openProcess, storeOf, type Process } from './process.ts'
import { stepAt } from './outline.ts'
import type { Suite } from './suite.ts'

/** What came of a case, before anybody judges it. */
export interface CaseRun {
  /** Absent when no run began. */
  readonly view?: RunView
  readonly status: RunView['status']
  readonly error: Failure | null
  readonly output: Json
  readonly calls: readonly Call[]
  /** Of the run under test. */
  readonly records: readonly RunRecord[]
  readonly value: (record: Extract<RunRecord, { kind: 'step.done' }>) => Json
  /** The id of the step at a path. */
  readonly idOf: (path: string) => string
  /** In the time of the test. */
  readonly tookMs: number
  /** Why it could not be carried to its end. */
  readonly stop?: Stop
}

/** Where tests begin, unless they say otherwise. */
export const startDefault = '2026-01-01T00:00:00Z'

/** Runs the case at `index` of the suite's file. */
export async function runCase(suite: Suite, index: number): Promise<CaseRun> {
  const one = suite.file.cases[index]
  if (one === undefined) throw new Error(`broken assumption: there is no case ${index}`)
  return await new RunningCase(suite, one, index).run()
}

class RunningCase {
  readonly #suite: Suite
  readonly #case: Case
  readonly #index: number
  readonly #idOf: (path: string) => string
  readonly #at: string
  readonly #start: Instant
  readonly #clock: VirtualClock
  readonly #outside: Outside
  readonly #disk = memoryDisk()
  readonly #run: RunId
  readonly #plan: ReturnType<Suite['withMocked']>
  readonly #viewer: Viewer
  readonly #payloads
  readonly #records: RunRecord[] = []
  readonly #prefixes = new Map<RunId, string>()
  readonly #moments: Moments
  readonly #caller: CaseCaller
  #process: Process
  #stop: Stop | undefined
  #refused: Failure | undefined
  #recordCount = 0
  /** How many names were given out. */
  #named = 0

  constructor(suite: Suite, one: Case, index: number) {
    this.#suite = suite
    this.#case = one
    this.#at = pointer('cases', index)
    this.#start = parseInstant(one.start ?? suite.file.start ?? startDefault) ?? 0
    this.#clock = virtualClock(this.#start)
    this.#outside = outsideOf()
    this.#index = index
    this.#idOf = (path) => stepAt(path, suite.outline.components)
    this.#run = runIdFrom(this.#start, chance(index, 0))
    const books = [readMocks(one.mocks, `${this.#at}/mocks`), suite.mocks]
    this.#plan = suite.withMocked(mockedFlows(suite, books))
    this.#payloads = openPayloads(storeOf(this.#disk, suite.blobs))
    this.#viewer = openViewer({ plan: this.#plan.plan, payloads: this.#payloads })
    this.#moments = new Moments({
      moments: one.when ?? [],
      at: `${this.#at}/when`,
      clock: this.#clock,
      idOf: this.#idOf,
    })
    this.#caller = openCaller({
      suite,
      clock: this.#clock,
      books,
      allow: [...(one.allow ?? []), ...(suite.file.allow ?? [])],
      inputs: one.inputs ?? {},
      at: this.#at,
      idOf: this.#idOf,
      prefixOf: (run) => this.#prefixes.get(run) ?? '',
      outside: async (work) => await this.#outside.wait(work),
      stop: (why) => (this.#stop ??= why),
    })
    this.#process = this.#open()
  }

  async run(): Promise<CaseRun> {
    this.#moments.arm(this.#start)
    await this.#remember()
    this.#begin()
    await this.#settle()
    await this.#mustBeSound()
    this.#process.end()
    const isBegun = this.#records.length > 0
    const view = isBegun ? this.#viewer.view() : undefined
    const stop = this.#stop ?? this.#moments.left()
    return {
      ...(view === undefined ? {} : { view }),
      status: view?.status ?? 'failed',
      error: view?.error ?? this.#refused ?? null,
      output: view?.output ?? null,
      calls: this.#caller.calls,
      records: this.#records,
      idOf: this.#idOf,
      value: ({ output }) => this.#payloads.value(output),
      tookMs: (this.#records.at(-1)?.at ?? this.#start) - this.#start,
      ...(stop === undefined ? {} : { stop }),
    }
  }

  #open(): Process {
    return openProcess({
      disk: this.#disk,
      suite: this.#suite,
      clock: this.#clock,
      caller: this.#caller,
      outside: this.#outside,
      ids: { runId: () => runIdFrom(this.#start, chance(this.#index, ++this.#named)) },
      heard: (run, records) => this.#heard(run, records),
      mayWrite: (count) => this.#mayWrite(count),
    })
  }

  /** What the flow knows of earlier runs. */
  async #remember(): Promise<void> {
    const { flow } = this.#plan.plan
    const entries = Object.entries(this.#case.state ?? {})
    if (entries.length === 0) return
    await this.#process.states.change(entries.map(([key, value]) => ({ flow, key, value })))
  }

  #begin(): void {
    const { inputs = {}, event } = this.#case
    const { source } = this.#suite
    const start = { plan: this.#plan.digest, input: inputs, source, run: this.#run }
    const started = this.#process.engine.start(event === undefined ? start : { ...start, event })
    started.catch((thrown: unknown) => {
      if (this.#records.length === 0) this.#refused = toFailure(thrown, 'RUN_INTERNAL')
    })
  }

  /** Lets everything happen that can, and time go on until there is nothing left to wait for. */
  async #settle(): Promise<void> {
    const until = performance.now() + limits.testWallMsMax
    while (this.#refused === undefined) {
      await this.#outside.turn()
      if (this.#stop !== undefined || this.#hasEnded()) return
      if (performance.now() > until) {
        this.#stopFor(`The case takes longer than ${limits.testWallMsMax / 1000} s.`)
      } else if (this.#outside.isBusy) await this.#outside.next(until)
      else if (!this.#isDue() && this.#happen()) continue
      else if (!this.#timePasses()) return
    }
  }

  /** Whether the run itself still does something now: what the case says comes after it. */
  #isDue(): boolean {
    const next = this.#clock.next()
    return next !== undefined && next <= this.#clock.now()
  }

  /** Does what the case says happens now; false when there is nothing. */
  #happen(): boolean {
    const next = this.#moments.take()
    if (next === undefined) return false
    if (next.moment.crash === true) {
      this.#process.end()
      this.#process = this.#open()
      this.#process.engine.recover()
    } else {
      happen(this.#happening(), next.moment).catch((thrown: unknown) => {
        this.#stop ??= { at: next.at, message: toFailure(thrown, 'RUN_INTERNAL').message }
      })
    }
    return true
  }

  #happening(): Happening {
    const steps = this.#records.length === 0 ? [] : this.#viewer.view().steps
    return { engine: this.#process.engine, run: this.#run, steps, idOf: this.#idOf }
  }

  #timePasses(): boolean {
    const next = this.#clock.next()
    if (next === undefined) return false
    if (next - this.#start > limits.testVirtualMsMax) {
      const years = limits.testVirtualMsMax / (365 * 24 * 3_600_000)
      this.#stopFor(`The run waits for longer than ${years} years.`)
      return false
    }
    return this.#clock.step()
  }

  /** A run that rests although it has not ended may have met a bug: then that is said. */
  async #mustBeSound(): Promise<void> {
    if (this.#stop !== undefined || this.#refused !== undefined || this.#hasEnded()) return
    const rests = this.#process.engine.wait(this.#run, 'parked')
    rests.catch(() => undefined)
    await Promise.race([rests, this.#outside.turn()])
  }

  #hasEnded(): boolean {
    const last = this.#records.at(-1)?.kind
    return last === 'run.done' || last === 'run.failed' || last === 'run.cancelled'
  }

  #stopFor(message: string): void {
    this.#stop ??= { at: this.#at, message }
  }

  #mayWrite(count: number): boolean {
    this.#recordCount += count
    if (this.#recordCount <= limits.testRecordsMax) return this.#stop === undefined
    this.#stopFor(
      `The run does not come to an end: it has more than ${limits.testRecordsMax} records.`,
    )
    return false
  }

  #heard(run: RunId, records: readonly RunRecord[]): void {
    const [first] = records
    if (first?.kind === 'run.started' && first.parent !== undefined) {
      const { run: parent, path } = first.parent
      const above = this.#prefixes.get(parent)
      this.#prefixes.set(run, above === undefined ? path : `${above}/${path}`)
    }
    if (run !== this.#run) return
    for (const record of records) {
      this.#records.push(record)
      const changed = this.#viewer.apply(record)
      if (!this.#moments.isWaiting) continue
      for (const path of changed) {
        const status = this.#viewer.step(path)?.status
        if (status === 'done' || status === 'failed') this.#moments.ended(path)
        if (status === 'waiting' || status === 'uncertain') this.#moments.waits(path)
      }
    }
  }
}

/** Ten bytes that are no chance at all: the same in every run of the test. */
function chance(index: number, name: number): Uint8Array {
  const bytes = new Uint8Array(10)
  new DataView(bytes.buffer).setUint32(0, index)
  new DataView(bytes.buffer).setUint32(4, name)
  return bytes
}

/** Steps that call a flow and have a mock. */
function mockedFlows({ outline }: Suite, books: readonly Mocks[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const book of books) {
    for (const key of book.keys()) {
      const id = stepAt(key)
      const isOwn = key === id || key.includes('[')
      if (isOwn && outline.steps.get(id)?.calls?.kind === 'flow') ids.add(id)
    }
  }
  return ids
}
