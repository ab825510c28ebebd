/**
 * The plugins and flows that can be named: those of the repository, then those that come
 * with ionflux.
 *
 * Everything is found when it is asked for, so that a run of one flow does not read a
 * thousand others. The namespace `std` belongs to ionflux; for all other names the
 * repository wins.
 */
import { limits } from '#engine/core/limits.ts'
import { posix } from 'node:path'

import type { Problem } from '#engine/core/problem.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { checkManifest } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'

import { readMarker, type Marker } from './config.ts'
import { openWorkingTree, type Files } from './files.ts'
import { installation } from '#engine/host/installation.ts'
import { namedFiles, type NamedFiles } from '#engine/host/shelf/names.ts'
import { filesOf, findPackage } from '#engine/host/lock/package-files.ts'
import { bypassProblems } from '#engine/plan/lock/bound.ts'
import {
  keyOf,
  type Lock,
  lockFile,
  type LockedPackage,
  type LockedSource,
  readLock,
} from '#engine/plan/lock/lock.ts'

/** A plugin that was found: its manifest and where its files are. */
export interface FoundPlugin {
  readonly manifest: Manifest
  /** Path of `plugin.yaml` from the root of `files`. */
  readonly file: string
  readonly files: Files
}

export interface FoundFlow {
  readonly id: string
  readonly file: string
  readonly files: Files
}

/** One place with plugins and flows. */
interface Shelf {
  readonly files: Files
  readonly flows: NamedFiles
  readonly plugins: NamedFiles
}

export interface Catalog {
  /** By `namespace/name`. */
  findPlugin(name: string): FoundPlugin | undefined
  /** Packages of the lock that were asked for and are not on this machine. */
  absent(): readonly LockedPackage[]
  /** Packages that were asked for and are locked beside the registry of their namespace. */
  barred(): readonly Problem[]
  /** Errors of `ionflux.yaml`: until they are mended nothing is run, tested or locked. */
  broken(): readonly Problem[]
  /** The lock of the repository; undefined without one, or with one that cannot be trusted. */
  readonly lock: Lock | undefined
  /** By id; the first file in order of path where several have it. */
  findFlow(id: string): FoundFlow | undefined
  /** Every file of the repository whose flow has this id. */
  filesOfFlow(id: string): readonly string[]
  /** Every manifest of the repository with this name, in the order of their paths. */
  filesOfPlugin(name: string): readonly string[]
  /** Files of the repository whose flow has the id of another one too. */
  twins(): readonly string[]
  pluginNames(): readonly string[]
  flowIds(): readonly string[]
  /** Every flow file of the repository, also those without a readable id. */
  flowFiles(): readonly string[]
  pluginFiles(): readonly string[]
}

/** The catalog of `files`; `undefined` means there is no repository but what ionflux brings. */
export function openCatalog(files: Files): Catalog {
  const { marker, problems } = readMarker(files)
  const own = shelfOf(files, marker)
  const builtIn = builtInShelf()
  const shelves = files.root === installation().root ? [own] : [own, builtIn]
  const known = new Map<string, FoundPlugin | undefined>()
  const findPlugin = (name: string): FoundPlugin | undefined => {
    if (!known.has(name)) {
      const isStd = name.startsWith('std/')
      // A release of ours that a lock names stays, whatever version of ionflux runs it.
      const isLocked = isStd && lockedAt(name)?.log !== undefined
      const found = isLocked
        ? undefined
        : first([isStd ? builtIn : own], (one) => pluginOn(one, name))
      known.set(name, found ?? (isStd && !isLocked ? undefined : fromLock(name)))
    }
    return known.get(name)
  }
  const lock = lockOf(files)
  const absent = new Map<string, LockedPackage>()
  const barred = new Map<string, readonly Problem[]>()
  const lockedAt = (name: string): Extract<LockedSource, { kind: 'git' }> | undefined => {
    const source = lock?.packages.find((one) => one.name === name)?.source
    return source?.kind === 'git' ? source : undefined
  }
  const fromLock = (name: string): FoundPlugin | undefined => {
    const locked = lock?.packages.find((one) => one.name === name && one.source.kind === 'git')
    const bypass = locked === undefined ? [] : bypassProblems([locked], marker.registries ?? {})
    if (bypass.length > 0) {
      barred.set(name, bypass)
      return undefined
    }
    const bytes = locked === undefined ? undefined : findPackage(locked.digest)
    if (locked !== undefined && bytes === undefined) absent.set(name, locked)
    if (locked === undefined || bytes === undefined) return undefined
    return readManifest(filesOf(bytes, `${keyOf(locked)}:`), 'plugin.yaml')
  }
  return {
    findPlugin,
    absent: () => [...absent.values()],
    barred: () => [...barred.values()].flat(),
    broken: () => problems.filter(({ severity }) => severity === 'error'),
    lock,
    findFlow: (id) =>
      first(shelves, (shelf) => {
        const file = shelf.flows.filesOf(id)[0]
        return file === undefined ? undefined : { id, file, files: shelf.files }
      }),
    filesOfFlow: own.flows.filesOf,
    filesOfPlugin: (name) => manifestsOn(own, name),
    twins: () => [...own.flows.all().values()].filter((same) => same.length > 1).flat(),
    pluginNames: () => [
      ...new Set([builtIn, own].flatMap(({ plugins }) => [...plugins.all().keys()])),
    ],
    flowIds: () => [...new Set(shelves.flatMap(({ flows }) => [...flows.all().keys()]))],
    flowFiles: () => files.find(marker.flows),
    pluginFiles: () => files.find(marker.plugins),
  }
}

