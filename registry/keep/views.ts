/**
 * Writes what is derived from a log: view files and the search index. A rebuild gives the
 * same bytes as appending did, whatever was there before.
 */
import { isSame } from '#registry/bytes.ts'
import type { Crypto, RegistryFiles } from '#registry/ports.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import { printIndex, searchPath } from '#registry/search/build.ts'
import { deriveView } from '#registry/view/derive.ts'
import { printView, viewPath } from '#registry/view/files.ts'

export interface Derived {
  readonly files: RegistryFiles
  readonly crypto: Crypto
}

/** Writes the views of `touched` entries, and the search index. */
export async function writeViews(
  { files, crypto }: Derived,
  { state, touched }: { readonly state: RegistryState; readonly touched: Iterable<string> },
): Promise<void> {
  for (const name of touched) {
    const view = deriveView(state, name)
    if (view === undefined) continue
    const pages = printView(crypto, view)
    for (const [path, bytes] of pages) await files.write(path, bytes)
    await files.remove(viewPath(crypto, name, pages.size))
  }
  await files.write(searchPath, printIndex(state))
}

export interface Rebuilt {
  /** Paths that differed from what the log says, or were too many. */
  readonly changed: readonly string[]
  readonly entries: number
}

/** Holds every derived file to the log; with `isWritten` also mends them. */
export async function rebuildViews(
  { files, crypto }: Derived,
  { state, isWritten }: { readonly state: RegistryState; readonly isWritten: boolean },
): Promise<Rebuilt> {
  const right = new Map<string, Uint8Array>([[searchPath, printIndex(state)]])
  for (const name of state.entries.keys()) {
    const view = deriveView(state, name)
    if (view === undefined) continue
    for (const [path, bytes] of printView(crypto, view)) right.set(path, bytes)
  }
  const changed: string[] = []
  for (const [path, bytes] of right) {
    const found = await files.read(path)
    if (found !== undefined && isSame(found, bytes)) continue
    changed.push(path)
    if (isWritten) await files.write(path, bytes)
  }
  for (const path of await files.list('view')) {
    if (right.has(path)) continue
    changed.push(path)
    if (isWritten) await files.remove(path)
  }
  return { changed: changed.toSorted(), entries: state.entries.size }
}
