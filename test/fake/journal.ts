/**
 * Small makers of what journals hold: ids, headers, records.
 */
import type { Digest } from '#engine/core/digest.ts'
import { type RunId, runIdFrom } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { RunHeader } from '#engine/runtime/ports.ts'
import type { RunRecord, RunStarted } from '#engine/runtime/record.ts'

/** The digest of no plan in particular. */
export const plan = `sha256:${'ab'.repeat(32)}` as Digest

/** The n-th run id; ids of larger numbers sort later. */
export function runId(n: number): RunId {
  return runIdFrom(1_700_000_000_000 + n, new Uint8Array(10))
}

export function header(run: RunId, change: Partial<RunHeader> = {}): RunHeader {
  return { run, flow: 'demo', plan, status: 'running', startedAt: 1_700_000_000_000, ...change }
}

export function started(run: RunId, flow = 'demo'): RunStarted {
  const at = 1_700_000_000_000
  return { kind: 'run.started', v: 1, run, flow, plan, input: { value: {} }, source: {}, at }
}

export function stepDone(path: string, value: Json): RunRecord {
  return { kind: 'step.done', path, at: 1_700_000_000_001, output: { value } }
}

export function timerSet(path: string, due: number): RunRecord {
  return { kind: 'timer.set', path, at: 1_700_000_000_002, due }
}
