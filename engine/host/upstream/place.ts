/**
 * Puts the files of a package into a repository: as they are (a fork), or filled in (a blueprint
 * that is used), with the lineage beside them.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { fillBlueprint } from '#engine/dsl/blueprint/fill.ts'
import { patch } from '#engine/dsl/patch/patch.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { checkInput } from '#engine/host/inputs.ts'
import { filesOf, type PackageFiles } from '#engine/host/lock/package-files.ts'
import type { BlueprintPackage, Package } from '#engine/host/package/package.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import { overwrite } from '#engine/host/plugin/overwrite.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'

import { lineageFile } from './lineage.ts'
import type { FileChanges } from './overlay.ts'

/** The path of `dir` from `root`, with `/`. Throws `CLI_USAGE` for a folder outside of it. */
export function placeIn(root: string, dir: string): string {
  const path = relative(root, resolve(dir)).split(sep).join('/')
  if (path === '' || path.startsWith('../') || path === '..') {
    throw new IonError('CLI_USAGE', `"${dir}" is not a folder inside of this repository.`)
  }
  return path
}

/** Refuses a folder that has files already: nothing of anybody is overwritten. */
export function demandEmpty(root: string, place: string): void {
  const folder = join(root, place)
  if (!existsSync(folder) || readdirSync(folder).length === 0) return
  throw new IonError('CLI_USAGE', `There are files in "${place}" already. Name another folder.`)
}

/** A fork of `one` under the name `as`: every file as it is but for the name. */
export function forkedFiles(one: Package, as: string): PackageFiles {
  const file = one.kind === 'plugin' ? 'plugin.yaml' : 'blueprint.yaml'
  const key = one.kind === 'plugin' ? '/plugin' : '/blueprint'
  const files = new Map([...one.files].filter(([path]) => path !== lineageFile))
  const text = filesOf(files, one.name).readText(file) ?? ''
  const edit = { kind: 'set' as const, at: key, value: as }
  const patched = as === one.name ? { text } : patch(parseDocument({ file, text }), edit)
  if (!('text' in patched)) throw new Error(`"${file}" cannot be given another name`)
  return files.set(file, new TextEncoder().encode(patched.text))
}

/** The files of a blueprint with the inputs written in. */
export function filledFiles(one: BlueprintPackage, inputs: JsonObject): PackageFiles {
  const { blueprint, files } = one
  const reader = filesOf(files, one.name)
  const texts = fillBlueprint({ blueprint, inputs, readText: (path) => reader.readText(path) })
  const encoder = new TextEncoder()
  return new Map(
    blueprint.files.map((path) => {
      const text = texts.get(path)
      return [
        path,
        text === undefined ? (files.get(path) ?? new Uint8Array()) : encoder.encode(text),
      ]
    }),
  )
}

/** The inputs of a blueprint with their defaults. Throws `CLI_USAGE` for what it does not take. */
export async function inputsFor(one: BlueprintPackage, given: JsonObject): Promise<JsonObject> {
  const checked = await checkInput(one.blueprint.inputs ?? {}, given)
  if (checked.ok) return checked.input as JsonObject
  const message = `"${one.name}" does not take that: ${checked.error.message}`
  throw new IonError('CLI_USAGE', message, { data: { name: one.name } })
}

/** `files` below `place`, as changes of the repository. */
export function changesAt(
  place: string,
  files: ReadonlyMap<string, Uint8Array | null>,
): FileChanges {
  return new Map([...files].map(([path, bytes]) => [`${place}/${path}`, bytes]))
}

/** Makes the changes on the disk, and never through a link. */
export function makeChanges(root: string, changes: FileChanges): void {
  const tree = openWorkingTree(root)
  for (const path of changes.keys()) {
    const link = tree.linkOn(path)
    if (link === undefined) continue
    const message = `"${link}" is a link, and nothing is written through one.`
    throw new IonError('CLI_FILE_UNREADABLE', message, { data: { path: link } })
  }
  for (const [path, bytes] of changes) {
    const target = join(root, path)
    if (bytes === null) {
      rmSync(target, { force: true })
      continue
    }
    makeFolder(dirname(target))
    overwrite(target, bytes)
  }
}
