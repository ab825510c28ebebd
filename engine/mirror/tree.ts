/**
 * Trees as flat lists: what is below a path, and what differs between two of them.
 *
 * Pure; both adapters list a whole tree once and answer the rest from here, which is
 * why a path means the same in each. Reading objects is left to the adapters.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import type { Change, CommitId, EntryType, TreeEntry } from './port.ts'
import { pathUnknown } from './ref.ts'

/** The type of an entry by its mode; undefined for a folder. */
export function typeOfMode(mode: string): EntryType | undefined {
  if (mode === '160000') return 'submodule'
  if (mode === '120000') return 'symlink'
  return mode.startsWith('100') ? 'file' : undefined
}

/** Entries of one commit with a way to find each by its path. */
export interface Listing {
  readonly entries: readonly TreeEntry[]
  readonly byPath: ReadonlyMap<string, TreeEntry>
}

export function listingOf(entries: readonly TreeEntry[]): Listing {
  if (entries.length > limits.gitTreeEntriesMax) {
    throw new IonError(
      'MIRROR_OBJECT_REFUSED',
      `The tree has more than ${limits.gitTreeEntriesMax} entries, which is more than is read at once.`,
      { data: { entries: entries.length, max: limits.gitTreeEntriesMax } },
    )
  }
  return { entries, byPath: new Map(entries.map((entry) => [entry.path, entry])) }
}

/** Trees of this many commits stay in memory; a run reads one, a comparison two. */
const listingsKept = 2

/** Keeps `listing` and lets the oldest go. A commit never changes, so nothing kept is ever stale. */
export function keepListing(
  kept: Map<CommitId, Listing>,
  commit: CommitId,
  listing: Listing,
): void {
  const [oldest] = kept.keys()
  if (kept.size >= listingsKept && oldest !== undefined) kept.delete(oldest)
  kept.set(commit, listing)
}

/** The entries at or below `path`; all without it. Throws `MIRROR_PATH_UNKNOWN` for none. */
export function below(
  listing: Listing,
  path: string | undefined,
  at: string,
): readonly TreeEntry[] {
  const root = (path ?? '').replace(/\/+$/, '')
  if (root === '') return listing.entries
  const own = listing.byPath.get(root)
  if (own !== undefined) return [own]
  const found = listing.entries.filter((entry) => entry.path.startsWith(root + '/'))
  if (found.length === 0) throw pathUnknown(root, at)
  return found
}

/** The object of a readable file at `path`. Throws for what is missing or no file. */
export function fileAt(listing: Listing, path: string, at: string): TreeEntry {
  const entry = listing.byPath.get(path)
  if (entry === undefined) throw pathUnknown(path, at)
  if (entry.type !== 'file') {
    throw new IonError(
      'MIRROR_OBJECT_REFUSED',
      `"${path}" is a ${entry.type}, and only files are read; it is listed and never followed.`,
      { data: { path, type: entry.type, mode: entry.mode } },
    )
  }
  return entry
}

/** What changed from `before` to `after`; a changed mode or type counts as modified. */
export function changesBetween(before: Listing, after: Listing): readonly Change[] {
  const changes: Change[] = []
  for (const entry of after.entries) {
    const old = before.byPath.get(entry.path)
    if (old === undefined) changes.push({ path: entry.path, kind: 'added', after: entry.oid })
    else if (old.oid !== entry.oid || old.mode !== entry.mode) {
      changes.push({ path: entry.path, kind: 'modified', before: old.oid, after: entry.oid })
    }
  }
  for (const entry of before.entries) {
    if (!after.byPath.has(entry.path)) {
      changes.push({ path: entry.path, kind: 'deleted', before: entry.oid })
    }
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
