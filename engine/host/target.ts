/**
 * Finds the flow that a command names, by file or by id, and the repository it works on.
 *
 * Two places may differ: where the flow comes from, and the repository whose data it
 * reads (`--repo`, else the one around the caller, else the one around the flow).
 */
import { statSync } from 'node:fs'
import { basename, dirname, relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { RunSource } from '#engine/runtime/record.ts'

import { installation } from './installation.ts'
import { openCatalog } from './repository/catalog.ts'
import { demandMarker } from './repository/config.ts'
import { openCommitTree, openWorkingTree, type Files } from './repository/files.ts'
import { hasGit, readHead } from './repository/head.ts'
import { settled } from './repository/load.ts'
import { findRoot } from './repository/root.ts'

export interface TargetWish {
  /** A path or an id. */
  readonly flow: string
  readonly repo?: string | undefined
  readonly at?: string | undefined
}

export interface Target {
  /** Where the flow comes from. */
  readonly files: Files
  /** Its path from the root of `files`. */
  readonly file: string
  /** The repository worked on, or the folder that stands in for one. */
  readonly root: string
  readonly source: RunSource
  /** Texts for showing problems: of the flow's place, then of what ionflux brings. */
  readText(file: string): string | undefined
}

/** Finds the flow. Throws `CLI_USAGE` with the nearest name when there is none. */
export async function findTarget({ flow, repo, at }: TargetWish): Promise<Target> {
  const onDisk = fileOnDisk(flow)
  const around = repositoryFor(repo)
  const flowRoot = onDisk === undefined ? undefined : (findRoot(dirname(onDisk)) ?? dirname(onDisk))
  const root = around ?? flowRoot ?? process.cwd()
  const files = at === undefined ? openWorkingTree(root) : await filesAt(root, at)
  const source = await sourceOf(root, files)
  const isElsewhere = flowRoot !== undefined && flowRoot !== root
  if (onDisk !== undefined && isElsewhere) {
    return target(
      { files: openWorkingTree(flowRoot), file: pathFrom(flowRoot, onDisk) },
      root,
      source,
    )
  }
  const path = onDisk === undefined ? flow : pathFrom(root, onDisk)
  const inTree = await settled(files, async () => findIn(files, path))
  if (inTree !== undefined) return target(inTree, root, source)
  const asWritten = pathFrom(root, resolve(flow))
  const inCommit = await settled(files, async () => findIn(files, asWritten))
  if (inCommit !== undefined) return target(inCommit, root, source)
  throw await settled(files, async () => unknownFlow(files, flow, asWritten))
}

function target(found: Found, root: string, source: RunSource): Target {
  return { ...found, root, source, readText: readerOf(found.files) }
}

/** Reads what a problem may be in: the files themselves, then the plugins that ionflux brings. */
export function readerOf(files: Files): (file: string) => string | undefined {
  return (file) => files.readText(file) ?? openWorkingTree(installation().root).readText(file)
}

interface Found {
  readonly files: Files
  readonly file: string
}

/** The repository that `--repo` or the current directory is in. */
export function repositoryFor(repo: string | undefined): string | undefined {
  if (repo === undefined) return findRoot('.')
  const folder = resolve(repo)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new IonError('CLI_USAGE', `"${repo}", which --repo names, is no folder.`, {
      data: { repo },
    })
  }
  return findRoot(folder) ?? folder
}

/** The files of `root` at a commit. */
export async function filesAt(root: string, ref: string): Promise<Files> {
  const { openGit } = await import('#engine/mirror/open.ts')
  return await openCommitTree({ git: await openGit(root), ref, root })
}

async function sourceOf(root: string, files: Files): Promise<RunSource> {
  if (files.commit !== undefined)
    return { repository: root, commit: files.commit, isWorkingTree: false }
  const around = gitAround(root)
  if (around === undefined) return {}
  const head = readHead(around)
  const commit = head.isKnown ? head.commit : await askHead(root)
  return { repository: root, isWorkingTree: true, ...(commit === undefined ? {} : { commit }) }
}

/** A marked folder may lie inside a Git repository; then the data is that of the one around it. */
function gitAround(root: string): string | undefined {
  for (let at = root; ; at = dirname(at)) {
    if (hasGit(at)) return at
    if (dirname(at) === at) return undefined
  }
}

/** For what the small files cannot tell; a repository without a commit has none. */
async function askHead(root: string): Promise<string | undefined> {
  try {
    const { openGit } = await import('#engine/mirror/open.ts')
    const git = await openGit(root)
    const { commit } = await git.head()
    await git.close()
    return commit
  } catch {
    return undefined
  }
}

function fileOnDisk(flow: string): string | undefined {
  const path = resolve(flow)
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined
}

function pathFrom(root: string, path: string): string {
  return relative(root, path).split(sep).join('/')
}

function findIn(files: Files, flow: string): Found | undefined {
  if (files.readText(flow) !== undefined) return { files, file: flow }
  if (looksLikePath(flow)) return undefined
  const catalog = openCatalog(files)
  const same = catalog.filesOfFlow(flow)
  if (same.length > 1) throw severalFlows(flow, same)
  const found = catalog.findFlow(flow)
  return found === undefined ? undefined : { files: found.files, file: found.file }
}

function severalFlows(flow: string, files: readonly string[]): IonError {
  const [first = '', ...others] = files.map((file) => `"${file}"`)
  const message = `The id "${flow}" is that of the flows in ${first} and ${others.join(', ')}. Give each flow of the repository an id of its own.`
  return new IonError('DSL_FLOW_DUPLICATE', message, { data: { flow } })
}

/** Those of the repository; what comes with ionflux only where it has none. */
function thereIs(own: readonly string[]): string {
  if (own.length === 0) return ' It has no flow of its own; `ionflux init` makes a first one.'
  return ` There is ${own.slice(0, 12).join(', ')}${own.length > 12 ? ' and more' : ''}.`
}

function looksLikePath(flow: string): boolean {
  return flow.includes('/') || flow.includes(sep) || /\.ya?ml$/.test(flow)
}

function unknownFlow(files: Files, flow: string, path: string): IonError {
  demandMarker(files) // it may say where the flow is
  const catalog = openCatalog(files)
  const [ids, paths] = [catalog.flowIds(), catalog.flowFiles()]
  const isPath = looksLikePath(flow)
  const near = isPath
    ? (suggest(flow, paths) ?? paths.find((path) => basename(path) === basename(flow)))
    : suggest(flow, ids)
  const link = isPath ? files.linkOn(path) : undefined
  const what = isPath
    ? link === undefined
      ? `There is no flow file "${flow}".`
      : `"${link}" is a link, and links of a repository are not followed.`
    : `There is no flow "${flow}" in ${files.root}.`
  const hint =
    near !== undefined
      ? ` Did you mean "${near}"?`
      : thereIs(ids.filter((id) => catalog.filesOfFlow(id).length > 0))
  return new IonError('CLI_USAGE', what + hint, { data: { flow } })
}
