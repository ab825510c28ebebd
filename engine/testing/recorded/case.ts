/**
 * Turns a recorded run into a case that passes: its inputs, what the world answered, what it
 * was told and when, and what came of it.
 *
 * Pure: it reads records and nothing else. Code that is pure is not mocked, because it gives
 * the same again; where that is not so, `repair.ts` finds out.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Failure } from '#engine/core/error.ts'
import { parseInstant, printInstant } from '#engine/core/instant.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { printDuration } from '#engine/dsl/duration.ts'
import type { Answer, Case, Expect, Moment, SentAnswer, TestFile } from '#engine/testing/file.ts'
import { counting } from '#engine/runtime/decider/replay.ts'
import type { Payload, RunRecord } from '#engine/runtime/record.ts'
import type { Spent } from '#engine/runtime/budget/usage.ts'
import type { RunView } from '#engine/runtime/view.ts'

export interface Recorded {
  readonly view: RunView
  readonly records: readonly RunRecord[]
  /** The id of the step at a path. */
  idOf(path: string): string
  /** The value of a payload, which may be in the content store. */
  value(payload: Payload): Json
}

/**
 * The case of a recorded run. `isWhole` mocks pure code too, with the time that it took: for
 * runs in which that decided something.
 */
export function caseOf(recorded: Recorded, name: string, isWhole = false): Case {
  const { view } = recorded
  const records = counting(recorded.records).map(({ record }) => record)
  const [started] = records
  if (started?.kind !== 'run.started') throw new Error('broken assumption: a run begins')
  const inputs = recorded.value(started.input)
  const moments = momentsOf(recorded, records, started.at)
  const mocks = mocksOf({ recorded, records, isWhole, isTimed: isWhole || isTimed(view, records) })
  return {
    name,
    ...(isObject(inputs) && Object.keys(inputs).length > 0 ? { inputs } : {}),
    ...(started.event === undefined ? {} : { event: recorded.value(started.event) }),
    start: printInstant(started.at),
    ...(Object.keys(mocks).length === 0 ? {} : { mocks }),
    ...(moments.length === 0 ? {} : { when: moments }),
    expect: expectOf(recorded, records),
  }
}

// ─── What the world answered ────────────────────────────────────────────────

interface Reading {
  readonly recorded: Recorded
  /** Those that count. */
  readonly records: readonly RunRecord[]
  readonly isWhole: boolean
  /** Whether answers take the time that they took. */
  readonly isTimed: boolean
}

interface Attempt {
  readonly path: string
  readonly from: Instant
  /** Absent for a call that was cut short. */
  end?: {
    readonly at: Instant
    readonly output?: Json
    readonly error?: Failure
    readonly spent?: Spent
  }
}

/** Attempts whose answer came from outside, in the order in which they began. */
function attemptsOf({ recorded, records, isWhole }: Reading): readonly Attempt[] {
  const { view, value } = recorded
  const flows = new Map(
    view.steps.flatMap(({ path, kind, startedAt }) =>
      kind === 'flow' ? [[path, parseInstant(startedAt) ?? 0] as const] : [],
    ),
  )
  const all: Attempt[] = []
  const open = new Map<string, Attempt>()
  for (const record of records) {
    if (record.kind === 'step.started') {
      const attempt = { path: record.path, from: record.at }
      all.push(attempt)
      open.set(record.path, attempt)
    } else if (record.kind === 'step.settled') {
      // What somebody knows of a call that a crash cut: as if the call had said it.
      const attempt = open.get(record.path)
      if (attempt === undefined) continue
      const { at, output } = record
      if (record.how === 'happened')
        attempt.end = { at, output: output === undefined ? null : value(output) }
      else if (record.how === 'retry') all.splice(all.indexOf(attempt), 1)
      open.delete(record.path)
    } else if (record.kind === 'step.done' || record.kind === 'step.failed') {
      const { path, at, since } = record
      let attempt = open.get(path)
      const from = flows.get(path) ?? (isWhole ? since : undefined)
      if (attempt === undefined && from !== undefined) all.push((attempt = { path, from }))
      if (attempt === undefined) continue
      const isDone = record.kind === 'step.done'
      const spent = record.spent === undefined ? {} : { spent: record.spent }
      attempt.end = isDone
        ? { at, output: value(record.output), ...spent }
        : { at, error: record.error, ...spent }
      open.delete(path)
      if (!isDone && flows.has(path)) flows.set(path, record.retryAt ?? at)
    }
  }
  return [...all, ...cutShort({ recorded, records, isWhole }, flows)]
}

/** Calls of which no record says that they began, and which did not end well. */
function cutShort(
  { recorded, isWhole }: Omit<Reading, 'isTimed'>,
  flows: ReadonlyMap<string, Instant>,
): readonly Attempt[] {
  const isMocked = ({ kind, path }: { kind: string; path: string }): boolean =>
    flows.has(path) || (isWhole && kind === 'call')
  const left = recorded.view.steps.filter((step) => step.status !== 'done' && isMocked(step))
  return left.map(({ path }) => ({ path, from: 0 }))
}

/** Longer than anything that a run waits for: the call was cut short. */
const neverMs = 20 * 365 * 24 * 3_600_000

