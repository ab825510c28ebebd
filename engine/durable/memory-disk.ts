/**
 * The part of the memory host that outlives a crash, and how it is read.
 *
 * Records are kept as texts, so that no process shares an object with the disk.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import {
  type Batch,
  type DueTimer,
  type ListRuns,
  type RunHeader,
  type StepLog,
  type Stored,
  hasEnded,
  isAtRest,
} from '#engine/runtime/ports.ts'
import type { RunRecord, TimerKind } from '#engine/runtime/record.ts'
import type { Outgoing } from '#engine/runtime/waits/port.ts'

import { chainNext, chainStart, headerProblem } from './chain.ts'
import type { ChainReport, JournalReader } from './durable.ts'
import type { DiskStates } from './memory-states.ts'
import {
  copyOfWaits,
  type DiskWaits,
  findWaiting,
  keepEvent,
  keepWait,
  noWaits,
} from './memory-waits.ts'

/** One run as the disk holds it. */
export interface DiskRun {
  readonly header: RunHeader
  /** The order in which runs began. */
  readonly n: number
  /** JSON texts. */
  readonly records: readonly string[]
  /** By kind and path. */
  readonly timers: ReadonlyMap<string, DueTimer>
}

/** What outlives a crash. */
export interface MemoryDisk {
  readonly runs: Map<RunId, DiskRun>
  readonly payloads: Map<Digest, Uint8Array>
  readonly logs: Map<RunId, StepLog[]>
  readonly states: Map<string, DiskStates>
  readonly mail: DiskWaits
  /** Outputs of pure steps, as JSON, by code and input. */
  readonly kept: Map<string, Map<string, string>>
  /** How many hosts were opened: only the latest one writes. */
  writer: number
  /** Commits so far, over all hosts of this disk. */
  commits: number
  /**
   * Called before and after each commit with its number, from 1. An `IonError` thrown here
   * is a disk that fails: everyone who waits is refused. Any other throw is a crash at that
   * point: the host is dead, and nobody hears of the commit, be it kept or not.
   */
  onWrite?: ((commit: number, when: 'before' | 'after') => void) | undefined
}

export function memoryDisk(): MemoryDisk {
  const [runs, payloads, logs, states] = [new Map(), new Map(), new Map(), new Map()]
  return { runs, payloads, logs, states, mail: noWaits(), kept: new Map(), writer: 0, commits: 0 }
}

/** A second disk with the same content, without the hook. */
export function copyOfDisk(disk: MemoryDisk): MemoryDisk {
  return {
    runs: new Map(
      [...disk.runs].map(([id, run]) => [
        id,
        { ...run, records: [...run.records], timers: new Map(run.timers) },
      ]),
    ),
    payloads: new Map(disk.payloads),
    logs: new Map([...disk.logs].map(([run, lines]) => [run, [...lines]])),
    states: new Map(
      [...disk.states].map(([flow, { rows, space }]) => [flow, { rows: new Map(rows), space }]),
    ),
    mail: copyOfWaits(disk.mail),
    kept: new Map([...disk.kept].map(([code, kept]) => [code, new Map(kept)])),
    writer: disk.writer,
    commits: disk.commits,
  }
}

/** Makes one batch part of the disk. */
export function keep(
  disk: MemoryDisk,
  entry: { readonly header: RunHeader; readonly batch: Batch; readonly texts: readonly string[] },
): void {
  const { header, batch } = entry
  const known = disk.runs.get(header.run)
  const records = (known?.records ?? []) as string[]
  const timers = (known?.timers ?? new Map()) as Map<string, DueTimer>
  for (const text of entry.texts) records.push(text)
  for (const { path, timer, due } of batch.timers ?? []) {
    const key = `${timer} ${path}`
    if (due === undefined) timers.delete(key)
    else timers.set(key, { run: header.run, path, timer, due: Math.ceil(due) })
  }
  for (const wait of batch.waits ?? []) keepWait(disk.mail, header.run, wait)
  for (const event of batch.events ?? []) keepEvent(disk.mail, event)
  const next = changed(known?.header ?? header, batch)
  if (hasEnded(next.status)) timers.clear()
  disk.runs.set(header.run, { header: next, n: known?.n ?? disk.runs.size, records, timers })
}

