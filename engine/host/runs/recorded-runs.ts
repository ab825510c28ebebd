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
import { hasEnded, type RunHeader, type RunStatus } from '#engine/runtime/ports.ts'
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
  for (const flow of flows) {
    const headers = reader.journal.list({ flow: flow.id, limit: limits.runsSearchedMax })
    if (headers.length === 0) continue
    const replayed: ReplayedRun[] = []
    const head = headOf(flow)
    const latest = head === undefined ? [] : headers.slice(0, runs)
    for (const { run, status, plan } of latest) {
      const outcome =
        plan === head?.digest
          ? ({ verdict: 'same' } as const)
          : await outcomeOf(reader, { run, plan }, { flow, head, goesOn })
      replayed.push({ run, status, outcome })
    }
    recorded.set(flow.id, {
      underWay: headers.filter(({ status }) => !hasEnded(status)).length,
      replayed,
    })
  }
  return recorded
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
