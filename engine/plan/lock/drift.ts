/**
 * Where files have drifted from their lock: flows that are not what it names.
 *
 * The digest of a flow stands for all that it runs, so packages need no look of their own.
 */
import type { Digest } from '#engine/core/digest.ts'

import { type Lock, lockFile } from './lock.ts'

/** A flow as it is now. */
export interface FlowNow {
  readonly id: string
  /** Absent when it does not compile: then nothing is said of it. */
  readonly digest?: Digest
}

/** What is wrong with the lock for one flow, as a sentence; undefined when it names it as it is. */
export function driftOf(lock: Lock, { id, digest }: FlowNow): string | undefined {
  if (digest === undefined) return undefined
  const locked = lock.flows.find((one) => one.id === id)
  if (locked === undefined) return `"${id}" is not in ${lockFile}.`
  return locked.exec === digest ? undefined : `"${id}" is not what ${lockFile} names.`
}

/** The flows that `lock` names and that are no more. */
export function goneFrom(lock: Lock, ids: ReadonlySet<string>): readonly string[] {
  return lock.flows.map(({ id }) => id).filter((id) => !ids.has(id))
}
