/**
 * The reverse of a sync: what was changed here, as a patch of what upstream is now.
 *
 * Names and versions stay upstream's, and what conflicts with upstream is left out and told.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { patch } from '#engine/dsl/patch/patch.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { filesOf, type PackageFiles } from '#engine/host/lock/package-files.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import { runGit } from '#engine/mirror/command.ts'

import type { Lineage } from './lineage.ts'
import { type FileConflict, mergeFiles } from './merge-files.ts'
import { findReference, findTaken } from './reference.ts'
import { filesFor, lineageOf, ownFiles } from './sync.ts'

export interface Contribution {
  /** A patch for `git apply` in the repository of upstream; empty when nothing was changed here. */
  readonly patch: string
  readonly conflicts: readonly FileConflict[]
  readonly lineage: Lineage
}

/** The contribution of the folder at `place`. */
export async function contributionOf(root: string, place: string): Promise<Contribution> {
  const lineage = lineageOf(root, place)
  const { package: fresh, folder } = await findReference(lineage.from, root)
  const { after, conflicts } = await contributedTo(fresh.files, { root, place, lineage })
  return { patch: await diffOf(fresh.files, after, folder), conflicts, lineage }
}

export interface Contributing {
  readonly root: string
  readonly place: string
  readonly lineage: Lineage
}

/** The files of upstream with what was changed here since they were taken. */
export async function contributedTo(
  fresh: PackageFiles,
  { root, place, lineage }: Contributing,
): Promise<{ readonly after: PackageFiles; readonly conflicts: readonly FileConflict[] }> {
  const base = await filesFor(await findTaken(lineage, root), lineage.inputs)
  const named = withNamesOf(base, ownFiles(root, place))
  const { changes, conflicts } = await mergeFiles({ base, ours: fresh, theirs: named })
  const after = new Map(fresh)
  for (const [path, bytes] of changes)
    if (bytes === null) after.delete(path)
    else after.set(path, bytes)
  return { after, conflicts }
}

/** Our files with the name and the version that the package has upstream. */
function withNamesOf(base: PackageFiles, ours: PackageFiles): PackageFiles {
  const files = new Map(ours)
  for (const [file, key] of [
    ['plugin.yaml', 'plugin'],
    ['blueprint.yaml', 'blueprint'],
  ] as const) {
    const was = documentOf(base, file)
    for (const name of [key, 'version']) {
      const document = documentOf(files, file)
      const value = valueIn(was, name)
      if (document === undefined || value === undefined) continue
      const patched = patch(document, { kind: 'set', at: `/${name}`, value })
      if ('text' in patched) files.set(file, new TextEncoder().encode(patched.text))
    }
  }
  return files
}

function documentOf(
  files: PackageFiles,
  file: string,
): ReturnType<typeof parseDocument> | undefined {
  const text = filesOf(files, '').readText(file)
  return text === undefined ? undefined : parseDocument({ file, text })
}

function valueIn(
  document: ReturnType<typeof parseDocument> | undefined,
  key: string,
): string | undefined {
  const value = (document?.value as Readonly<Record<string, unknown>> | undefined)?.[key]
  return typeof value === 'string' ? value : undefined
}

/** By git itself, so that `git apply` takes it. */
async function diffOf(before: PackageFiles, after: PackageFiles, folder: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ionflux-contribute-'))
  try {
    await writeAll(join(dir, 'a', folder), before)
    await writeAll(join(dir, 'b', folder), after)
    const args = [
      'diff',
      '--no-index',
      '--no-prefix',
      '--no-color',
      '--no-ext-diff',
      '--binary',
      '--',
      'a',
      'b',
    ]
    const { status, stdout, stderr } = await runGit({ cwd: dir, args })
    // The folders are named as the prefixes that `git apply` takes away.
    if (status <= 1) return stdout.toString('utf8')
    throw new IonError('MIRROR_READ_FAILED', `No patch could be made: ${stderr.trim()}.`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function writeAll(folder: string, files: PackageFiles): Promise<void> {
  makeFolder(folder)
  for (const [path, bytes] of files) {
    makeFolder(dirname(join(folder, path)))
    await writeFile(join(folder, path), bytes)
  }
}