function answerOf({ from, end }: Attempt, isTimedRun: boolean): Answer {
  if (end === undefined) return { error: 'RUN_STEP_TIMEOUT', delay: printDuration(neverMs) }
  const took = end.at - from
  const delay = isTimedRun && took > 0 ? { delay: printDuration(took) } : {}
  const rest = { ...usageOf(end.spent), ...delay }
  if (end.error === undefined) return { output: literal(end.output ?? null), ...rest }
  const { code, message, data } = end.error
  return { error: data === undefined ? { code, message } : { code, message, data }, ...rest }
}

function usageOf(spent: Spent | undefined): Pick<Answer, 'usage'> {
  if (spent === undefined) return {}
  const { usdMicros, ...counts } = spent
  return { usage: { ...(usdMicros === undefined ? {} : { usd: usdMicros / 1e6 }), ...counts } }
}

function mocksOf(reading: Reading): NonNullable<TestFile['mocks']> {
  const byPath = Map.groupBy(attemptsOf(reading), ({ path }) => path)
  const byStep = Map.groupBy(byPath.keys(), (path) => reading.recorded.idOf(path))
  const mocks: Record<string, readonly Answer[] | Answer> = {}
  for (const [id, paths] of byStep) {
    for (const path of paths) {
      const answers = (byPath.get(path) ?? []).map((one) => answerOf(one, reading.isTimed))
      const [first] = answers
      if (first === undefined) continue
      mocks[paths.length === 1 ? id : path] = answers.length === 1 ? first : answers
    }
  }
  return mocks
}

/** A value as a template that gives it: what would be an expression is written as text. */
export function literal(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll('${{', '$${{')
  if (Array.isArray(value)) return value.map((item: Json) => literal(item))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, literal(part)]))
}

// ─── What it was told ───────────────────────────────────────────────────────

function momentsOf(
  { value }: Recorded,
  records: readonly RunRecord[],
  start: Instant,
): readonly Moment[] {
  // What the run said itself it says again.
  const own = new Set(records.flatMap((one) => (one.kind === 'event.emitted' ? [one.id] : [])))
  return records.flatMap((record): readonly Moment[] => {
    const at = printDuration(record.at - start)
    if (record.kind === 'approval.decided')
      return [{ at, [record.decision]: answerTo(record, value) }]
    if (record.kind === 'run.cancel') return [{ at, cancel: record.reason }]
    if (record.kind === 'signal.received') {
      const { name, by } = record
      return [
        { at, signal: { name, data: value(record.data), ...(by === undefined ? {} : { by }) } },
      ]
    }
    if (record.kind !== 'event.received' || own.has(record.id)) return []
    const { subject, key } = record
    return [
      { at, event: { subject, data: value(record.data), ...(key === undefined ? {} : { key }) } },
    ]
  })
}

function answerTo(
  { path, by, of, form, reason }: Extract<RunRecord, { kind: 'approval.decided' }>,
  value: Recorded['value'],
): SentAnswer {
  return {
    step: path,
    by,
    ...(of === undefined ? {} : { of: [of] }),
    ...(form === undefined ? {} : { form: value(form) }),
    ...(reason === undefined ? {} : { reason }),
  }
}

const concurrent: ReadonlySet<string> = new Set(['parallel', 'race'])

/** Whether the times of calls may decide anything: else they only disturb the reader. */
function isTimed({ steps }: RunView, records: readonly RunRecord[]): boolean {
  const kinds = new Set(records.map(({ kind }) => kind))
  const told = [
    'timer.fired',
    'run.cancel',
    'signal.received',
    'event.received',
    'approval.decided',
  ] as const
  return (
    told.some((kind) => kinds.has(kind)) ||
    steps.some(({ kind, path }) => concurrent.has(kind) || path.includes('[1]'))
  )
}

// ─── What came of it ────────────────────────────────────────────────────────

function expectOf(recorded: Recorded, records: readonly RunRecord[]): Expect {
  const { view } = recorded
  const last = records.at(-1)
  const calls = callsOf(recorded, records)
  const path = [...new Set(view.steps.map((step) => recorded.idOf(step.path)))]
  const rest = { path, ...(Object.keys(calls).length === 0 ? {} : { calls }) }
  if (view.status === 'done') return { ...rest, output: view.output }
  if (last?.kind === 'run.failed') {
    const step = last.path === '' ? {} : { step: last.path }
    return { error: { code: last.error.code, ...step }, ...rest }
  }
  const { status } = view
  return { status: status === 'cancelled' || status === 'uncertain' ? status : 'parked', ...rest }
}

/**
 * What each step gave the world; of steps that were called more than once only how often. An
 * intent without an end may never have become a call, so nothing is expected of it.
 */
function callsOf(
  recorded: Recorded,
  records: readonly RunRecord[],
): Record<string, number | Json[]> {
  const intents = records.filter((record) => record.kind === 'step.started')
  const ends = records.filter(({ kind }) => kind === 'step.done' || kind === 'step.failed')
  const ended = Map.groupBy(ends, (record) => ('path' in record ? record.path : ''))
  const calls: Record<string, number | Json[]> = {}
  for (const [id, made] of Map.groupBy(intents, ({ path }) => recorded.idOf(path))) {
    const isKnown = [...Map.groupBy(made, ({ path }) => path)].every(
      ([path, tries]) => tries.length === ended.get(path)?.length,
    )
    const [only] = made
    if (!isKnown || only === undefined) continue
    calls[id] = made.length === 1 ? [recorded.value(only.input)] : made.length
  }
  return calls
}
