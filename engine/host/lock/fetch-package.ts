/**
 * Gets a package from a Git repository: one commit, one folder, its manifest and its sources.
 */
import { IonError } from '#engine/core/error.ts'
import { checkManifest } from '#engine/dsl/check.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { fetchCommit } from '#engine/mirror/fetch.ts'
import type { GitPort } from '#engine/mirror/port.ts'
import type { GitSource } from '#engine/plan/lock/source.ts'

import { checkFiles, filesOf, type PackageFiles } from './package-files.ts'

export interface FetchedPackage {
  readonly manifest: Manifest
  readonly files: PackageFiles
  readonly commit: string
  /** The day of the commit: `2026-01-02`. */
  readonly date: string | undefined
}

/**
 * Fetches the package at `source`. Throws `MIRROR_FETCH_FAILED` when it cannot be reached, and
 * `LOCK_SOURCE_REFUSED` for what is no package.
 */
export async function fetchPackage({ url, path, ref }: GitSource): Promise<FetchedPackage> {
  await using fetched = await fetchCommit(url, ref)
  const { git, commit } = fetched
  const files = await readFolder(git, commit, path)
  const where = path === '' ? url : `${url}//${path}`
  const text = filesOf(files, where).readText('plugin.yaml')
  if (text === undefined) throw refused(where, 'there is no plugin.yaml')
  const { manifest, problems } = checkManifest(parseDocument({ file: 'plugin.yaml', text }))
  if (manifest === undefined) throw refused(where, problems[0]?.message ?? 'its manifest is wrong')
  const [made] = await git.log({ to: commit, limit: 1 })
  return { manifest, files, commit, date: made?.committer.date?.slice(0, 10) }
}

/** Kept: what code may import, the manifest, and what people read. */
const kept = /(?:\.(?:ts|js|mjs|json|wasm|ya?ml|md)|(?:^|\/)LICENSE[^/]*)$/

async function readFolder(git: GitPort, at: string, path: string): Promise<PackageFiles> {
  const entries = await git.tree(path === '' ? { at } : { at, path })
  const prefix = path === '' ? '' : `${path}/`
  const odd = entries.find(({ type }) => type !== 'file')
  if (odd !== undefined) throw refused(path, `"${odd.path}" is a ${odd.type}`)
  const wanted = entries.filter((entry) => kept.test(entry.path))
  const blobs = await git.readMany(wanted.map(({ oid }) => ({ oid })))
  const files = new Map<string, Uint8Array>()
  for (const [index, entry] of wanted.entries()) {
    const blob = blobs[index]
    if (blob === undefined || blob instanceof IonError)
      throw refused(path, `"${entry.path}" cannot be read`)
    files.set(entry.path.slice(prefix.length), blob.bytes)
  }
  checkFiles(files)
  return files
}

function refused(where: string, why: string): IonError {
  return new IonError(
    'LOCK_SOURCE_REFUSED',
    `"${where}" is not taken as a package: ${why.replace(/\.$/, '')}.`,
    {
      data: { source: where },
    },
  )
}
