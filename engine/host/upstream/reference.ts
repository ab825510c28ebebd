/**
 * Finds the package that a person or a lineage names: a folder, a source in Git, or a name.
 */
import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { fetchPackage } from '#engine/host/lock/fetch-package.ts'
import { findPackage, keepPackage } from '#engine/host/lock/package-files.ts'
import { findRelease, namedIn } from '#engine/host/lock/registry.ts'
import { filesIn } from '#engine/host/package/folder.ts'
import { readPackage, type Package } from '#engine/host/package/package.ts'
import { parseSource } from '#engine/plan/lock/source.ts'

import type { Lineage } from './lineage.ts'

export interface Found {
  readonly package: Package
  /** As it is asked for again. */
  readonly from: string
  readonly commit?: string
  /** The repository of its source; absent for a folder. */
  readonly url?: string
  /** Where it is in that repository; empty for the root. */
  readonly folder: string
}

/** Folders are relative to `root`. Throws `CLI_USAGE` for what names nothing. */
export async function findReference(text: string, root: string): Promise<Found> {
  const found = await lookUp(text, root)
  keepPackage(found.package.files)
  return found
}

async function lookUp(text: string, root: string): Promise<Found> {
  if (isFolder(text)) {
    const folder = resolve(root, text)
    if (!existsSync(folder)) throw unknown(text)
    return { package: readPackage(filesIn(folder), text), from: text, folder: '' }
  }
  const source = parseSource(text)
  if (source !== undefined) {
    const { package: one, commit } = await fetchPackage(source)
    return { package: one, from: text, commit, url: source.url, folder: source.path }
  }
  const named = namedIn(text)
  if (named === undefined) throw unknown(text)
  const { package: one, body } = await findRelease(root, named)
  const { url, commit, path: folder } = body.source
  return { package: one, from: named.name, commit, url, folder }
}

function isFolder(text: string): boolean {
  return isAbsolute(text) || /^\.{1,2}(?:\/|$)/.test(text)
}

function unknown(text: string): IonError {
  return new IonError(
    'CLI_USAGE',
    `"${text.slice(0, 200)}" names no package. Give a folder (./plugins/acme/csv), a source (git+https://HOST/OWNER/REPO//path@TAG) or a name of a registry (acme/csv@^1).`,
  )
}

/**
 * The package that was taken, byte for byte: from this machine, or from its source once more.
 * Throws `LOCK_PACKAGE_MISSING` when nobody has it any more.
 */
export async function findTaken(
  { name, version, digest, from, commit }: Lineage,
  root: string,
): Promise<Package> {
  const here = findPackage(digest)
  if (here !== undefined) return readPackage(here, name)
  const source = parseSource(from)
  if (source !== undefined && commit !== undefined) {
    const { package: one } = await fetchPackage({ ...source, ref: commit })
    if (keepPackage(one.files) === digest) return one
  }
  if (namedIn(from) !== undefined) {
    const { package: one } = await findRelease(root, { name, range: version })
    if (one.digest === digest) return one
  }
  throw missing(`${name}@${version}`, digest)
}

function missing(what: string, digest: Digest): IonError {
  return new IonError(
    'LOCK_PACKAGE_MISSING',
    `"${what}", which these files were taken from, is not on this machine and its source no longer has it.`,
    { data: { digest } },
  )
}
