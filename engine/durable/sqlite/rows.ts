/**
 * The header of a run as a row, both ways.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { RunId } from '#engine/core/id.ts'
import type { RunHeader, RunStatus } from '#engine/runtime/ports.ts'

/** Their place in this list is what the file keeps. */
const statuses: readonly RunStatus[] = [
  'running',
  'parked',
  'done',
  'failed',
  'cancelled',
  'uncertain',
]

/** A run as `headerSelect` gives it. */
export interface RunRow {
  readonly n: number
  readonly id: RunId
  readonly flow: string
  readonly plan: Digest
  readonly status: number
  /** How many records the run had when its status last changed. */
  readonly records: number
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly parent: RunId | null
}

/** The cross join makes SQLite walk the runs in their order, whatever the condition. */
export const headerSelect = `
  SELECT run.n, run.id, program.flow, program.plan, run.status, run.records,
    run.started_at AS startedAt, run.ended_at AS endedAt, run.parent
  FROM run CROSS JOIN program ON program.id = run.program`

export function headerOf(row: RunRow): RunHeader {
  return {
    run: row.id,
    flow: row.flow,
    plan: row.plan,
    status: statuses[row.status] ?? 'running',
    startedAt: row.startedAt,
    ...(row.endedAt === null ? {} : { endedAt: row.endedAt }),
    ...(row.parent === null ? {} : { parent: row.parent }),
  }
}

export function statusNumber(status: RunStatus): number {
  return statuses.indexOf(status)
}
