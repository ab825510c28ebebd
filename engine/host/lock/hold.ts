/**
 * Holds what is about to run to the lock of the commit that it comes from.
 */
import { IonError } from '#engine/core/error.ts'
import type { Files } from '#engine/host/repository/files.ts'
import type { LoadedFlow } from '#engine/host/repository/load.ts'
import { driftOf } from '#engine/plan/lock/drift.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'

import { lockIn } from './lock-in.ts'

/**
 * Refuses a flow of a commit that its lock does not name by this digest. Files on the disk are
 * somebody's work under way and run as they are, unless `isLocked` holds them to the lock too.
 * A commit without a lock runs: all that it can name is its own code and what comes with ionflux.
 * Throws `LOCK_STALE` and `LOCK_MALFORMED`.
 */
export function holdLock(
  files: Files,
  { plan, digest }: LoadedFlow,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): void {
  if (files.commit === undefined && !isLocked) return
  const { lock, problem } = lockIn(files)
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  if (lock === undefined && !isLocked) return
  const id = plan.flow
  const drift =
    lock === undefined
      ? `There is no ${lockFile} that names "${id}".`
      : driftOf(lock, { id, digest })
  if (drift === undefined) return
  const locked = lock?.flows.find((one) => one.id === id)?.exec ?? null
  throw new IonError('LOCK_STALE', `${drift} Run \`ionflux lock\` and commit it.`, {
    data: { flow: id, locked, found: digest },
  })
}
