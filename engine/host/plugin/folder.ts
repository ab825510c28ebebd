/**
 * A plugin as its author has it: one folder, named by its path, or by its name where the
 * repository or ionflux itself has it.
 *
 * Every path that is shown is relative to where the author stands, so that a terminal or
 * an editor can open it.
 */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { checkManifest } from '#engine/dsl/check.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { isInRange, parseReference } from '#engine/dsl/reference.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openCatalog, pluginSources, type FoundPlugin } from '#engine/host/repository/catalog.ts'
import { openWorkingTree, type Files } from '#engine/host/repository/files.ts'
import { findRoot } from '#engine/host/repository/root.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'
import { buildPlugin, type BuiltUnit } from '#engine/sandbox/unit.ts'

import { typesStateOf, type TypesState } from './types-file.ts'

export interface PluginFolder {
  /** Absolute. */
  readonly path: string
  readonly files: Files
  /** Absent when the manifest has errors. */
  readonly manifest?: Manifest
  /** Of the manifest, with their places. */
  readonly problems: readonly Problem[]
  /** A path in the folder as it is shown to people. */
  shown(path: string): string
}

export interface BuiltFolder {
  /** Absent when there are errors. */
  readonly built?: BuiltUnit
  readonly problems: readonly Problem[]
  readonly types: TypesState
}

const manifestName = 'plugin.yaml'

/**
 * Opens what `target` names: a folder, its `plugin.yaml`, or a plugin by its name, with a
 * range of versions or without (`acme/shout@^1`), also one that the lock has brought.
 */
export function openPlugin(target: string): PluginFolder {
  const folder = folderOf(target)
  if (folder !== undefined) return openFolder(folder)
  const reference = parseReference(target)
  const found = reference === undefined ? undefined : findByName(reference.name)
  if (reference === undefined || found === undefined) throw unknown(target, reference?.name)
  const { version, plugin } = found.manifest
  if (!isInRange(version, reference.range)) {
    const message = `"${plugin}" is here in version ${version}, which "${target}" does not allow.`
    throw new IonError('CLI_USAGE', message, { data: { plugin, version } })
  }
  return openFound(found)
}

/** The plugin of this folder, or else all that the repository around it has from here on. */
export function pluginsHere(): readonly string[] {
  const root = findRoot('.')
  if (root === undefined || folderOf('.') !== undefined) return ['.']
  const here = process.cwd()
  const folders = openCatalog(openWorkingTree(root))
    .pluginFiles()
    .map((file) => dirname(join(root, file)))
    .filter((folder) => !relative(here, folder).startsWith('..'))
  return folders.length === 0 ? ['.'] : folders.map((folder) => shownPath(folder))
}

/** A plugin that has a folder here is that folder; one of the lock is its bytes alone. */
function openFound({ files, file, manifest }: FoundPlugin): PluginFolder {
  const path = join(files.root, dirname(file))
  if (existsSync(path)) return openFolder(path)
  return { path, files, manifest, problems: [], shown: (inside) => `${files.root}${inside}` }
}

function openFolder(path: string): PluginFolder {
  const files = openWorkingTree(path)
  const shown = (inside: string): string => shownPath(join(path, inside))
  const text = files.readText(manifestName) ?? ''
  const { manifest, problems } = checkManifest(parseDocument({ file: shown(manifestName), text }))
  return { path, files, ...(manifest === undefined ? {} : { manifest }), problems, shown }
}

/** Checks and bundles; the mistakes of manifest and code together. */
export async function buildFolder(
  folder: PluginFolder,
  { cache, limits: asked }: { cache?: BundleCache; limits?: Manifest['limits'] } = {},
): Promise<BuiltFolder> {
  const { manifest, problems, files, shown } = folder
  if (manifest === undefined) return { problems, types: 'absent' }
  const types = typesStateOf(files.readText('types.ts'), manifest)
  const sources = pluginSources({ manifest, file: manifestName, files })
  const wanted = asked === undefined ? manifest : { ...manifest, limits: asked }
  const built = await buildPlugin(wanted, sources, cache)
  if (built.ok) return { built, problems, types }
  const told = built.problems.map((one) => ({ ...one, file: shown(one.file ?? manifestName) }))
  return { problems: [...problems, ...told], types }
}

/** What code of the folder may import, and its module, by path. */
export function sourcesOf({
  manifest,
  files,
}: PluginFolder): ReadonlyMap<string, string | Uint8Array> {
  return manifest === undefined ? new Map() : pluginSources({ manifest, file: manifestName, files })
}

/** A path as a person here would write it. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return (near.startsWith('..') ? path : near === '' ? '.' : near).split(sep).join('/')
}

function folderOf(target: string): string | undefined {
  const path = resolve(target)
  const isManifest = basename(path) === manifestName
  const folder = isManifest ? dirname(path) : path
  return statSync(join(folder, manifestName), { throwIfNoEntry: false })?.isFile() === true
    ? folder
    : undefined
}

function findByName(name: string): FoundPlugin | undefined {
  const catalog = openCatalog(openWorkingTree(findRoot('.') ?? '.'))
  const found = catalog.findPlugin(name)
  const same = catalog.filesOfPlugin(name)
  if (found === undefined || same.length < 2 || !same.includes(found.file)) return found
  const folders = same.map((file) => `"${dirname(file)}"`).join(' and ')
  const message = `"${name}" is the name of the plugins in ${folders}. Name one of the folders.`
  throw new IonError('DSL_PLUGIN_DUPLICATE', message, { data: { plugin: name } })
}

function unknown(target: string, name: string | undefined): IonError {
  const isFolder = existsSync(resolve(target))
  const near =
    name === undefined
      ? undefined
      : suggest(name, openCatalog(openWorkingTree(findRoot('.') ?? '.')).pluginNames())
  const hint =
    near !== undefined
      ? `Did you mean "${near}"?`
      : 'Name the folder of a plugin, or a plugin such as std/git; `ionflux plugin new` makes one.'
  const what = isFolder
    ? `There is no plugin.yaml in "${target}".`
    : `There is no plugin "${target}".`
  return new IonError('CLI_USAGE', `${what} ${hint}`.slice(0, limits.failureMessageCharsMax), {
    data: { plugin: target },
  })
}
