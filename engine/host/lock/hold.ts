/**
 * Holds what is about to run to the lock of the commit that it comes from.
 */
import { IonError } from '#engine/core/error.ts'
import type { Files } from '#engine/host/repository/files.ts'
import type { LoadedFlow } from '#engine/host/repository/load.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'

import { lockIn } from './change-lock.ts'

/**
 * Refuses a flow of a commit that its lock does not name by this digest. Files on the disk are
 * somebody's work under way and run as they are, and so does a repository without a lock.
 * Throws `LOCK_STALE` and `LOCK_MALFORMED`.
 */
export function holdLock(files: Files, { plan, digest }: LoadedFlow): void {
  if (files.commit === undefined) return
  const { lock, problem } = lockIn(files)
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  const locked = lock?.flows.find(({ id }) => id === plan.flow)
  if (lock === undefined || locked?.exec === digest) return
  throw new IonError(
    'LOCK_STALE',
    `"${plan.flow}" is not what ${lockFile} of this commit names. Run \`ionflux lock\` and commit it.`,
    { data: { flow: plan.flow, locked: locked?.exec ?? null, found: digest } },
  )
}
