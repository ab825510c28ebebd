/**
 * The hash chain of a run: each record is hashed together with the hash before it.
 *
 * A record that was changed, taken out, added or moved breaks every hash after it.
 * The chain begins with the run's own id, so records of one run never pass for
 * those of another. It does not say who wrote: that is for a signature over the head.
 */
import { hash } from 'node:crypto'

import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { RunHeader } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

/** The hash before the first record, in hex like all of them. */
export function chainStart(run: RunId): string {
  return hash('sha256', run, 'hex')
}

/** The hash of a record: SHA-256 over the hex text of the one before it and its own JSON bytes. */
export function chainNext(previous: string, text: string): string {
  return hash('sha256', previous + text, 'hex')
}

/** The one way to say that a chain is broken; `seq` is the first record that cannot be believed. */
export function chainBroken(run: RunId, seq: number, reason: string): IonError {
  return new IonError(
    'JOURNAL_CHAIN_BROKEN',
    `The journal of run "${run}" cannot be believed from record ${seq} on: ${reason}.`,
    { data: { run, seq, reason } },
  )
}

/** In what a header contradicts the first record of its run; `undefined` when in nothing. */
export function headerProblem(header: RunHeader, first: RunRecord): string | undefined {
  if (first.kind !== 'run.started') return 'the first record does not start a run'
  if (first.run !== header.run) return `the first record starts run "${first.run}"`
  if (first.flow !== header.flow) return `the header names flow "${header.flow}"`
  if (first.plan !== header.plan) return `the header names plan "${header.plan}"`
  if (first.parent?.run !== header.parent) return 'the header names another parent'
  return undefined
}
