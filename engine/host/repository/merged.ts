/**
 * The files as they would be after a merge, without merging: what the branch changed since
 * it left the target is taken from the branch, everything else from the target.
 *
 * Nothing is written, so it is safe for a repository that belongs to somebody else. A file
 * that both changed is taken from the branch and told to whoever asked.
 */
import type { Change } from '#engine/mirror/port.ts'

import type { Files } from './files.ts'

export interface MergeParts {
  /** The branch that is merged into. */
  readonly target: Files
  /** The branch that is merged. */
  readonly branch: Files
  /** Paths from the root that the branch changed since the two parted. */
  readonly changed: ReadonlySet<string>
}

/** The files after the merge. */
export function openMerged({ target, branch, changed }: MergeParts): Files {
  const sideOf = (path: string): Files => (changed.has(path) ? branch : target)
  return {
    root: branch.root,
    ...(branch.commit === undefined ? {} : { commit: branch.commit }),
    find: (globs) =>
      [
        ...target.find(globs).filter((path) => !changed.has(path)),
        ...branch.find(globs).filter((path) => changed.has(path)),
      ].toSorted(),
    readText: (path) => sideOf(path).readText(path),
    readBytes: (path) => sideOf(path).readBytes(path),
    linkOn: (path) => sideOf(path).linkOn(path),
    async fetch() {
      const [a, b] = await Promise.all([target.fetch(), branch.fetch()])
      return a || b
    },
  }
}

/** Paths that both sides changed, and not alike. */
export function conflictsBetween(
  ours: readonly Change[],
  theirs: readonly Change[],
): readonly string[] {
  const after = new Map(theirs.map((change) => [change.path, change.after]))
  return ours
    .filter(({ path, after: own }) => after.has(path) && after.get(path) !== own)
    .map(({ path }) => path)
}
