/**
 * What people do with a lock: write it, hold it to the files, add a package, take newer ones.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { grownPowers } from '#engine/plan/change/powers.ts'
import { boundTo, bypassMessage } from '#engine/plan/lock/bound.ts'
import { type Lock, type LockedPackage, lockFile, printLock } from '#engine/plan/lock/lock.ts'
import { type GitSource, parseSource } from '#engine/plan/lock/source.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'
import { pluginSources } from '#engine/host/repository/catalog.ts'

import type { Package } from '#engine/host/package/package.ts'
import { notesOf } from '#registry/verify.ts'

import { fetchPackage } from './fetch-package.ts'
import { lockIn } from './lock-in.ts'
import { lockedOf, makeLock } from './make-lock.ts'
import { type NewerRelease, newerThan } from './newer.ts'
import { filesOf, findPackage, keepPackage } from './package-files.ts'
import { findRelease, lockedSourceOf, namedIn } from './registry.ts'

export interface LockState {
  /** The text that the lock must have. Absent when the files have errors. */
  readonly text?: string
  /** Whether the lock in the repository is that text. */
  readonly isCurrent: boolean
  readonly lock?: Lock
  readonly problems: readonly Problem[]
}

/** The lock that the files on the disk ask for, beside the one that is there. */
export async function lockState(
  root: string,
  { cache, isPruned = false }: { readonly cache?: BundleCache; readonly isPruned?: boolean },
): Promise<LockState> {
  const files = openWorkingTree(root)
  const { lock: before } = lockIn(files)
  const options = cache === undefined ? {} : { cache }
  const made = await makeLock(files, { before, ...options })
  const { lock, problems } = made
  if (lock === undefined) return { isCurrent: false, problems }
  const kept = isPruned ? pruned(lock) : lock
  const text = printLock(kept)
  return { text, isCurrent: files.readText(lockFile) === text, lock: kept, problems }
}

function pruned({ packages, flows }: Lock): Lock {
  const needed = new Set(flows.flatMap((flow) => flow.packages))
  return { packages: packages.filter((one) => needed.has(`${one.name}@${one.version}`)), flows }
}

/** Writes the lock whole or not at all. */
export function writeLock(root: string, text: string): void {
  const fresh = join(root, `${lockFile}.${process.pid}`)
  writeFileSync(fresh, text)
  renameSync(fresh, join(root, lockFile))
}

/** Gets every package of the lock that is not here. Returns those that it got. */
export async function fetchMissing({ packages }: Lock): Promise<readonly LockedPackage[]> {
  const got: LockedPackage[] = []
  for (const locked of packages) {
    const { source } = locked
    if (source.kind !== 'git' || findPackage(locked.digest) !== undefined) continue
    const { package: found } = await fetchPackage({ ...source, ref: source.commit })
    const digest = keepPackage(found.files)
    if (digest !== locked.digest) {
      throw new IonError(
        'LOCK_SOURCE_REFUSED',
        `"${locked.name}" at ${source.commit} is not what the lock names: its digest is ${digest}.`,
        { data: { package: locked.name, digest } },
      )
    }
    got.push(locked)
  }
  return got
}

/** A package that could be added, and what the lock had of it. */
export interface Offer {
  readonly package: LockedPackage
  readonly manifest: Manifest
  readonly before?: LockedPackage
  /** Powers that were not consented to: `net:api.example.com`. */
  readonly grown: readonly string[]
  /** When a registry took it: RFC 3339. */
  readonly at?: string
  /** What a registry says that whoever uses it should know. */
  readonly notes?: readonly string[]
  /** What the registry has that is higher still, which the range keeps out. */
  readonly beyond?: NewerRelease
}

/**
 * Gets what `text` names and says what it would bring: a source in Git, or a name of a registry
 * with its range. Throws `CLI_USAGE` for neither.
 */
export async function offerPackage(
  text: string,
  { root, before }: { readonly root: string; readonly before: Lock | undefined },
): Promise<Offer> {
  const source = parseSource(text)
  if (source !== undefined) return await offerSource(source, { root, before })
  const named = namedIn(text)
  if (named !== undefined) return await offerRelease(named, { root, before })
  throw new IonError(
    'CLI_USAGE',
    `"${text}" names no package; write namespace/name@^1 for one of a registry, or git+https://HOST/OWNER/REPO//path/of/plugin@TAG.`,
  )
}

