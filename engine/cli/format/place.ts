/**
 * Which repository and which of its files a command that takes paths is about.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { findRoot } from '#engine/host/repository/root.ts'
import { repositoryFor } from '#engine/host/target.ts'

export interface FilesPlace {
  readonly root: string
  /** From the root. */
  readonly paths: readonly string[]
}

/** Throws `CLI_USAGE` for a path that is not there, or lies outside of the repository. */
export function filesPlace(values: {
  readonly paths: readonly string[]
  readonly repo?: string | undefined
  /** A commit may hold paths that the working tree does not. */
  readonly at?: string | undefined
}): FilesPlace {
  const { paths, repo, at } = values
  const [first] = paths
  const near =
    first === undefined ? '.' : isFolder(resolve(first)) ? first : dirname(resolve(first))
  const root =
    repo === undefined ? (findRoot(near) ?? resolve(near)) : (repositoryFor(repo) ?? resolve(repo))
  const inside = paths.map((path) => {
    const full = repo !== undefined && !existsSync(path) ? join(root, path) : resolve(path)
    if (at === undefined && !existsSync(full))
      throw new IonError('CLI_USAGE', `There is no file or folder "${path}".`)
    const from = relative(root, full).split(sep).join('/')
    if (!from.startsWith('..')) return from
    throw new IonError(
      'CLI_USAGE',
      `"${path}" lies outside of ${root}; name one repository at a time.`,
    )
  })
  return { root, paths: inside }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
