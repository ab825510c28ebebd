/**
 * Gets a package from a Git repository: one commit, one folder, its manifest and its files.
 */
import { filesAt } from '#engine/host/package/folder.ts'
import { readPackage, type Package } from '#engine/host/package/package.ts'
import { fetchCommit } from '#engine/mirror/fetch.ts'
import type { GitSource } from '#engine/plan/lock/source.ts'

import { tokenFor } from './token.ts'

export interface FetchedPackage {
  readonly package: Package
  readonly commit: string
  /** The day of the commit: `2026-01-02`. */
  readonly date: string | undefined
}

/**
 * Fetches the package at `source`. Throws `MIRROR_FETCH_FAILED` when it cannot be reached, and
 * `LOCK_SOURCE_REFUSED` for what is no package.
 */
export async function fetchPackage({ url, path, ref }: GitSource): Promise<FetchedPackage> {
  const token = await tokenFor(url, process.env)
  await using fetched = await fetchCommit(url, ref, token === undefined ? {} : { token })
  const { git, commit } = fetched
  const files = await filesAt(git, commit, path)
  const [made] = await git.log({ to: commit, limit: 1 })
  const one = readPackage(files, path === '' ? url : `${url}//${path}`)
  return { package: one, commit, date: made?.committer.date?.slice(0, 10) }
}
