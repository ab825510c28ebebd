/**
 * Holds what is about to run to the lock of the commit that it comes from.
 */
import { IonError } from '#engine/core/error.ts'
import type { Files } from '#engine/host/repository/files.ts'
import type { LoadedFlow } from '#engine/host/repository/load.ts'
import { driftOf } from '#engine/plan/lock/drift.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'
import type { Unit } from '#engine/plan/plan.ts'

import { lockIn } from './lock-in.ts'

/**
 * Refuses a flow of a commit that its lock does not name by this digest. Files on the disk are
 * somebody's work under way and run as they are, unless `isLocked` holds them to the lock too.
 * A commit without a lock runs what is in it and nothing else: what comes with ionflux is another
 * on another machine.
 * Throws `LOCK_STALE` and `LOCK_MALFORMED`.
 */
export function holdLock(
  files: Files,
  { plan, digest, blobs }: LoadedFlow,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): void {
  if (files.commit === undefined && !isLocked) return
  const { lock, problem } = lockIn(files)
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  const id = plan.flow
  const drift =
    lock !== undefined
      ? driftOf(lock, { id, digest })
      : isLocked
        ? `There is no ${lockFile} that names "${id}".`
        : unlocked(files, id, blobs)
  if (drift === undefined) return
  const locked = lock?.flows.find((one) => one.id === id)?.exec ?? null
  throw new IonError('LOCK_STALE', `${drift} Run \`ionflux lock\` and commit it.`, {
    data: { flow: id, locked, found: digest },
  })
}

/** What a flow, or one that it calls, uses of elsewhere without a lock, as a sentence. */
export function unlocked(files: Files, id: string, blobs: LoadedFlow['blobs']): string | undefined {
  const used = blobs
    .flatMap(builtInName)
    .toSorted()
    // The repository of ionflux has them itself.
    .find((name) => files.find([`plugins/${name}/plugin.yaml`]).length === 0)
  if (used === undefined) return undefined
  return `"${id}" uses "${used}", and its commit has no ${lockFile} that says which one.`
}

const unitHead = Buffer.from('{"$type":"ionflux.unit/v1"')

/** The name of a plugin that comes with ionflux: without a lock no other one can be named. */
function builtInName(blob: Uint8Array): readonly string[] {
  if (!Buffer.from(blob.subarray(0, unitHead.length)).equals(unitHead)) return []
  const { name, kind } = JSON.parse(new TextDecoder().decode(blob)) as Unit
  return kind === 'plugin' && name.startsWith('std/') ? [name] : []
}
