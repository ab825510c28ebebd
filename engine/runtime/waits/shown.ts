/**
 * What people see of a step that waits for them.
 */
import type { Digest } from '#engine/core/digest.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { isAwait } from '#engine/runtime/decider/await.ts'
import type { Frame } from '#engine/runtime/decider/frames.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'
import type { Payloads } from '#engine/runtime/payload.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { ApprovalOpened } from '#engine/runtime/waits/record.ts'

import { isApproval } from './approve.ts'

/** What people are asked. */
export interface Asked {
  readonly ask: string
  readonly show?: Json
  readonly form?: JsonObject
  readonly by: readonly string[]
  readonly quorum: number
  /** An answer names it, so that it is one to what was shown. */
  readonly digest: Digest
}

/** The part of a step's view that says what it waits for. */
export interface WaitView {
  /** What an `await` waits for: the name of the signal, or the subject of the event. */
  awaits?: { readonly on: 'signal' | 'event'; readonly topic: string }
  /** What an `approve` asks, and whom. */
  asks?: Asked
  status: string
  due?: string
}

/** Notes what `record` says of the wait that `view` shows. */
export function noteWait(
  view: WaitView,
  record: RunRecord,
  { frame, payloads }: { readonly frame: Frame | undefined; readonly payloads: Payloads },
): void {
  if (record.kind === 'timer.fired') return noteTime(view, record.timer, frame)
  if (record.kind !== 'await.opened' && record.kind !== 'approval.opened') return
  view.status = 'waiting'
  if (record.due !== undefined) view.due = printInstant(record.due)
  if (record.kind === 'approval.opened') view.asks = asked(record, { frame, payloads })
  else if (isAwait(frame)) view.awaits = { on: frame.step.on, topic: record.topic }
}

function asked(
  { ask, by, quorum, digest, show }: ApprovalOpened,
  { frame, payloads }: { readonly frame: Frame | undefined; readonly payloads: Payloads },
): Asked {
  const form = isApproval(frame) ? frame.step.form : undefined
  return {
    ask,
    by,
    quorum,
    digest,
    ...(show === undefined ? {} : { show: payloads.value(show) }),
    ...(form === undefined ? {} : { form }),
  }
}

function noteTime(view: WaitView, timer: string, frame: Frame | undefined): void {
  if (timer === 'escalate' && view.asks !== undefined && isApproval(frame)) {
    view.asks = { ...view.asks, by: frame.by }
    return
  }
  // What runs when the time is up is part of the step.
  const isWait = view.awaits !== undefined || view.asks !== undefined
  if (view.status === 'waiting' && isWait) view.status = 'running'
}

/** What a run waits for before it begins. */
export interface GateView {
  readonly for: 'debounce' | 'rate_limit' | 'concurrency'
  readonly until?: string
}

/** The gate that a run stands before; nothing for one that is through. */
export function gateOf({ gate, gates, opensAt }: RunState): { readonly gate?: GateView } {
  const [first] = gates
  if (gate === undefined || first === undefined) return {}
  const name = first === 'rateLimit' ? 'rate_limit' : first
  const until = opensAt === undefined ? {} : { until: printInstant(opensAt) }
  return { gate: { for: name, ...until } }
}