function lockOf(files: Files): Lock | undefined {
  const text = files.readText(lockFile)
  const read = text === undefined ? undefined : readLock(text)
  return read?.ok === true ? read.lock : undefined
}

let builtIn: Shelf | undefined

function builtInShelf(): Shelf {
  builtIn ??= shelfOf(openWorkingTree(installation().root), {
    flows: ['flows/*.flow.yaml'],
    plugins: ['plugins/*/*/plugin.yaml'],
  })
  return builtIn
}

function shelfOf(files: Files, { flows, plugins }: Marker): Shelf {
  return {
    files,
    flows: namedFiles(files, { globs: flows, key: 'id' }),
    plugins: namedFiles(files, { globs: plugins, key: 'plugin' }),
  }
}

function first<T>(shelves: readonly Shelf[], find: (shelf: Shelf) => T | undefined): T | undefined {
  for (const shelf of shelves) {
    const found = find(shelf)
    if (found !== undefined) return found
  }
  return undefined
}

/** The usual place first, then every manifest. */
function pluginOn(shelf: Shelf, name: string): FoundPlugin | undefined {
  const direct = usualOn(shelf, name)
  if (direct !== undefined) return direct
  const [file] = shelf.plugins.filesOf(name)
  return file === undefined ? undefined : readManifest(shelf.files, file)
}

/** Also the one at the usual place that no glob finds. */
function manifestsOn(shelf: Shelf, name: string): readonly string[] {
  const usual = usualOn(shelf, name)?.file
  const found = shelf.plugins.filesOf(name)
  if (usual === undefined || found.includes(usual)) return found
  return [...found, usual].toSorted()
}

function usualOn({ files }: Shelf, name: string): FoundPlugin | undefined {
  const usual = readManifest(files, `plugins/${name}/plugin.yaml`)
  return usual?.manifest.plugin === name ? usual : undefined
}

/** A manifest that can be used; undefined for one that is not there or is broken. */
function readManifest(files: Files, file: string): FoundPlugin | undefined {
  const text = files.readText(file)
  if (text === undefined) return undefined
  const manifest = manifestIn(text, file)
  return manifest === undefined ? undefined : { manifest, file, files }
}

/** Manifests by their text, the latest last: a process that stays reads the same ones all day. */
const manifests = new Map<string, Manifest | undefined>()

function manifestIn(text: string, file: string): Manifest | undefined {
  const isKnown = manifests.has(text)
  const manifest = isKnown
    ? manifests.get(text)
    : checkManifest(parseDocument({ file, text })).manifest
  manifests.delete(text)
  manifests.set(text, manifest)
  const [oldest] = manifests.keys()
  if (manifests.size > limits.manifestsKeptMax && oldest !== undefined) manifests.delete(oldest)
  return manifest
}

/** The files of a plugin's folder by path relative to it: what its code may import, and its module. */
export function pluginSources({
  manifest,
  file,
  files,
}: FoundPlugin): ReadonlyMap<string, string | Uint8Array> {
  const folder = posix.dirname(file)
  const prefix = folder === '.' ? '' : `${folder}/`
  const paths = files.find([
    `${prefix}**/*.ts`,
    `${prefix}**/*.js`,
    `${prefix}**/*.mjs`,
    `${prefix}**/*.json`,
  ])
  const sources = new Map<string, string | Uint8Array>()
  for (const path of paths) {
    const text = files.readText(path)
    if (text !== undefined) sources.set(path.slice(prefix.length), text)
  }
  const entry = manifest.entry.replace(/^(\.\/)+/, '')
  const module = entry.endsWith('.wasm') ? files.readBytes(prefix + entry) : undefined
  if (module !== undefined) sources.set(entry, module)
  return sources
}
