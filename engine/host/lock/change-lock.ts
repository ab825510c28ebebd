/**
 * What people do with a lock: write it, hold it to the files, add a package, take newer ones.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { openWorkingTree, type Files } from '#engine/host/repository/files.ts'
import { grownPowers } from '#engine/plan/change/powers.ts'
import {
  type Lock,
  type LockedPackage,
  lockFile,
  printLock,
  readLock,
} from '#engine/plan/lock/lock.ts'
import { type GitSource, parseSource } from '#engine/plan/lock/source.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'
import { pluginSources } from '#engine/host/repository/catalog.ts'

import { fetchPackage } from './fetch-package.ts'
import { lockedOf, makeLock } from './make-lock.ts'
import { filesOf, findPackage, keepPackage } from './package-files.ts'

/** The lock in `files`, or what is wrong with it; neither where there is none. */
export function lockIn(files: Files): { readonly lock?: Lock; readonly problem?: Problem } {
  const text = files.readText(lockFile)
  if (text === undefined) return {}
  const read = readLock(text)
  return read.ok ? { lock: read.lock } : { problem: read.problem }
}

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
}

/** Gets what `text` names and says what it would bring. Throws `CLI_USAGE` for no source. */
export async function offerPackage(text: string, before: Lock | undefined): Promise<Offer> {
  const source = parseSource(text)
  if (source === undefined) {
    throw new IonError(
      'CLI_USAGE',
      `"${text}" names no package; write git+https://HOST/OWNER/REPO//path/of/plugin@TAG.`,
    )
  }
  return await offerOf(source, before)
}

/** What the newest commit of the source of `locked` would bring. */
export async function offerUpdate(locked: LockedPackage, before: Lock): Promise<Offer> {
  if (locked.source.kind !== 'git') throw new Error('only what was fetched is updated')
  const { url, path, ref } = locked.source
  return await offerOf({ url, path, ...(ref === undefined ? {} : { ref }) }, before)
}

async function offerOf(source: GitSource, before: Lock | undefined): Promise<Offer> {
  const { package: fetched, commit, date } = await fetchPackage(source)
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
  const locked = lockedOf(manifest, {
    source: { kind: 'git', ...source, commit, ...(date === undefined ? {} : { date }) },
    digest: keepPackage(files),
    exec: built.digest,
  })
  const known = before?.packages.find((one) => one.name === name)
  // Consent was given to a source: the same name from elsewhere asks anew.
  const from = known?.source
  const isSameSource = from?.kind === 'git' && from.url === source.url && from.path === source.path
  const grown = grownPowers(isSameSource ? (known?.powers ?? {}) : {}, locked.powers)
  return { package: locked, manifest, grown, ...(known === undefined ? {} : { before: known }) }
}

/** `lock` with the package of an offer in place of the one of the same name. */
export function withPackage(lock: Lock | undefined, { package: locked }: Offer): Lock {
  const { packages = [], flows = [] } = lock ?? {}
  return { packages: [...packages.filter(({ name }) => name !== locked.name), locked], flows }
}