function changed(header: RunHeader, { status, endedAt }: Batch): RunHeader {
  const { endedAt: before, ...rest } = header
  const at = status === undefined ? before : endedAt
  const next = { ...rest, status: status ?? header.status }
  return at === undefined || !hasEnded(next.status) ? next : { ...next, endedAt: at }
}

const timerOrder: readonly TimerKind[] = ['sleep', 'retry', 'timeout', 'escalate']

/** The reading half of the journal, over what the disk holds. */
export function memoryReader(disk: MemoryDisk): {
  readonly journal: JournalReader
  verify(run: RunId): ChainReport
} {
  const known = (run: RunId): DiskRun => {
    const found = disk.runs.get(run)
    if (found !== undefined) return found
    throw new IonError('RUN_NOT_FOUND', `There is no run "${run}" here.`, { data: { run } })
  }
  const byAge = (): DiskRun[] => [...disk.runs.values()]
  const timers = (): DueTimer[] => byAge().flatMap((run) => [...run.timers.values()])
  const order = (a: DueTimer, b: DueTimer): number =>
    a.due - b.due ||
    known(a.run).n - known(b.run).n ||
    compare(a.path, b.path) ||
    timerOrder.indexOf(a.timer) - timerOrder.indexOf(b.timer)

  const journal: JournalReader = {
    read: (run) => known(run).records.map(parse),
    readStored: (run) => stored(run, known(run).records),
    find: (run) => disk.runs.get(run)?.header,
    list: (query) => list(disk, query),
    unfinished: () => {
      const all = byAge().map(({ header }) => header)
      const ended = all.filter((one) => hasEnded(one.status)).map((one) => one.parent)
      const woken = new Set(ended)
      return all
        .filter(({ run, status }) => status === 'running' || (isAtRest(status) && woken.has(run)))
        .map(({ run }) => run)
    },
    waiting: (query) => findWaiting(disk.mail, query, (run) => known(run).n),
    outbox: (limit) =>
      [...disk.mail.outbox.values()].slice(0, limit).map((text) => JSON.parse(text) as Outgoing),
    dueTimers: (now, limit) =>
      timers()
        .filter(({ due }) => due <= now)
        .toSorted(order)
        .slice(0, limit),
    nextDue: () =>
      timers().reduce<number | undefined>(
        (soonest, { due }) => (soonest === undefined || due < soonest ? due : soonest),
        undefined,
      ),
  }
  return {
    journal,
    verify(run) {
      const { header, records } = known(run)
      const reason = headerProblem(header, parse(records[0] ?? '{}'))
      if (reason !== undefined) return { ok: false, seq: 0, reason }
      const head = stored(run, records).at(-1)?.hash ?? ''
      return { ok: true, records: records.length, head }
    },
  }
}

function list(disk: MemoryDisk, { before, flow, limit, status }: ListRuns): readonly RunHeader[] {
  const end = before === undefined ? Infinity : (disk.runs.get(before)?.n ?? -1)
  return [...disk.runs.values()]
    .filter(({ n }) => n < end)
    .map(({ header }) => header)
    .filter((header) => status === undefined || header.status === status)
    .filter((header) => flow === undefined || header.flow === flow)
    .toReversed()
    .slice(0, limit)
}

function stored(run: RunId, texts: readonly string[]): readonly Stored[] {
  let hash = chainStart(run)
  return texts.map((text, seq) => {
    hash = chainNext(hash, text)
    return { seq, record: parse(text), hash }
  })
}

function parse(text: string): RunRecord {
  return JSON.parse(text) as RunRecord
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