/** What is newest of what `locked` was asked by. */
export async function offerUpdate(
  locked: LockedPackage,
  { root, before }: { readonly root: string; readonly before: Lock },
): Promise<Offer> {
  if (locked.source.kind !== 'git') throw new Error('only what was fetched is updated')
  const { url, path, ref, log } = locked.source
  if (log !== undefined)
    return await offerRelease({ name: locked.name, range: log.asked }, { root, before })
  return await offerSource({ url, path, ...(ref === undefined ? {} : { ref }) }, { root, before })
}

async function offerSource(
  source: GitSource,
  { root, before }: { readonly root: string; readonly before: Lock | undefined },
): Promise<Offer> {
  const { package: one, commit, date } = await fetchPackage(source)
  if (one.name.startsWith('std/')) {
    const message = `"${one.name}" belongs to ionflux, and comes with it or from its registry.`
    throw new IonError('LOCK_SOURCE_REFUSED', message, { data: { package: one.name } })
  }
  const { registries = {} } = demandMarker(openWorkingTree(root))
  if (boundTo(one.name, registries) !== undefined) {
    const message = `${bypassMessage(one.name, registries)} Write: ionflux add ${one.name}.`
    throw new IonError('LOCK_REGISTRY_BYPASSED', message, { data: { package: one.name } })
  }
  const locked = {
    kind: 'git' as const,
    ...source,
    commit,
    ...(date === undefined ? {} : { date }),
  }
  return await offerOf(one, { source: locked, before })
}

async function offerRelease(
  wanted: { readonly name: string; readonly range?: string },
  { root, before }: { readonly root: string; readonly before: Lock | undefined },
): Promise<Offer> {
  const found = await findRelease(root, wanted)
  const { release, entry } = found
  const offer = await offerOf(found.package, { source: lockedSourceOf(found), before })
  const beyond = newerThan(offer.package, found.latest)
  const notes = notesOf(entry.head, release)
  return { ...offer, at: found.body.at, notes, ...(beyond === undefined ? {} : { beyond }) }
}

async function offerOf(
  fetched: Package,
  {
    source,
    before,
  }: { readonly source: LockedPackage['source']; readonly before: Lock | undefined },
): Promise<Offer> {
  const { name, files } = fetched
  if (fetched.kind !== 'plugin') {
    throw new IonError(
      'LOCK_SOURCE_REFUSED',
      `"${name}" is a blueprint, whose files become yours: \`ionflux use\` or \`ionflux fork\` take it.`,
    )
  }
  const { manifest } = fetched
  const found = { manifest, file: 'plugin.yaml', files: filesOf(files, name) }
  const built = await buildPlugin(manifest, pluginSources(found))
  if (!built.ok) {
    throw new IonError(
      'LOCK_SOURCE_REFUSED',
      `"${name}" cannot be built: ${built.problems[0]?.message ?? ''}`,
    )
  }
  const locked = lockedOf(manifest, { source, digest: keepPackage(files), exec: built.digest })
  const known = before?.packages.find((one) => one.name === name)
  const grown = grownPowers(isSameSource(known, source) ? (known?.powers ?? {}) : {}, locked.powers)
  return { package: locked, manifest, grown, ...(known === undefined ? {} : { before: known }) }
}

/** Consent was given to a source: the same name from elsewhere asks anew. */
function isSameSource(known: LockedPackage | undefined, source: LockedPackage['source']): boolean {
  const from = known?.source
  if (from?.kind !== 'git' || source.kind !== 'git') return false
  if (from.log !== undefined || source.log !== undefined)
    return from.log?.origin === source.log?.origin
  return from.url === source.url && from.path === source.path
}

/** `lock` with the package of an offer in place of the one of the same name. */
export function withPackage(lock: Lock | undefined, { package: locked }: Offer): Lock {
  const { packages = [], flows = [] } = lock ?? {}
  return { packages: [...packages.filter(({ name }) => name !== locked.name), locked], flows }
}
