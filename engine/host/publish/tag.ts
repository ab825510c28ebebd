/**
 * Finds the package that a tag releases: `csv@1.2.0` names it, `v1.2.0` means the only one.
 *
 * A tag is a name that somebody chose. What is released is the folder of its commit whose
 * manifest says the same version, and only of a commit that a known branch has.
 */
import { posix } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { isVersion } from '#engine/dsl/reference.ts'
import { filesAt } from '#engine/host/package/folder.ts'
import { manifestFiles, type Package, readPackage } from '#engine/host/package/package.ts'
import { openGit } from '#engine/mirror/open.ts'
import type { CommitId, GitPort } from '#engine/mirror/port.ts'

export interface TagParts {
  /** `csv` or `acme/csv`; absent for `v1.2.0`. */
  readonly name?: string
  readonly version: string
}

/** @example parseTag('csv@1.2.0') // { name: 'csv', version: '1.2.0' } */
export function parseTag(tag: string): TagParts | undefined {
  const at = tag.lastIndexOf('@')
  const version = at === -1 ? tag.slice(1) : tag.slice(at + 1)
  if (!isVersion(version)) return undefined
  if (at === -1) return tag.startsWith('v') ? { version } : undefined
  const name = tag.slice(0, at)
  const isName = /^(?:[a-z][a-z0-9-]{0,62}\/)?[a-z][a-z0-9-]{0,62}$/.test(name)
  return isName ? { name, version } : undefined
}

export interface Tagged {
  readonly tag: string
  readonly commit: CommitId
  /** The folder of the package; empty for the root. */
  readonly path: string
  readonly package: Package
}

/** Throws `REG_TAG_REFUSED`. */
export async function findTagged(git: GitPort, tag: string): Promise<Tagged> {
  const parts = parseTag(tag)
  if (parts === undefined) throw refused(tag, 'a release is tagged name@1.2.0 or v1.2.0')
  const { version } = parts
  const commit = await git.resolve(`refs/tags/${tag}`)
  const folders = await foldersOf(git, commit)
  const found: Omit<Tagged, 'tag' | 'commit'>[] = []
  for (const { path, name } of folders) {
    if (parts.name !== undefined && parts.name !== name && !name.endsWith(`/${parts.name}`))
      continue
    const where = path === '' ? tag : `${tag}:${path}`
    found.push({ path, package: readPackage(await filesAt(git, commit, path), where) })
  }
  const [only, other] = found
  if (only === undefined) {
    const what = parts.name === undefined ? 'no package' : `no package "${parts.name}"`
    throw refused(tag, `there is ${what} in its commit`)
  }
  if (other !== undefined) {
    const names = found.map((one) => one.package.name).join(', ')
    throw refused(tag, `it could mean ${names}; tag name@${version}`)
  }
  if (only.package.version !== version)
    throw refused(tag, `"${only.package.name}" says version ${only.package.version}`)
  return { tag, commit, ...only }
}

/** The folders of packages in a commit, by the names in their manifests. */
export async function foldersOf(
  git: GitPort,
  at: string,
): Promise<readonly { readonly path: string; readonly name: string }[]> {
  const entries = await git.tree({ at })
  const manifests = entries.filter(
    ({ path, type }) =>
      type === 'file' && (manifestFiles as readonly string[]).includes(posix.basename(path)),
  )
  const blobs = await git.readMany(manifests.map(({ oid }) => ({ oid })))
  return manifests.flatMap(({ path }, index) => {
    const blob = blobs[index]
    if (blob === undefined || blob instanceof IonError) return []
    const text = Buffer.from(blob.bytes).toString('utf8')
    const name = /^(?:plugin|blueprint):[ \t]*["']?([a-z0-9/-]+)/m.exec(text)?.[1]
    const folder = posix.dirname(path)
    return name === undefined ? [] : [{ path: folder === '.' ? '' : folder, name }]
  })
}

/**
 * Throws `REG_TAG_REFUSED` unless one of `branches` has the commit: a tag can be put on a commit
 * that was never merged, also on one of somebody's fork. Returns the branch that has it.
 */
export async function demandReachable(
  git: GitPort,
  { tag, commit }: Pick<Tagged, 'tag' | 'commit'>,
  branches: readonly string[],
): Promise<string> {
  let known = 0
  for (const branch of branches) {
    const tip = await git.resolve(branch).catch(() => undefined)
    if (tip === undefined) continue
    known++
    const missing = await git.log({ from: tip, to: commit, limit: 1 })
    if (missing.length === 0) return branch
  }
  const why =
    known === 0
      ? `none of the branches ${branches.join(', ')} is here`
      : `its commit is on none of ${branches.join(', ')}`
  throw refused(tag, why)
}

/** The one release tag of the commit that is checked out in `folder`. Throws `CLI_USAGE`. */
export async function tagHere(folder: string): Promise<string> {
  const git = await openGit(folder)
  try {
    const commit = await git.resolve('HEAD')
    const here = (await git.tags()).filter(
      (one) => one.commit === commit && parseTag(one.name) !== undefined,
    )
    const [only, other] = here
    if (only !== undefined && other === undefined) return only.name
    const why =
      only === undefined
        ? 'The commit that is checked out has no tag such as name@1.2.0 or v1.2.0.'
        : `The commit that is checked out has ${here.map((one) => one.name).join(', ')}.`
    throw new IonError('CLI_USAGE', `${why} Name the tag: ionflux publish TAG.`)
  } finally {
    await git.close()
  }
}

/** A tag that releases nothing, and why. */
export function refused(tag: string, why: string): IonError {
  return new IonError('REG_TAG_REFUSED', `"${tag}" is not released: ${why}.`, {
    data: { tag, why },
  })
}
