/**
 * Frees what a data directory keeps and nothing needs: runs that ended long ago where that is
 * asked for, values, blobs and files that no run, state, event or activation names.
 *
 * It holds the lease, so no run is executed meanwhile, and it is safe to kill at any time:
 * names go before what they name, and what is left over is found again. Young files stay,
 * since a tool that needs no lease may be about to name them.
 */
import { type Dirent, existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { journalPath } from '#engine/durable/sqlite/database.ts'
import { sweep, type Swept } from '#engine/durable/sweep/sweep.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { systemClock } from '#engine/durable/system.ts'
import { type Lease, leaseOwner, takeLease } from '#engine/host/lease.ts'

import { leftBy } from './artifacts.ts'

export interface CollectWish {
  readonly directory: string
  /**
   * Ended runs older than this are forgotten; absent keeps all. Where a watcher starts runs, those
   * of its last day stay, however long ago that was: one that died may ask for its last starts
   * again, and a run that is forgotten would run twice.
   */
  readonly olderMs?: number
  /** Forgets these, with what they started, whatever their age. Throws `RUN_NOT_REMOVABLE`. */
  readonly runs?: readonly string[]
  /** Says what would be freed and changes nothing. */
  readonly isDry: boolean
}

export interface Freed {
  readonly count: number
  readonly bytes: number
}

export interface Collected {
  readonly runs: number
  readonly values: Freed
  readonly blobs: Freed
  /** Of runs that are not there any more. */
  readonly artifacts: Freed
}

/** Collects. Throws `JOURNAL_BUSY` while another process works in the directory. */
export function collect({ directory, olderMs, runs, isDry }: CollectWish): Collected {
  // Where nothing ran nothing is made: a lease would leave a folder that nobody trusts.
  if (!existsSync(journalPath(directory))) return nothing
  const now = systemClock().now()
  const ageMs = runs === undefined ? olderMs : 0
  const endedBefore = ageMs === undefined ? undefined : now - ageMs
  const isFollowed = existsSync(join(directory, 'watch.db'))
  const until = isFollowed ? watchedUntil(directory, now) : Infinity
  const latest = until - limits.sweepWatchedMsMin
  const wish = {
    isDry,
    isFollowed,
    ...(runs === undefined ? {} : { runs }),
    ...(endedBefore === undefined ? {} : { endedBefore: Math.min(endedBefore, latest) }),
  }
  using _ = isDry ? undefined : mustLease(directory)
  const swept = sweep(directory, wish)
  if (swept === undefined) return nothing
  const before = now - limits.sweepGraceMs
  return {
    runs: swept.runs,
    values: { count: swept.values, bytes: swept.valueBytes },
    blobs: freeBlobs(join(directory, 'blobs'), { swept, before, isDry }),
    artifacts: freeArtifacts(directory, { swept, before, isDry }),
  }
}

/** The note in which a watcher says when it was last there. */
export const watchedNote = 'alive'

/** When a watcher was last there. */
function watchedUntil(directory: string, now: number): number {
  const memory = openWatchMemory(directory)
  try {
    // A clock that went back says nothing of later.
    return Math.min(now, Number(memory.note(watchedNote) ?? now))
  } finally {
    memory.close()
  }
}

const none: Freed = { count: 0, bytes: 0 }
const nothing: Collected = { runs: 0, values: none, blobs: none, artifacts: none }

function mustLease(directory: string): Lease {
  const lease = takeLease(directory)
  if (lease !== undefined) return lease
  const owner = leaseOwner(directory)
  const who = owner === undefined ? 'Another process' : `Process ${owner.pid}`
  throw new IonError(
    'JOURNAL_BUSY',
    `${who} works in "${directory}", and nothing is freed under a run. Stop it first, or look with --dry-run.`,
    { data: { directory } },
  )
}

interface Freeing {
  readonly swept: Swept
  /** What was written since stays. */
  readonly before: number
  readonly isDry: boolean
}

function freeBlobs(folder: string, freeing: Freeing): Freed {
  let freed = none
  for (const shelf of entriesOf(folder)) {
    const names = shelf.isDirectory() ? entriesOf(join(folder, shelf.name)) : [shelf]
    for (const entry of names) {
      const isBlob = /^[0-9a-f]{64}$/.test(entry.name)
      const isLeft = isBlob ? !freeing.swept.isNamed(entry.name) : entry.name.startsWith('new-')
      if (!isLeft || !entry.isFile()) continue
      const bytes = freeFile(join(entry.parentPath, entry.name), freeing)
      if (bytes !== undefined) freed = { count: freed.count + 1, bytes: freed.bytes + bytes }
    }
  }
  return freed
}

function freeArtifacts(directory: string, freeing: Freeing): Freed {
  const folder = join(directory, 'artifacts')
  let freed = none
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isFile() && entry.name.startsWith('new-')) {
      const bytes = freeFile(path, freeing)
      if (bytes !== undefined) freed = { count: freed.count + 1, bytes: freed.bytes + bytes }
    } else if (
      entry.isDirectory() &&
      isRunFolder(entry.name) &&
      !freeing.swept.hasRun(entry.name)
    ) {
      const files = leftBy(directory, entry.name)?.files ?? []
      freed = {
        count: freed.count + files.length,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, freed.bytes),
      }
      if (!freeing.isDry) rmSync(path, { recursive: true, force: true })
    }
  }
  return freed
}

function isRunFolder(name: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name)
}

/** Its size; undefined for a file that is too young, or gone already. */
function freeFile(path: string, { before, isDry }: Freeing): number | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.mtimeMs >= before) return undefined
  if (!isDry) rmSync(path, { force: true })
  return found.size
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // nothing was kept there yet
  }
}
