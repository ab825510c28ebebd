/**
 * Executes the recorded calls of a run again and compares what comes out.
 *
 * Code, input, time and chance are those of the run, and the host answers as the journal
 * says it did: nothing is asked of anybody, and nothing is written. A call whose answers
 * were too many to keep, or that ended by time or memory, says nothing and is passed over.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { digestOfPayload } from '#engine/durable/content.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { systemClock } from '#engine/durable/system.ts'
import { recordedCalls, type RecordedCall } from '#engine/runtime/calls.ts'
import { openPayloads, type Payloads } from '#engine/runtime/payload.ts'
import type { CallResult } from '#engine/runtime/ports.ts'
import { openPrograms } from '#engine/runtime/program.ts'
import type { HostAnswer } from '#engine/runtime/budget/usage.ts'

export interface ReplayedCall {
  readonly path: string
  readonly attempt: number
  /** `same` to the byte, `different`, or `skipped`. */
  readonly verdict: 'same' | 'different' | 'skipped'
  /** Of a call that is not the same. */
  readonly why?: string
}

/** What depends on the machine, and may be otherwise another time. */
const unrepeatable = new Set([
  'SANDBOX_TIME_EXCEEDED',
  'SANDBOX_MEMORY_EXCEEDED',
  'SANDBOX_CRASHED',
  'RUN_STEP_TIMEOUT',
  'RUN_STEP_UNCERTAIN',
  'RUN_CANCELLED',
  'RUN_LIMIT_EXCEEDED',
])

/** Replays every call of `run`. Throws `RUN_NOT_FOUND`, or what the journal throws. */
export async function replayCalls(
  { journal, store }: Pick<DurableReader, 'journal' | 'store'>,
  run: RunId,
): Promise<readonly ReplayedCall[]> {
  const { SandboxCaller } = await import('#engine/sandbox/caller.ts')
  const header = journal.find(run)
  if (header === undefined) throw new IonError('RUN_NOT_FOUND', `There is no run ${run} here.`)
  const program = openPrograms(store).get(header.plan)
  const payloads = openPayloads({ get: (digest) => store.get(digest), put: digestOfPayload })
  const asked = new Set<string>()
  await using caller = new SandboxCaller({
    store,
    clock: systemClock(),
    operations: {
      call: async (op, _, { path }) => {
        asked.add(path)
        throw new IonError('RUN_CANCELLED', `"${op}" is not recorded.`)
      },
    },
  })
  const verdicts: ReplayedCall[] = []
  for (const call of recordedCalls({ program, payloads }, journal.read(run))) {
    const { path, attempt } = call
    const skip = reasonToSkip(call)
    const replies = repliesOf(payloads, call)
    asked.clear()
    const result =
      skip === undefined
        ? await caller.call({
            ...call,
            action: call.step.action,
            permissions: program.plan.permissions,
            signal: new AbortController().signal,
            log: () => undefined,
            ...(replies === undefined ? {} : { replies }),
          })
        : undefined
    verdicts.push({ path, attempt, ...verdictOf(payloads, call, { result, skip, asked }) })
  }
  return verdicts
}

function reasonToSkip({ end }: RecordedCall): string | undefined {
  if (end.kind === 'step.failed' && unrepeatable.has(end.error.code)) {
    return `it ended with ${end.error.code}, which depends on the machine`
  }
  const isAsking = (end.usage?.hostCalls ?? 0) > 0
  return isAsking && end.replies === undefined
    ? 'what the host told it was too much to keep'
    : undefined
}

function repliesOf(payloads: Payloads, { end }: RecordedCall): readonly HostAnswer[] | undefined {
  if (end.replies === undefined) return undefined
  return payloads.value(end.replies) as unknown as readonly HostAnswer[]
}

function verdictOf(
  payloads: Payloads,
  { path, end }: RecordedCall,
  seen: {
    readonly result: CallResult | undefined
    readonly skip: string | undefined
    readonly asked: ReadonlySet<string>
  },
): Pick<ReplayedCall, 'verdict' | 'why'> {
  const { result, skip } = seen
  if (result === undefined)
    return { verdict: 'skipped', ...(skip === undefined ? {} : { why: skip }) }
  if (end.replies === undefined && end.usage === undefined && seen.asked.has(path)) {
    return { verdict: 'skipped', why: 'the journal is from a release that kept no answers' }
  }
  if (seen.asked.has(path)) return different('it asks the host for something else')
  if (end.kind === 'step.done') {
    if (!result.ok) return different(`it fails with ${result.error.code}`)
    return isSame(payloads.value(end.output), result.output)
      ? { verdict: 'same' }
      : different('its output is another one')
  }
  if (result.ok) return different('it does not fail')
  const { code, message } = end.error
  const isEqual =
    result.error.code === code && message.startsWith(result.error.message.slice(0, 200))
  return isEqual ? { verdict: 'same' } : different(`it fails with ${result.error.code}`)
}

function different(why: string): Pick<ReplayedCall, 'verdict' | 'why'> {
  return { verdict: 'different', why }
}

/** As text: two values that print alike are the same bytes in the journal. */
function isSame(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
