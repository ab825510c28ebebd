/**
 * The packages that a blueprint needs beside ionflux, as its commit has them: those that its lock
 * names, and plugins of the same repository. A release names them exactly, and is built, checked
 * and tested with them.
 */
import { IonError } from '#engine/core/error.ts'
import { isInRange } from '#engine/dsl/reference.ts'
import { fetchMissing } from '#engine/host/lock/change-lock.ts'
import { lockedOf } from '#engine/host/lock/make-lock.ts'
import { keepPackage } from '#engine/host/lock/package-files.ts'
import { filesAt } from '#engine/host/package/folder.ts'
import { packagesNeeded } from '#engine/host/package/needed.ts'
import { type PluginPackage, readPackage } from '#engine/host/package/package.ts'
import type { GitPort } from '#engine/mirror/port.ts'
import { keyOf, type Lock, type LockedPackage, lockFile, readLock } from '#engine/plan/lock/lock.ts'
import { allReleases, findEntry } from '#registry/lookup.ts'
import type { Registry } from '#registry/open.ts'

import { foldersOf, type Tagged } from './tag.ts'

export interface Requires {
  /** `acme/csv@1.2.0`, sorted. */
  readonly keys: readonly string[]
  /** A lock that has them and no more; their bytes are on this machine. */
  readonly lock: Lock
}

/** Needs that nothing in the commit meets are left to the check, which names the place. */
export async function requiresOf(
  git: GitPort,
  { commit, package: one }: Tagged,
  { url, registry }: { readonly url: string; readonly registry?: Registry | undefined },
): Promise<Requires> {
  const needed = one.kind === 'plugin' ? [] : [...packagesNeeded(one)]
  if (needed.length === 0) return { keys: [], lock: { packages: [], flows: [] } }
  const locked = (await lockAt(git, commit))?.packages ?? []
  const folders = await foldersOf(git, commit)
  const packages: LockedPackage[] = []
  for (const [name, range] of needed) {
    const known = locked.find((each) => each.name === name && each.source.kind === 'git')
    const folder = folders.find((each) => each.name === name)
    if (folder === undefined) {
      if (known !== undefined) packages.push(known)
      continue
    }
    const own = readPackage(await filesAt(git, commit, folder.path), `${name} at ${commit}`)
    if (own.kind !== 'plugin' || !isInRange(own.version, range)) continue
    if (registry !== undefined) await demandPublished(registry, one.name, own)
    // As if it had been fetched from there.
    const source = { kind: 'git', url, commit, path: folder.path } as const
    const { digest } = own
    keepPackage(own.files)
    packages.push(lockedOf(own.manifest, { source, exec: digest, digest }))
  }
  const lock = { packages, flows: [] }
  await fetchMissing(lock)
  return { keys: packages.map(keyOf).toSorted(), lock }
}

async function lockAt(git: GitPort, commit: string): Promise<Lock | undefined> {
  const entries = await git.tree({ at: commit })
  const entry = entries.find(({ path, type }) => path === lockFile && type === 'file')
  if (entry === undefined) return undefined
  const { bytes } = await git.read({ oid: entry.oid })
  const read = readLock(Buffer.from(bytes).toString('utf8'))
  return read.ok ? read.lock : undefined
}

/** Whoever uses the blueprint takes it by name, so it has to be there with these bytes. */
async function demandPublished(
  registry: Registry,
  blueprint: string,
  { name, version, digest }: PluginPackage,
): Promise<void> {
  const entry = await findEntry(registry, name)
  const releases = entry === undefined ? [] : await allReleases(registry, entry)
  const found = releases.find((one) => one.version === version)?.event.body
  if (found?.event === 'publish' && found.digest === digest) return
  const why = found === undefined ? 'not published' : 'published with other bytes'
  throw new IonError(
    'REG_RELEASE_REFUSED',
    `"${blueprint}" needs "${name}@${version}", which is ${why}. Publish that first.`,
    { data: { name: blueprint, needs: `${name}@${version}` } },
  )
}
