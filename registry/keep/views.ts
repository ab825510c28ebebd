/**
 * What is derived from a log: view files, the search index, and the digests of both, of which the
 * checkpoint names the top. A rebuild gives the same bytes as appending did, whatever was there.
 */
import { IonError } from '#engine/core/error.ts'
import { isSame } from '#registry/bytes.ts'
import type { Crypto, RegistryFiles } from '#registry/ports.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import { printIndex, searchPath } from '#registry/search/build.ts'
import { deriveView } from '#registry/view/derive.ts'
import { type DerivedFiles, type ViewDigests, withDigests } from '#registry/view/digests.ts'
import { printView, viewPath } from '#registry/view/files.ts'

export interface Derived {
  readonly files: DerivedFiles
  /** What the checkpoint has to say: the SHA-256 of `view/digests`. */
  readonly top: Uint8Array
}

export interface DeriveWish {
  readonly crypto: Crypto
  readonly state: RegistryState
  /** The entries whose views may have changed. */
  readonly touched: Iterable<string>
  /** What the checkpoint said of the others; without it every view is derived anew. */
  readonly before?: ViewDigests | undefined
}

/** The files that an append changes. Where those before are not as they should be, all of them. */
export async function deriveFiles(wish: DeriveWish): Promise<Derived> {
  const { crypto, state, touched, before } = wish
  if (before === undefined) return await withDigests(crypto, filesOf(wish, state.entries.keys()))
  try {
    return await withDigests(crypto, filesOf(wish, touched), before)
  } catch (thrown) {
    if (!(thrown instanceof IonError) || thrown.code !== 'REG_VIEW_STALE') throw thrown
    return await deriveFiles({ crypto, state, touched })
  }
}

function filesOf(
  { crypto, state }: Pick<DeriveWish, 'crypto' | 'state'>,
  names: Iterable<string>,
): Map<string, Uint8Array | null> {
  const files = new Map<string, Uint8Array | null>([[searchPath, printIndex(state)]])
  for (const name of names) {
    const view = deriveView(state, name)
    if (view === undefined) continue
    const pages = printView(crypto, view)
    for (const [path, bytes] of pages) files.set(path, bytes)
    files.set(viewPath(crypto, name, pages.size), null)
  }
  return files
}

/** Writes what was derived, the digests after what they are of. */
export async function writeDerived(files: RegistryFiles, derived: DerivedFiles): Promise<void> {
  for (const [path, bytes] of derived)
    if (bytes === null) await files.remove(path)
    else await files.write(path, bytes)
}

export interface Rebuilt {
  /** Paths that differed from what the log says, or were too many. */
  readonly changed: readonly string[]
  readonly entries: number
  /** What the checkpoint has to say of it. */
  readonly top: Uint8Array
}

/** Holds every derived file to the log; with `isWritten` also mends them. */
export async function rebuildViews(
  { files, crypto }: { readonly files: RegistryFiles; readonly crypto: Crypto },
  { state, isWritten }: { readonly state: RegistryState; readonly isWritten: boolean },
): Promise<Rebuilt> {
  const { files: right, top } = await deriveFiles({ crypto, state, touched: [] })
  const changed: string[] = []
  for (const [path, bytes] of right) {
    if (bytes === null) continue
    const found = await files.read(path)
    if (found !== undefined && isSame(found, bytes)) continue
    changed.push(path)
    if (isWritten) await files.write(path, bytes)
  }
  for (const path of await files.list('view')) {
    if ((right.get(path) ?? null) !== null) continue
    changed.push(path)
    if (isWritten) await files.remove(path)
  }
  return { changed: changed.toSorted(), entries: state.entries.size, top }
}
