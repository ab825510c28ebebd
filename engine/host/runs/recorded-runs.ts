/**
 * What a change means for the runs that are here: those under way, which keep their plan, and
 * the latest ones of each changed flow, replayed against the plan as it would be.
 *
 * It reads the journal beside whoever writes there, executes nothing and is bounded in time.
 * No approval is for any of it: it says nothing about runs elsewhere.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { digestOfPayload } from '#engine/durable/content.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { systemClock } from '#engine/durable/system.ts'
import { checkInput } from '#engine/host/inputs.ts'
import type { FlowChange } from '#engine/plan/change/change.ts'
import { replayAgainst } from '#engine/runtime/against.ts'
import type { Replayed } from '#engine/runtime/parting.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import type { RunHeader, RunStatus } from '#engine/runtime/ports.ts'
import { openProgram, openPrograms, type Program } from '#engine/runtime/program.ts'

/** One run, and what would have become of it. */
export interface ReplayedRun {
  readonly run: RunId
  readonly status: RunStatus
  readonly outcome: Replayed | Unreadable
}

/** The records, the input or something they name is not as it must be. */
export interface Unreadable {
  readonly verdict: 'cannot'
  readonly path: ''
  readonly why: 'input' | 'journal'
  /** A sentence. */
  readonly message: string
}

export interface FlowRuns {
  /** Runs that have not ended: a change does not reach them. */
  readonly underWay: number
  /** The newest first. Empty where the new plan is missing. */
  readonly replayed: readonly ReplayedRun[]
}

/** By the id of the flow; those without a run here have none. */
export type RunsByFlow = ReadonlyMap<string, FlowRuns>

type Reader = Pick<DurableReader, 'journal' | 'store'>

/** What is recorded of every flow in `flows`: replays the latest `runs` of each. */
export async function recordedRunsOf(
  reader: Reader,
  flows: readonly FlowChange[],
  { runs }: { readonly runs: number },
): Promise<RunsByFlow> {
  const recorded = new Map<string, FlowRuns>()
  const clock = systemClock()
  const end = clock.now() + limits.replayMsMax
  const goesOn = (): boolean => clock.now() < end
  const open = openRuns(reader)
  const latest = latestRuns(reader, { runs, goesOn })
  for (const flow of flows) {
    const headers = latest(flow.id)
    const underWay = open.get(flow.id)?.length ?? 0
    if (headers.length + underWay === 0) continue
    const replayed: ReplayedRun[] = []
    const head = headOf(flow)
    for (const { run, status, plan } of head === undefined ? [] : headers) {
      const outcome =
        plan === head?.digest
          ? ({ verdict: 'same' } as const)
          : await outcomeOf(reader, { run, plan }, { flow, head, goesOn })
      replayed.push({ run, status, outcome })
    }
    recorded.set(flow.id, { underWay, replayed })
  }
  return recorded
}

type ByFlow = ReadonlyMap<string, readonly RunHeader[]>

/** Runs that have not ended, by flow: asked for once, however many flows change. */
function openRuns({ journal }: Reader): ByFlow {
  const limit = limits.runsSearchedMax
  const open = (['running', 'parked', 'uncertain'] as const).flatMap((status) =>
    journal.list({ status, limit }),
  )
  return Map.groupBy(open, ({ flow }) => flow)
}

/** The latest runs of a flow; one that has run long ago only is looked for while there is time. */
function latestRuns(
  { journal }: Reader,
  { runs, goesOn }: { readonly runs: number; readonly goesOn: () => boolean },
): (flow: string) => readonly RunHeader[] {
  const limit = limits.runsSearchedMax
  const newest = journal.list({ limit })
  const known: ByFlow = Map.groupBy(newest, ({ flow }) => flow)
  return (flow) => {
    const found = known.get(flow) ?? []
    const isAll = newest.length < limit || found.length >= runs || !goesOn()
    return isAll ? found.slice(0, runs) : journal.list({ flow, limit: runs })
  }
}

function headOf({ plan, after }: FlowChange): Program | undefined {
  return plan === undefined || after === undefined ? undefined : openProgram(after, plan)
}

interface Replaying {
  readonly flow: FlowChange
  readonly head: Program | undefined
  goesOn(): boolean
}

async function outcomeOf(
  { journal, store }: Reader,
  { run, plan }: Pick<RunHeader, 'run' | 'plan'>,
  { flow, head, goesOn }: Replaying,
): Promise<ReplayedRun['outcome']> {
  if (head === undefined || !goesOn()) return { verdict: 'cannot', path: '', why: 'limit' }
  try {
    const payloads = openPayloads({ get: (digest) => store.get(digest), put: digestOfPayload })
    const records = journal.read(run)
    const [started] = records
    const given = started?.kind === 'run.started' ? payloads.value(started.input) : null
    const input = await inputFor(head, given)
    if (!input.ok) return cannot('input', input.message)
    const own = openPrograms(store).get(plan)
    const renamed = renamedIn(flow)
    return replayAgainst({ payloads, own, head, input: input.value, renamed, goesOn }, records)
  } catch (thrown) {
    if (!(thrown instanceof IonError)) throw thrown
    return cannot('journal', thrown.message)
  }
}

function cannot(why: Unreadable['why'], message: string): Unreadable {
  return { verdict: 'cannot', path: '', why, message }
}

async function inputFor(
  { plan }: Program,
  given: Json,
): Promise<{ readonly ok: true; readonly value: Json } | { readonly ok: false; message: string }> {
  if (plan.inputs === undefined) return { ok: true, value: given }
  const checked = await checkInput(plan.inputs, given)
  if (checked.ok) return { ok: true, value: checked.input }
  return { ok: false, message: checked.error.message }
}

function renamedIn({ steps }: FlowChange): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap(({ kind, id, was }) =>
      kind === 'renamed' && was !== undefined ? [[was, id] as const] : [],
    ),
  )
}
