/**
 * What the command line sees of runs: the shapes of the runtime that it shows, by name,
 * and how a view is made from a data directory.
 */
import { IonError, isTransient } from '#engine/core/error.ts'
import { printInstant } from '#engine/core/instant.ts'
import { childRunId, type RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { stepsOf } from '#engine/plan/blocks.ts'
import type { Plan, RetryPolicy } from '#engine/plan/plan.ts'
import { openPayloads, type Payloads } from '#engine/runtime/payload.ts'
import {
  isAtRest,
  type ListRuns,
  type RunHeader,
  type RunStatus,
  type Store,
} from '#engine/runtime/ports.ts'
import { openPrograms } from '#engine/runtime/program.ts'
import * as runtime from '#engine/runtime/view.ts'

export type { RunHeader, RunStatus, StepLog, Stored } from '#engine/runtime/ports.ts'
export type { RunRecord, RunSource } from '#engine/runtime/record.ts'
export type { Viewer } from '#engine/runtime/view.ts'

/** A step, with what the journal around it and the plan add. */
export interface StepView extends runtime.StepView {
  /** The run that the latest attempt of a `flow` step started. */
  readonly child?: RunId
  /** Why the last attempt was the last, of a step that has `retry` and attempts left. */
  readonly notRetried?: 'not_transient' | 'not_in_on'
}

/** A run as the command line shows it. */
export interface RunView extends runtime.RunView {
  readonly parent: RunId | null
  /** The run that this one was forked from, and how many of its records it begins with. */
  readonly forked?: { readonly run: RunId; readonly seq: number }
  /** True when flow and code were read from files, whatever `commit` holds. */
  readonly isWorkingTree: boolean
  readonly steps: readonly StepView[]
}

type Readable = Pick<Store, 'get' | 'has'>

/** The view of a run as its journal has it, or had it after `at` records. Throws `RUN_NOT_FOUND`. */
export function viewOf(
  reader: Pick<DurableReader, 'journal' | 'store'>,
  run: RunId,
  at?: number,
): RunView {
  const plan = planOf(reader, run)
  const records = reader.journal.read(run).slice(0, at)
  const view = runtime.viewRun({ plan, payloads: payloadsOf(reader.store) }, records)
  const [first] = records
  const policies = view.status === 'failed' ? policiesOf(plan) : new Map<string, RetryPolicy>()
  const more = (step: runtime.StepView): StepView => {
    const child = childOf(reader, run, step)
    return {
      ...step,
      ...(child === undefined ? {} : { child }),
      ...notRetriedOf(policies, step),
    }
  }
  const steps = view.steps.map(more)
  return {
    ...view,
    ...(at === undefined ? statusOf(reader, view, steps) : {}),
    parent: reader.journal.find(run)?.parent ?? null,
    ...(first?.kind === 'run.started' && first.forked !== undefined
      ? { forked: first.forked }
      : {}),
    isWorkingTree: first?.kind === 'run.started' && first.source.isWorkingTree === true,
    steps,
  }
}

/** A run that waits for one that it called is as far as that one is: at work, or at rest. */
function statusOf(
  reader: Pick<DurableReader, 'journal' | 'store'>,
  { id, status }: runtime.RunView,
  steps: readonly StepView[],
): Pick<RunView, 'status'> {
  const called = steps.flatMap(({ child, endedAt }) => (endedAt === undefined ? (child ?? []) : []))
  const own = reader.journal.find(id)?.status
  if (called.length === 0 || isOver(status) || own === undefined || !isAtRest(own))
    return { status }
  const theirs = new Set(called.map((child) => viewOf(reader, child).status))
  if (theirs.has('running')) return { status: 'running' }
  return { status: theirs.has('uncertain') ? 'uncertain' : own }
}

/** The run that a `flow` step waits for, or waited for: its id follows from path and attempt. */
function childOf(
  { journal }: Pick<DurableReader, 'journal'>,
  run: RunId,
  { kind, path, attempts }: runtime.StepView,
): RunId | undefined {
  if (kind !== 'flow') return undefined
  const child = childRunId(run, `${path}#${Math.max(attempts, 1)}`)
  return journal.find(child) === undefined ? undefined : child
}

function notRetriedOf(
  policies: ReadonlyMap<string, RetryPolicy>,
  { path, status, attempts, error }: runtime.StepView,
): Pick<StepView, 'notRetried'> {
  const policy = policies.get(/[^/]*$/.exec(path)?.[0].replace(/\[.*$/, '') ?? '')
  if (status !== 'failed' || policy === undefined || error === undefined) return {}
  if (Math.max(attempts, 1) >= policy.max) return {}
  if (policy.on !== undefined)
    return policy.on.includes(error.code) ? {} : { notRetried: 'not_in_on' }
  return isTransient(error.code) ? {} : { notRetried: 'not_transient' }
}

/** The run that waits, or waited, for `run`; none for one that nobody called, or that is detached. */
export function callerOf(
  { journal }: Pick<DurableReader, 'journal'>,
  run: RunId,
): RunId | undefined {
  if (journal.find(run)?.parent === undefined) return undefined
  const [first] = journal.read(run)
  const parent = first?.kind === 'run.started' ? first.parent : undefined
  return parent?.isDetached === true ? undefined : parent?.run
}

/** The `retry` of every step by its id, which is unique in a flow. */
function policiesOf(plan: Plan): ReadonlyMap<string, RetryPolicy> {
  const policies = new Map<string, RetryPolicy>()
  for (const { id, retry } of stepsOf(plan)) if (retry !== undefined) policies.set(id, retry)
  return policies
}

/** Runs newest first; those that another run started only with `withChildren`. */
export function listRuns(
  { journal }: Pick<DurableReader, 'journal'>,
  { withChildren, ...query }: ListRuns & { readonly withChildren: boolean },
): readonly RunHeader[] {
  if (withChildren) return journal.list(query)
  const found: RunHeader[] = []
  let before = query.before
  for (let seen = 0; seen < limits.runsSearchedMax; seen += runsPerPage) {
    const page = journal.list({
      ...query,
      limit: runsPerPage,
      ...(before === undefined ? {} : { before }),
    })
    found.push(...page.filter(({ parent }) => parent === undefined))
    before = page.at(-1)?.run
    if (found.length >= query.limit || page.length < runsPerPage) break
  }
  return found.slice(0, query.limit)
}

const runsPerPage = 100

/** Steps that ask people, of all runs, the oldest first. */
export function openApprovals({
  journal,
}: Pick<DurableReader, 'journal'>): ReturnType<typeof journal.waiting> {
  return journal.waiting({ kind: 'approval', limit: limits.approvalsListedMax })
}

/** A view that grows with the records of a run. */
export function followOf(store: Readable, plan: Plan): runtime.Viewer {
  return runtime.openViewer({ plan, payloads: payloadsOf(store) })
}

/** The plan that `run` is pinned to. Throws `RUN_NOT_FOUND`. */
export function planOf(
  { journal, store }: Pick<DurableReader, 'journal' | 'store'>,
  run: RunId,
): Plan {
  const header = journal.find(run)
  if (header === undefined) throw new IonError('RUN_NOT_FOUND', `There is no run ${run} here.`)
  return openPrograms(store).get(header.plan).plan
}

/** Whether nothing more happens to a run by itself. */
export function isOver(status: RunStatus): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled'
}

/** Reading needs no place to put anything. */
export function payloadsOf(store: Readable): Payloads {
  return openPayloads({ get: (digest) => store.get(digest), put: refuse })
}

function refuse(): never {
  throw new Error('a view writes nothing')
}

/** One line of a list of runs: the header with instants as text, as in `RunView`. */
export interface HeadView {
  readonly id: RunId
  readonly flow: string
  readonly execDigest: string
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt: string | null
  readonly parent: RunId | null
}

export function headView({
  run,
  flow,
  plan,
  status,
  startedAt,
  endedAt,
  parent,
}: RunHeader): HeadView {
  return {
    id: run,
    flow,
    execDigest: plan,
    status,
    startedAt: printInstant(startedAt),
    endedAt: endedAt === undefined ? null : printInstant(endedAt),
    parent: parent ?? null,
  }
}
