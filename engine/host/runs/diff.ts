/**
 * Where two runs part: the first step that went another way or gave something else, and the
 * others after it.
 *
 * Compared is what the records say of each step, in the order of each step's own records, so
 * that steps side by side may end in any order. Times and attempts do not count.
 */
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { type Difference, differences } from '#engine/testing/difference.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { counting } from '#engine/runtime/decider/replay.ts'
import { openPayloads, type Payloads } from '#engine/runtime/payload.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

/** One thing that differs: `path` is the step, empty for the run itself. */
export interface Parting {
  readonly path: string
  /** `input`, `output`, `branch`, `count`, `turn`, `error`, `plan`, or `end` where one run goes on. */
  readonly what: string
  /** As far as each run has it. */
  readonly a?: Json
  readonly b?: Json
  /** Where inside the value. */
  readonly at: readonly Difference[]
}

export interface RunDiff {
  /** In the order of the first run; the first is where they part. */
  readonly partings: readonly Parting[]
  readonly isSame: boolean
}

interface Fact {
  readonly path: string
  readonly what: string
  readonly value: Json
}

/** Compares two runs. Throws `RUN_NOT_FOUND`. */
export function diffRuns(
  { journal, store }: Pick<DurableReader, 'journal' | 'store'>,
  { a, b }: { readonly a: RunId; readonly b: RunId },
): RunDiff {
  const payloads = openPayloads({
    get: (digest) => store.get(digest),
    put: () => {
      throw new Error('a comparison writes nothing')
    },
  })
  const [ours, theirs] = [a, b].map((run) => factsOf(payloads, journal.read(run)))
  const partings = partingsOf(ours ?? [], theirs ?? [])
  return { partings, isSame: partings.length === 0 }
}

function partingsOf(ours: readonly Fact[], theirs: readonly Fact[]): readonly Parting[] {
  const left = new Map<string, Fact[]>()
  for (const fact of theirs) left.set(fact.path, [...(left.get(fact.path) ?? []), fact])
  const found: Parting[] = []
  for (const fact of ours) {
    const other = left.get(fact.path)?.shift()
    const parting = compare(fact, other)
    if (parting !== undefined) found.push(parting)
    if (found.length >= limits.runPartingsMax) return found
  }
  for (const rest of left.values()) {
    for (const fact of rest) {
      found.push({ path: fact.path, what: fact.what, b: fact.value, at: [] })
      if (found.length >= limits.runPartingsMax) return found
    }
  }
  return found
}

function compare(fact: Fact, other: Fact | undefined): Parting | undefined {
  const { path, what, value } = fact
  if (other === undefined) return { path, what, a: value, at: [] }
  if (what !== other.what) {
    return { path, what: `${what} / ${other.what}`, a: value, b: other.value, at: [] }
  }
  const at = differences(value, other.value, 'whole')
  return at.length === 0 ? undefined : { path, what, a: value, b: other.value, at }
}

function factsOf(payloads: Payloads, records: readonly RunRecord[]): readonly Fact[] {
  return counting(records).flatMap(({ record }) => factOf(payloads, record))
}

function factOf(payloads: Payloads, record: RunRecord): readonly Fact[] {
  switch (record.kind) {
    case 'run.started': {
      const { plan, input } = record
      return [
        { path: '', what: 'plan', value: plan },
        { path: '', what: 'input', value: payloads.value(input) },
      ]
    }
    case 'step.started':
      // Another attempt has the same input.
      if (record.attempt > 1) return []
      return [{ path: record.path, what: 'input', value: payloads.value(record.input) }]
    case 'step.done':
      return [{ path: record.path, what: 'output', value: payloads.value(record.output) }]
    case 'step.failed':
      if (record.retryAt !== undefined) return []
      return [{ path: record.path, what: 'error', value: record.error as unknown as Json }]
    case 'branch.taken':
      return [{ path: record.path, what: 'branch', value: record.branch }]
    case 'each.opened':
      return [{ path: record.path, what: 'count', value: record.count }]
    case 'while.turned':
      return [{ path: record.path, what: 'turn', value: record.index }]
    case 'run.done':
      return [{ path: '', what: 'output', value: payloads.value(record.output) }]
    case 'run.failed':
      return [{ path: '', what: 'error', value: record.error as unknown as Json }]
    case 'run.cancelled':
      return [{ path: '', what: 'end', value: 'cancelled' }]
    default:
      return []
  }
}
