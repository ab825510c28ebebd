/**
 * What a merge of upstream into a folder of this repository would change: the merged files, the
 * conflicts, the plan of it all, and what nobody may take in without looking.
 *
 * Nothing is written here. The base is the bytes of the recorded digest, so nothing of upstream
 * is run or rendered to merge it.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { compareFiles } from '#engine/host/activate/compare-files.ts'
import { filesOf, type PackageFiles } from '#engine/host/lock/package-files.ts'
import { filesIn } from '#engine/host/package/folder.ts'
import { contractOf, type Package, readPackage } from '#engine/host/package/package.ts'
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { contractChanges } from '#engine/plan/release/contract.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

import { type Lineage, lineageFile, printLineage, readLineage } from './lineage.ts'
import { type FileConflict, mergeFiles } from './merge-files.ts'
import { type FileChanges, overlay } from './overlay.ts'
import { changesAt, filledFiles, forkedFiles, inputsFor } from './place.ts'
import { findReference, findTaken } from './reference.ts'

export interface Sync {
  readonly before: Lineage
  readonly after: Lineage
  /** By path from the root of the repository; the lineage among them. */
  readonly changes: FileChanges
  readonly conflicts: readonly FileConflict[]
  /** What it does to the flows of the repository. */
  readonly plan: RepositoryChange
  /** Powers that grow, safeguards that go, and triggers that are new, one sentence each. */
  readonly held: readonly string[]
}

export interface SyncWish {
  readonly root: string
  /** The folder with the lineage, from the root. */
  readonly place: string
  /** Where to look instead of where it came from. */
  readonly to?: string | undefined
  /** Inputs of a blueprint that are other than before. */
  readonly inputs?: JsonObject
  readonly cache?: BundleCache
}

/** The lineage of the folder at `place`. Throws `CLI_USAGE` where there is none. */
export function lineageOf(root: string, place: string): Lineage {
  const path = `${place}/${lineageFile}`
  const text = openWorkingTree(root).readText(path)
  if (text !== undefined) return readLineage(text, path)
  const message = `There is no ${lineageFile} in "${place}": it was neither forked nor made from a blueprint.`
  throw new IonError('CLI_USAGE', message)
}

/** The merge of what upstream is now; undefined when it is what was taken. */
export async function planSync(wish: SyncWish): Promise<Sync | undefined> {
  const { root, place, to, inputs: given = {} } = wish
  const before = lineageOf(root, place)
  const found = await findReference(to ?? before.from, root)
  if (found.package.name !== before.name) {
    const message = `"${found.from}" is "${found.package.name}", and these files are from "${before.name}".`
    throw new IonError('CLI_USAGE', message)
  }
  const { package: fresh, commit, from } = found
  if (fresh.digest === before.digest && Object.keys(given).length === 0) return undefined
  const taken = await findTaken(before, root)
  const inputs = before.inputs === undefined ? undefined : { ...before.inputs, ...given }
  const ours = ownFiles(root, place)
  const merged = await mergeFiles({
    base: await filesFor(taken, before.inputs),
    ours,
    theirs: await filesFor(fresh, inputs),
  })
  const after: Lineage = {
    name: before.name,
    version: fresh.version,
    digest: fresh.digest,
    from,
    ...(commit === undefined ? {} : { commit }),
    ...(inputs === undefined ? {} : { inputs }),
  }
  const lineage = new TextEncoder().encode(printLineage(after))
  const changes = changesAt(place, new Map([...merged.changes, [lineageFile, lineage]]))
  const plan = await planOf(root, { changes, from: before, to: after, cache: wish.cache })
  const held = [...heldFindings(plan), ...grownPowers(ours, merged.changes)]
  return { before, after, changes, conflicts: merged.conflicts, plan, held }
}

/** What is in the folder now, without the lineage. */
export function ownFiles(root: string, place: string): PackageFiles {
  const folder = join(root, place)
  if (!existsSync(folder)) throw new IonError('CLI_USAGE', `There is no folder "${place}".`)
  return new Map([...filesIn(folder)].filter(([path]) => path !== lineageFile))
}

/** The files that one gets of a package: all of a fork, or those of a blueprint filled in. */
export async function filesFor(
  one: Package,
  inputs: JsonObject | undefined,
): Promise<PackageFiles> {
  if (inputs === undefined) return forkedFiles(one, one.name)
  if (one.kind === 'plugin') throw new IonError('CLI_USAGE', `"${one.name}" is no blueprint now.`)
  return filledFiles(one, await inputsFor(one, inputs))
}

interface PlanParts {
  readonly changes: FileChanges
  readonly from: Lineage
  readonly to: Lineage
  readonly cache: BundleCache | undefined
}

async function planOf(
  root: string,
  { changes, from, to, cache }: PlanParts,
): Promise<RepositoryChange> {
  const now = openWorkingTree(root)
  const then = overlay(now, changes)
  const options = cache === undefined ? {} : { cache }
  const { change } = await compareFiles({ before: now, after: then, ...options })
  return {
    change,
    base: { name: `${from.name}@${from.version}` },
    head: { name: `${to.name}@${to.version}` },
    conflicts: [],
    readText: (file) => then.readText(file) ?? now.readText(file),
  }
}

/** Findings that somebody must look at, whatever severity a policy gives them. */
const heldCodes: ReadonlySet<string> = new Set([
  'PLAN_HOST_ADDED',
  'PLAN_SECRET_ADDED',
  'PLAN_SECRET_REACH',
  'PLAN_POWER_ADDED',
  'PLAN_EFFECT_ADDED',
  'PLAN_TRIGGER_ADDED',
  'PLAN_SAFEGUARD_REMOVED',
  'PLAN_SAFEGUARD_WEAKENED',
])

function heldFindings({ change }: RepositoryChange): readonly string[] {
  return change.findings
    .filter(({ code }) => heldCodes.has(code))
    .map(({ flow, message }) => `${flow}: ${message}`)
}

/** Powers that the package itself would newly ask for. */
function grownPowers(ours: PackageFiles, changes: FileChanges): readonly string[] {
  const merged = new Map(ours)
  for (const [path, bytes] of changes)
    if (bytes === null) merged.delete(path)
    else merged.set(path, bytes)
  const [was, is] = [packageIn(ours), packageIn(merged)]
  if (was === undefined || is === undefined) return []
  return contractChanges(contractOf(was), contractOf(is))
    .filter(({ isPower }) => isPower)
    .map(({ message }) => `${is.name}: ${message}`)
}

function packageIn(files: PackageFiles): Package | undefined {
  const reader = filesOf(files, '')
  if (reader.find(['plugin.yaml', 'blueprint.yaml']).length !== 1) return undefined
  try {
    return readPackage(files, '')
  } catch (thrown) {
    if (thrown instanceof IonError) return undefined
    throw thrown
  }
}
