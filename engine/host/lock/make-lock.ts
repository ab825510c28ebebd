/**
 * Makes the lock of a repository from its files: every flow, every package it reaches, by
 * digest. What comes from other repositories is taken from the lock before, whose commits stay
 * until they are updated.
 */
import { posix } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { assert } from '#engine/core/error.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import { isObject } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import { nameOf } from '#engine/dsl/reference.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { pluginSources, type Catalog, type FoundPlugin } from '#engine/host/repository/catalog.ts'
import { readMarker } from '#engine/host/repository/config.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { openLoader, settled } from '#engine/host/repository/load.ts'
import { needsOf } from '#engine/host/repository/needs.ts'
import { splitAction } from '#engine/host/repository/world.ts'
import { bypassProblems } from '#engine/plan/lock/bound.ts'
import {
  keyOf,
  type Lock,
  type LockedFlow,
  type LockedPackage,
  type LockedSource,
} from '#engine/plan/lock/lock.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'
import type { Flow } from '#engine/dsl/flow.ts'

import { digestOfFiles, type PackageFiles } from './package-files.ts'

export interface MadeLock {
  /** Absent when a flow or a package has errors. */
  readonly lock?: Lock
  readonly problems: readonly Problem[]
}

/** Makes the lock of `files`; `before` says which commits of other repositories are meant. */
export async function makeLock(
  files: Files,
  { before, cache }: { readonly before: Lock | undefined; readonly cache?: BundleCache },
): Promise<MadeLock> {
  return await settled(files, async () => {
    const loader = openLoader(files, cache)
    const { catalog } = loader
    const broken = catalog.broken()
    if (broken.length > 0) return { problems: broken }
    const problems: Problem[] = []
    const flows: LockedFlow[] = []
    const needed = new Set((before?.packages ?? []).flatMap(keptName))
    for (const file of catalog.flowFiles()) {
      const { loaded, problems: found } = await loader.load({ id: '', file, files })
      // What is wrong with several flows at once is told by each of them.
      const fresh = found.filter((one) => !problems.some((known) => isDeepStrictEqual(known, one)))
      problems.push(...fresh.filter(({ severity }) => severity === 'error'))
      if (loaded === undefined) continue
      const { value } = parseDocument({ file, text: files.readText(file) ?? '' })
      const needs = isObject(value) ? needsOf(value as unknown as Flow) : { actions: [], flows: [] }
      const plugins = [...new Set(needs.actions.map((one) => splitAction(nameOf(one)).plugin))]
      for (const name of plugins) needed.add(name)
      flows.push({
        id: loaded.plan.flow,
        exec: loaded.digest,
        packages: keysOf(catalog, plugins),
        flows: [...new Set(needs.flows.map(({ id }) => id))].toSorted(),
      })
    }
    const packages: LockedPackage[] = []
    for (const name of needed) {
      const found = catalog.findPlugin(name)
      if (found === undefined) {
        // Not on this machine: what the lock says does not depend on that.
        packages.push(...(before?.packages ?? []).filter((one) => one.name === name))
        continue
      }
      const locked = await lockPackage(found, { before, root: files.root, cache })
      if ('code' in locked) problems.push(locked)
      else packages.push(locked)
    }
    problems.push(...bypassProblems(packages, readMarker(files).marker.registries ?? {}))
    return hasErrors(problems) ? { problems } : { lock: { packages, flows }, problems }
  })
}

/** What was fetched from elsewhere stays until it is taken out by hand. */
function keptName({ name, source }: LockedPackage): readonly string[] {
  return source.kind === 'git' ? [name] : []
}

function keysOf(catalog: Catalog, plugins: readonly string[]): readonly string[] {
  return plugins
    .flatMap((name) => {
      const version = catalog.findPlugin(name)?.manifest.version
      return version === undefined ? [] : [keyOf({ name, version })]
    })
    .toSorted()
}

interface Around {
  readonly before: Lock | undefined
  readonly root: string
  readonly cache: BundleCache | undefined
}

async function lockPackage(
  found: FoundPlugin,
  { before, root, cache }: Around,
): Promise<LockedPackage | Problem> {
  const { manifest, file, files } = found
  const built = await buildPlugin(manifest, pluginSources(found), cache)
  if (!built.ok) {
    const [problem] = built.problems
    assert(problem !== undefined, 'a build that fails says why')
    return problem
  }
  const known = before?.packages.find(({ name }) => name === manifest.plugin)
  const isElsewhere = files.root !== root && known?.source.kind === 'git'
  const source: LockedSource = isElsewhere
    ? known.source
    : files.root === root
      ? { kind: 'path', path: posix.dirname(file) }
      : { kind: 'ionflux' }
  return lockedOf(manifest, {
    source,
    exec: built.digest,
    digest: isElsewhere ? known.digest : digestOfFiles(bytesOf(found)),
  })
}

/** A package as the lock holds it. */
export function lockedOf(
  manifest: Manifest,
  parts: Pick<LockedPackage, 'source' | 'exec' | 'digest'>,
): LockedPackage {
  return {
    name: manifest.plugin,
    version: manifest.version,
    ...parts,
    powers: permissionsIn(manifest.capabilities),
  }
}

function bytesOf(found: FoundPlugin): PackageFiles {
  const { file, files } = found
  const encoder = new TextEncoder()
  const all = new Map<string, Uint8Array>([
    ['plugin.yaml', encoder.encode(files.readText(file) ?? '')],
  ])
  for (const [path, content] of pluginSources(found))
    all.set(path, typeof content === 'string' ? encoder.encode(content) : content)
  return all
}
