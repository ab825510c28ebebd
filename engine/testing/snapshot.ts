/**
 * A run as a snapshot file keeps it: everything that a change of the flow could change, and
 * nothing that only the machine decides.
 */
import { printDuration } from '#engine/dsl/duration.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'

import type { CaseRun } from './run-case.ts'

/** The run as plain data, in the order in which things happened. */
export function snapshotOf(run: CaseRun): JsonObject {
  const outputs = new Map<string, Json>()
  for (const record of run.records) {
    if (record.kind === 'step.done') outputs.set(record.path, run.value(record))
  }
  const steps = (run.view?.steps ?? []).map(({ path, kind, status, attempts, branch, error }) => ({
    path,
    kind,
    status,
    ...(attempts > 1 ? { attempts } : {}),
    ...(branch === undefined ? {} : { branch }),
    ...(outputs.has(path) ? { output: outputs.get(path) ?? null } : {}),
    ...(error === undefined ? {} : { error: error.code }),
  }))
  const calls = run.calls.map(({ path, action, attempt, input }) => ({
    path,
    action,
    ...(attempt > 1 ? { attempt } : {}),
    input,
  }))
  const error = run.error === null ? {} : { error: { ...run.error } }
  const took = printDuration(run.tookMs)
  return { status: run.status, took, steps, calls, output: run.output, ...error } as JsonObject
}

/** What a snapshot file holds: a run for each case by its name. */
export interface Snapshots {
  readonly cases: Readonly<Record<string, Json>>
}

export function printSnapshots({ cases }: Snapshots): string {
  return `${JSON.stringify({ snapshot: 'test/1', cases }, null, 2)}\n`
}

/** Undefined for a text that is no snapshot file. */
export function readSnapshots(text: string): Snapshots | undefined {
  try {
    const value = JSON.parse(text) as { readonly snapshot?: Json; readonly cases?: Json }
    const { cases } = value
    if (value.snapshot !== 'test/1' || typeof cases !== 'object' || cases === null) return undefined
    return Array.isArray(cases) ? undefined : { cases: cases as JsonObject }
  } catch {
    return undefined
  }
}
