/**
 * A tree with some paths changed, as the objects that are new.
 *
 * Only the folders on the way to a change are read and written. What stands in the way is
 * refused and never replaced: a folder by a file, a file or a link by a folder. Changes
 * say what is to be, so making them twice makes the same tree.
 */
import type { IonError } from '#engine/core/error.ts'

import { refRefused, isTreePath } from './names.ts'
import {
  folderMode,
  newObject,
  printTree,
  rawName,
  readTree,
  type NewObject,
  type ObjectFormat,
  type RawLine,
} from './objects.ts'
import type { FileChange } from './port.ts'

export interface Editing {
  readonly format: ObjectFormat
  /** The bytes of a tree. */
  readonly readFolder: (oid: string) => Promise<Uint8Array>
  /** What is new is added here. */
  readonly made: Map<string, NewObject>
}

/** The id of `root` with `changes`; without a root there is nothing yet. */
export async function editTree(
  editing: Editing,
  root: string | undefined,
  changes: readonly FileChange[],
): Promise<string> {
  const folder: Folder = { path: '', files: new Map(), folders: new Map() }
  for (const change of changes) place(folder, change)
  const oid = await editFolder(editing, root, folder)
  return oid ?? keep(editing, newObject(editing.format, 'tree', new Uint8Array()))
}

interface Folder {
  readonly path: string
  readonly files: Map<string, FileChange>
  readonly folders: Map<string, Folder>
}

function place(root: Folder, change: FileChange): void {
  const { path } = change
  if (!isTreePath(path)) throw inTheWay(path, 'it is no path that may be written')
  const names = path.split('/')
  const last = names.pop() ?? ''
  let folder = root
  for (const name of names) {
    if (folder.files.has(name)) throw inTheWay(path, 'a file of this commit stands in its way')
    const below: Folder = folder.folders.get(name) ?? {
      path: `${folder.path}${name}/`,
      files: new Map(),
      folders: new Map(),
    }
    folder.folders.set(name, below)
    folder = below
  }
  if (folder.files.has(last)) throw inTheWay(path, 'it is written twice in one commit')
  if (folder.folders.has(last)) throw inTheWay(path, 'it is a folder of this commit')
  folder.files.set(last, change)
}

/** Undefined when nothing is left in it. */
async function editFolder(
  editing: Editing,
  oid: string | undefined,
  folder: Folder,
): Promise<string | undefined> {
  const before = oid === undefined ? [] : readTree(await editing.readFolder(oid), editing.format)
  const lines = new Map(before.map((line) => [line.name, line]))
  for (const [name, change] of folder.files) editFile(editing, lines, { name, change })
  for (const [name, below] of folder.folders) {
    const key = rawName(name)
    const known = lines.get(key)
    if (known !== undefined && known.mode !== folderMode) {
      throw inTheWay(below.path, `"${below.path.slice(0, -1)}" is no folder`)
    }
    const made = await editFolder(editing, known?.oid, below)
    if (made === undefined) lines.delete(key)
    else lines.set(key, { mode: folderMode, name: key, oid: made })
  }
  if (lines.size === 0) return undefined
  return keep(editing, newObject(editing.format, 'tree', printTree([...lines.values()])))
}

function editFile(
  editing: Editing,
  lines: Map<string, RawLine>,
  { name, change }: { readonly name: string; readonly change: FileChange },
): void {
  const key = rawName(name)
  const known = lines.get(key)
  if (known?.mode === folderMode) throw inTheWay(change.path, 'there is a folder of that name')
  // What is gone already is as it was asked for: a wish may be carried out twice.
  if ('isDeleted' in change) return void lines.delete(key)
  const isExecutable = change.isExecutable ?? known?.mode === '100755'
  const oid = keep(editing, newObject(editing.format, 'blob', change.bytes))
  lines.set(key, { mode: isExecutable ? '100755' : '100644', name: key, oid })
}

function keep({ made }: Editing, object: NewObject): string {
  made.set(object.oid, object)
  return object.oid
}

function inTheWay(path: string, why: string): IonError {
  const shown = path.slice(0, 200).toWellFormed()
  return refRefused(`"${shown}" cannot be written into a commit: ${why}.`, { path: shown })
}
