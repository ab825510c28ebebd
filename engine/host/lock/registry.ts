/**
 * Packages by their names: which registry a namespace has, what it says of a release, and the
 * bytes of one, held to what the log says.
 *
 * A namespace has one registry. What that does not have is looked for nowhere else, so nobody
 * can put a package of the same name in its place.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { compatibleRange, parseReference } from '#engine/dsl/reference.ts'
import type { Package } from '#engine/host/package/package.ts'
import { readPackage } from '#engine/host/package/package.ts'
import { registryOf } from '#engine/host/registry/choose.ts'
import { type OpenedRegistry, openIndex } from '#engine/host/registry/open.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import type { LockedLog, LockedPackage } from '#engine/plan/lock/lock.ts'
import type { PublishEvent } from '#registry/event.ts'
import { demandLatest, resolveRelease } from '#registry/lookup.ts'
import type { Registry } from '#registry/open.ts'
import type { EntryView, ReleaseView } from '#registry/view/view.ts'

import { fetchPackage } from './fetch-package.ts'
import { findPackage, keepPackage } from './package-files.ts'
import { demandSignatory } from './signatory.ts'

/** Opens the registry of `name` as the repository at `root` names it. Throws `CLI_USAGE`. */
export async function openRegistryOf(root: string, name: string): Promise<OpenedRegistry> {
  const { registries = {} } = demandMarker(openWorkingTree(root))
  return await openIndex(
    registryOf({ registries, from: root, hasOption: false }, name.split('/', 1)[0] ?? ''),
  )
}

export interface ResolvedRelease {
  readonly body: PublishEvent
  readonly entry: EntryView
  readonly release: ReleaseView
  readonly log: LockedLog
}

/** The release that `range` means now. */
export async function resolveIn(
  registry: Registry,
  { name, range }: { readonly name: string; readonly range?: string | undefined },
): Promise<ResolvedRelease> {
  const { entry, release } = await resolveRelease(registry, { name, range })
  const { body } = release.event
  if (body.event !== 'publish') throw new Error('a release is a publish event')
  const { origin, size, root } = registry.known
  // Who names no range wants this one and what is compatible with it, not whatever comes.
  const log = {
    asked: range ?? compatibleRange(body.version),
    origin,
    size,
    root,
    leaf: release.leaf,
  }
  return { body, entry, release, log }
}

/** The name and the range in `acme/csv@^1`; undefined for what is none. */
export function namedIn(
  text: string,
): { readonly name: string; readonly range?: string } | undefined {
  const reference = parseReference(text)
  return reference === undefined || reference.name.split('/').length !== 2 ? undefined : reference
}

export interface FoundRelease extends ResolvedRelease {
  readonly package: Package
  /** The highest release of all, also where the range keeps it out. */
  readonly latest: PublishEvent | undefined
}

/** The newest release that `wanted` allows, with its bytes. */
export async function findRelease(
  root: string,
  wanted: { readonly name: string; readonly range?: string | undefined },
): Promise<FoundRelease> {
  await using opened = await openRegistryOf(root, wanted.name)
  const { registry } = opened
  const resolved = await resolveIn(registry, wanted)
  const { releases, head } = resolved.entry
  await demandSignatory(registry, { root, body: resolved.body, owner: head.owner })
  const latest = await demandLatest(registry, { name: wanted.name, releases })
  return { ...resolved, latest, package: await packageOf(resolved.body) }
}

/**
 * The package of a release: of this machine, or from its source, and then it must be what the
 * log names. Throws `LOCK_SOURCE_REFUSED`.
 */
export async function packageOf({ name, version, digest, source }: PublishEvent): Promise<Package> {
  const here = findPackage(digest as Digest)
  const { url, path, commit } = source
  const one =
    here === undefined
      ? (await fetchPackage({ url, path, ref: commit })).package
      : readPackage(here, name)
  if (one.digest !== digest || one.name !== name || one.version !== version) {
    throw new IonError(
      'LOCK_SOURCE_REFUSED',
      `"${name}@${version}" is not what the registry names: it is "${one.name}@${one.version}", ${one.digest}.`,
      { data: { package: name, digest: one.digest } },
    )
  }
  if (here === undefined) keepPackage(one.files)
  return one
}

/** Where a release of a registry comes from, as a lock holds it. */
export function lockedSourceOf({ body, log }: ResolvedRelease): LockedPackage['source'] {
  const { url, path, commit, tag } = body.source
  return { kind: 'git', url, path, ref: tag, commit, date: body.at.slice(0, 10), log }
}
